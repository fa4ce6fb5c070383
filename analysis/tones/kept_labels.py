"""Labels of `windtunnel label` outlive another import of their record: each goes back to the post with the same id in the source."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.importers.imported.written import write_json
from windtunnel.analysis.importers.people.identities import key_check
from windtunnel.analysis.importers.people.pseudonyms import DEFAULT_KEY_FILE, read_key
from windtunnel.analysis.importers.people.sealing import POST, read_sources, seal_of
from windtunnel.analysis.tones.labelling import LABELLING, Labelling, read_labelling, rows_of, told_before

Choice = dict[str, Any]


def labels_before(out: Path, key_file: Path | None) -> list[Choice]:
    """The labels that stand in a folder before it is imported into again, `posts` being ids of the source; none: an empty list.

    Raises `ValueError` where they could not be given back to their posts.
    """
    kept = read_labelling(out)
    choices = told_before(kept) + ([kept] if kept and not kept["told"] else [])
    wanted = {post for choice in choices for post in choice["posts"]}
    if not any(label is not None for choice in choices for label in choice["labels"]):
        return []
    try:
        names = _ids(out, wanted, key_file)
    except ValueError as error:
        count = sum(label is not None for choice in choices for label in choice["labels"])
        raise ValueError(
            f"{out} holds {count} labels of `windtunnel label` that would be lost, since {error}: import into another "
            f"folder, or delete {out / LABELLING} to let them go"
        ) from None
    known = [
        (choice, [row for row, post in enumerate(choice["posts"]) if post in names]) for choice in choices
    ]
    some = [rows_of(choice, rows) for choice, rows in known]
    return [choice | {"posts": [names[post] for post in choice["posts"]]} for choice in some]


def _ids(out: Path, posts: set[int], key_file: Path | None) -> dict[int, str]:
    """The source's id of each of these posts; `ValueError` says in a few words why they cannot be known."""
    from windtunnel.analysis.importers.imported.source import read_source

    path, source = key_file or DEFAULT_KEY_FILE, read_source(out)
    if not (out / "sources.parquet").is_file():
        raise ValueError("the folder was imported by an earlier version, which kept no ids")
    if not path.is_file() or key_check(secret := read_key(path)) != source.get("key_check"):
        raise ValueError(f"they were given under another key than {path} holds")
    seal = seal_of(secret, str(source["community"]))
    rows = read_sources(out).filter((pl.col("kind") == POST) & pl.col("number").is_in(sorted(posts)))
    # A post may have two ids: the first is its own.
    rows = rows.unique("number", keep="first", maintain_order=True)
    return {
        post: seal.open(POST, post, sealed) for post, sealed in rows.select("number", "sealed").iter_rows()
    }


def given_back(out: Path, choices: Sequence[Choice], numbers: Mapping[str, int]) -> int:
    """Tell the labels to the folder that was imported into again, in their order; gives the number that still has a post.

    `numbers` has the post of each id of the source. Posts whose tone this import was told by hand keep that.
    """
    (out / LABELLING).unlink(missing_ok=True)
    count, earlier = 0, list[Choice]()
    for choice in choices:
        posts = _posts(out)
        heard = dict(posts.filter("spoken").select("post", "tone").iter_rows())
        sure = (
            set(posts.filter(pl.col("labelled").fill_null(False))["post"])
            if "labelled" in posts.columns
            else set()
        )
        there = [numbers.get(name) for name in choice["posts"]]
        rows = [row for row, post in enumerate(there) if post in heard and post not in sure]
        some = rows_of(choice, rows)
        some |= {"posts": [there[row] for row in rows]}
        some |= {"heard": [heard[post] for post in some["posts"]], "told": False, "earlier": earlier}
        some.pop("before", None)
        if not some["posts"]:
            continue
        if some["thread"] is not None:
            some["thread"] = posts.row(by_predicate=pl.col("post") == some["posts"][0], named=True)["thread"]
        count += sum(label not in (None, "skipped") for label in some["labels"])
        write_json(some, out / LABELLING)
        if choice["told"]:
            Labelling(out, 1, thread=some["thread"]).tell()
            earlier = told_before(read_labelling(out))
    return count


def _posts(out: Path) -> pl.DataFrame:
    posts = pl.scan_parquet(out / "posts.parquet")
    there = posts.collect_schema().names()
    spoken = pl.col("text").is_not_null() if "text" in there else pl.lit(False)
    kept = [name for name in ("post", "thread", "tone", "labelled") if name in there]
    return posts.select(*kept, spoken=spoken).collect()


def without_posts(folder: Path, posts: Sequence[int]) -> None:
    """Take these posts out of the labels of a folder."""
    kept = read_labelling(folder)
    if kept is None:
        return
    gone = set(posts)

    def left(choice: Choice) -> Choice:
        return rows_of(choice, [row for row, post in enumerate(choice["posts"]) if post not in gone])

    write_json(left(kept) | {"earlier": [left(each) for each in kept.get("earlier", [])]}, folder / LABELLING)
