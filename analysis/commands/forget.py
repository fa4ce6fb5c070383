"""`windtunnel forget`: take a person or a thread out of an imported community."""

import argparse
from pathlib import Path

from windtunnel.analysis.numbers_in_words import number
from windtunnel.analysis.terminal.ending import OK, plain


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
        "--source-thread",
        metavar="ID",
        help="a thread's id in the original record, looked up with the key that pseudonyms were made with",
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
    from windtunnel.agents.llm.cache import default_store
    from windtunnel.analysis.importers.imported.forgetting import forget, target_of
    from windtunnel.analysis.importers.people.identities import read_identities
    from windtunnel.analysis.terminal.printing import print_json

    folder = Path(asked.out)
    author, thread = _asked_for(asked)
    identities = read_identities(folder)
    if asked.name is not None:
        author = _by_name(folder, asked.name)
    if asked.source_thread is not None:
        thread = _by_source(folder, asked.source_thread)
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
            f"{who} is forgotten: {number(gone.posts, 'post')}, {number(gone.mentions, 'mention')} in others' posts, {number(gone.acts, 'act')} of "
            f"moderators, {number(gone.answers, 'answer')} of language models made of those words."
        )
    )
    if gone.files:
        print(plain(f"Deleted, since they may quote them: {', '.join(gone.files)}."))
    print(
        f"{folder / 'forgotten.json'} holds a keyed hash, so that importing again does not bring them back."
    )
    print(
        "profile.yaml, learned.yaml and tone_errors.json keep counts and rates that these posts went into, and name nobody: "
        "`windtunnel fit` learns learned.yaml anew without them, another import takes all three anew."
    )
    if gone.set_aside:
        print(plain(f"Not cleaned, since they are damaged; delete them: {', '.join(gone.set_aside)}."))
    print(
        "Pages that you wrote elsewhere, copies of the response store, and the export itself, are yours to remove."
    )
    return OK


def _asked_for(asked: argparse.Namespace) -> tuple[str | None, int | None]:
    ways = (asked.what, asked.author, asked.thread, asked.name, asked.source_thread)
    if sum(each is not None for each in ways) != 1:
        raise ValueError(
            "say whom or what to forget, once: a pseudonym such as u00042, a thread's number, --name NAME, or "
            "--source-thread ID"
        )
    if asked.what is None:
        return asked.author, asked.thread
    return (None, int(asked.what)) if asked.what.isdecimal() else (asked.what, None)


def _by_name(folder: Path, name: str) -> str:
    from windtunnel.analysis.importers.imported.key import secret_of
    from windtunnel.analysis.importers.people.identities import read_identities

    found = read_identities(folder).pseudonym_of(name, secret_of(folder, "names", "the pseudonym"))
    if found is None:
        raise ValueError(f"nobody in {folder} has that name: nothing was changed")
    return found


def _by_source(folder: Path, name: str) -> int:
    from windtunnel.analysis.importers.beside.moderation import PREFIXES
    from windtunnel.analysis.importers.imported.key import secret_of
    from windtunnel.analysis.importers.imported.source import read_source
    from windtunnel.analysis.importers.people.identities import read_identities

    secret, identities = secret_of(folder, "ids", "the thread's number"), read_identities(folder)
    bare = PREFIXES.get(str(read_source(folder).get("format")), {}).get("thread", ())
    forms = (name, *(f"{prefix}{name}" for prefix in bare))
    found = next((each for form in forms if (each := identities.thread_of(form, secret)) is not None), None)
    if found is None:
        raise ValueError(f"no thread in {folder} has that id in the original record: nothing was changed")
    return found
