"""`windtunnel forget`: take a person or a thread out of an imported community."""

import argparse
from pathlib import Path

from analysis.ending import OK, plain


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", help="output folder of `windtunnel import`")
    parser.add_argument(
        "what",
        nargs="?",
        metavar="AUTHOR|THREAD",
        help="a pseudonym or a thread's number, as in posts.parquet",
    )
    parser.add_argument("--author", metavar="PSEUDONYM", help="the same, said outright")
    parser.add_argument("--thread", type=int, metavar="NUMBER", help="the same, said outright")
    parser.add_argument(
        "--name",
        help="a person's name in the original record, looked up with the key that pseudonyms were made with",
    )
    parser.add_argument(
        "--store",
        action="append",
        metavar="FILE",
        help="response store to clean, repeatable; default: the one that runs use",
    )
    parser.add_argument("--json", action="store_true", help="print the counts as JSON and nothing else")


def call(asked: argparse.Namespace) -> int:
    """Remove the posts, whatever mentions the pseudonym, pages that may quote it, and answers made of the words."""
    from agents.llm.cache import default_store
    from analysis.importers.forgetting import forget, target_of
    from analysis.importers.identities import read_identities
    from analysis.printing import print_json

    folder = Path(asked.out)
    author, thread = _asked_for(asked)
    identities = read_identities(folder)
    if asked.name is not None:
        author = _by_name(folder, asked.name)
    stores = [Path(each).expanduser() for each in asked.store or ()] or [default_store()]
    if asked.store and (missing := [str(each) for each in stores if not each.is_file()]):
        raise ValueError(f"there is no response store at {', '.join(missing)}: nothing was changed")
    gone = forget(folder, target_of(identities, folder, author, thread), stores)
    if asked.json:
        print_json(gone._asdict())
        return OK
    who = f"author {author}" if author else f"thread {thread}"
    print(
        plain(
            f"{who} is forgotten: {gone.posts:,} posts, {gone.mentions:,} mentions in others' posts, {gone.acts:,} acts of "
            f"moderators, {gone.answers:,} answers of language models made of those words."
        )
    )
    if gone.files:
        print(plain(f"Deleted, since they may quote them: {', '.join(gone.files)}."))
    print(
        f"{folder / 'forgotten.json'} holds a keyed hash, so that importing again does not bring them back."
    )
    print(
        "profile.yaml and tone_errors.json keep counts and rates, which name nobody; import again to take them anew."
    )
    print(
        "Pages that you wrote elsewhere, copies of the response store, and the export itself, are yours to remove."
    )
    return OK


def _asked_for(asked: argparse.Namespace) -> tuple[str | None, int | None]:
    given = [each for each in (asked.what, asked.author, asked.thread, asked.name) if each is not None]
    if len(given) != 1:
        raise ValueError(
            "say whom or what to forget, once: a pseudonym such as u00042, a thread's number, or --name NAME"
        )
    if asked.what is None:
        return asked.author, asked.thread
    return (None, int(asked.what)) if asked.what.isdecimal() else (asked.what, None)


def _by_name(folder: Path, name: str) -> str:
    from analysis.importers.forgotten import read_source
    from analysis.importers.identities import key_check, read_identities
    from analysis.importers.pseudonyms import DEFAULT_KEY_FILE, read_key

    if not DEFAULT_KEY_FILE.is_file():
        raise ValueError(
            f"there is no key in {DEFAULT_KEY_FILE}, so names cannot be looked up: give the pseudonym"
        )
    secret = read_key(DEFAULT_KEY_FILE)
    if read_source(folder).get("key_check") != key_check(secret):
        raise ValueError(
            f"{folder} was imported under another key than {DEFAULT_KEY_FILE} holds: run this where it was imported"
        )
    found = read_identities(folder).pseudonym_of(name, secret)
    if found is None:
        raise ValueError(f"nobody in {folder} bears that name: nothing was changed")
    return found
