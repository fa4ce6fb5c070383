"""`windtunnel forget`: take a person or a thread out of an imported community."""

import argparse

import polars as pl

from analysis.ending import OK, plain
from analysis.folder import Folder


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", help="output folder of `windtunnel import`")
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument("--author", help="pseudonym, as in posts.parquet")
    one.add_argument("--thread", type=int, help="number of a thread, as in posts.parquet")


def call(asked: argparse.Namespace) -> int:
    """Remove the posts, whatever mentions the pseudonym, and the pages in the folder that may quote them."""
    folder = Folder(asked.out)
    posts = folder.read_table("posts")
    gone = pl.col("author") == asked.author if asked.author else pl.col("thread") == asked.thread
    left = posts.filter(~gone.fill_null(False))
    if left.height == posts.height:
        what = f"author {asked.author}" if asked.author else f"thread {asked.thread}"
        raise ValueError(f"{folder.posts} holds no {what}: nothing was changed")
    kept = left["post"].implode()
    left = left.with_columns(parent=pl.when(pl.col("parent").is_in(kept)).then("parent"))
    if asked.author and "text" in left.columns:
        left = left.with_columns(text=pl.col("text").str.replace_all(asked.author, "<name>", literal=True))
    folder.write_table("posts", left)
    pages = sorted(folder.path.glob("*.html"))
    for page in pages:
        page.unlink()
    print(
        plain(
            f"{posts.height - left.height} posts are gone, and {len(pages)} pages that may have quoted them."
        )
    )
    print(
        "profile.yaml keeps its fitted rates, which name nobody; import again to fit them without these posts."
    )
    print("Pages that you wrote elsewhere, and the export itself, are yours to remove.")
    return OK
