"""Recorded communities written as their platforms export them, so that other importers than that of tables can be tried on them."""

import json
from pathlib import Path

import polars as pl

BEGIN = 1_498_867_200
"""Second from which minutes are counted: that of a record whose epoch is not told. Chosen."""


def as_convokit(posts: pl.DataFrame, into: Path) -> Path:
    """A Stack Exchange table (`stackexchange-*/posts.parquet`) as the folder of a ConvoKit corpus."""
    into.mkdir(parents=True)
    rows = posts.sort("created_at").with_columns(pl.col("created_at").dt.epoch("s"))
    lines = [
        {
            "id": str(row["post_id"]),
            "conversation_id": str(row["conversation_id"]),
            "text": row["text"] or "",
            "speaker": row["author"] or "[deleted]",
            "reply-to": None if row["parent_id"] is None else str(row["parent_id"]),
            "timestamp": row["created_at"],
            "meta": {"score": row["score"]},
            "vectors": [],
        }
        for row in rows.iter_rows(named=True)
    ]
    _write_lines(into / "utterances.jsonl", lines)
    speakers = {line["speaker"]: {"meta": {}, "vectors": []} for line in lines}
    (into / "speakers.json").write_text(json.dumps(speakers))
    conversations = {line["conversation_id"]: {"meta": {}, "vectors": []} for line in lines}
    (into / "conversations.json").write_text(json.dumps(conversations))
    (into / "corpus.json").write_text("{}")
    (into / "index.json").write_text(json.dumps({"version": 1, "vectors": []}))
    return into


def as_reddit(posts: pl.DataFrame, into: Path) -> Path:
    """The table of r/Feminism as the lines of a month's dump, submissions and comments, none with words."""
    into.mkdir(parents=True)
    opens = posts.filter(pl.col("kind") == "submission").select("conversation_id", root="post_id")
    rows = posts.join(opens, on="conversation_id", how="inner").sort("minute", "post_id")
    known = set(opens["root"].to_list())
    submissions, comments = [], []
    for row in rows.iter_rows(named=True):
        gone = row["author"] is None
        shared = {
            "id": f"{row['post_id']:x}",
            "author": row["author"] or "[deleted]",
            "created_utc": BEGIN + 60 * row["minute"],
            "score": row["score"],
            "subreddit": "feminism",
        }
        if row["kind"] == "submission":
            submissions.append(
                shared | {"title": "", "selftext": "[deleted]" if gone else "", "is_self": True}
            )
            continue
        up = row["root"] if row["parent_id"] is None else row["parent_id"]
        comments.append(
            shared
            | {
                "link_id": f"t3_{row['root']:x}",
                "parent_id": f"t{3 if up in known else 1}_{up:x}",
                "body": "[removed]" if row["status"].startswith("removed") else "",
                "controversiality": row["controversiality"],
            }
        )
    _write_lines(into / "RS_2017-07.ndjson", submissions)
    _write_lines(into / "RC_2017-07.ndjson", comments)
    return into


def _write_lines(path: Path, rows: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
