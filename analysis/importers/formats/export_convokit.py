"""Writes a simulated community as a ConvoKit corpus, so that tools made for real ones can read it.

Fields: convokit 5.0. Every utterance says that it is simulated, in its meta and, where it has no words, in its text.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.sim.communities.forum.posts import minutes_into_step

RUN = ("draw", "seed", "arm")
MARK = "[SIMULATED]"
KINDS = {"open": "thread", "post": "thread", "spark": "thread", "reply": "reply"}


class Exported(NamedTuple):
    """How many utterances, speakers and conversations were written, of how many runs."""

    utterances: int
    speakers: int
    conversations: int
    runs: int


def export_convokit(
    out: Path, path: Path, *, draw: int | None = None, seed: int | None = None, arm: str | None = None
) -> Exported:
    """Write the posts of the run folder `out` into the folder `path`, which must be new or empty.

    `draw`, `seed` and `arm` choose runs; by default all. Ids are `DRAW.SEED.ARM.NUMBER`. The time of a post is its
    step in seconds of simulated time, with its moment in the hour where members are learned. Posts that nobody could read (held, never approved) are left out.
    Raises `ValueError` where `out` is no run, no run is chosen, or `path` holds something.
    """
    folder = Folder(out)
    config = folder.read_json(folder.manifest)["config"]
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise ValueError(f"{path} is there and not empty: give a new folder")
    events, links, members = (
        _chosen(folder.read_table(name), draw, seed, arm) for name in ("events", "links", "members")
    )
    if members.is_empty():
        known = folder.read_table("members")
        arms = ", ".join(sorted(known["arm"].unique()))
        raise ValueError(
            f"{out} holds no such run: draws are 0 to {known['draw'].to_numpy().max()}, seeds 0 to {known['seed'].to_numpy().max()}, "
            f"arms {arms}"
        )
    posts = _posts(events, links)
    names = posts.select(*RUN, "place").unique(maintain_order=True)
    path.mkdir(parents=True, exist_ok=True)
    hours = float(config["community"]["step_hours"])
    phases = int((config.get("mind") or {}).get("steps_an_hour") or 1)
    posts = posts.with_columns(minute=pl.Series(minutes_into_step(posts["target"].to_numpy(), hours, phases)))
    _write_lines(path / "utterances.jsonl", (_utterance(row, hours) for row in posts.iter_rows(named=True)))
    speakers = {_id(row, "member"): _speaker(row) for row in members.iter_rows(named=True)}
    unnamed = posts.filter(pl.col("member").is_null()).select(*RUN, "member").unique(maintain_order=True)
    speakers |= {_id(row, "member"): _speaker(row) for row in unnamed.iter_rows(named=True)}
    _write(path / "speakers.json", speakers)
    _write(
        path / "conversations.json", {_id(row, "place"): _meta(row) for row in names.iter_rows(named=True)}
    )
    about = {
        "name": "simulated community",
        "simulated": True,
        "made_by": "policy-windtunnel",
        "step_hours": hours,
    }
    _write(path / "corpus.json", about)
    _write(path / "index.json", _index(members.columns, about))
    return Exported(posts.height, len(speakers), names.height, members.select(RUN).unique().height)


def _chosen(table: pl.DataFrame, draw: int | None, seed: int | None, arm: str | None) -> pl.DataFrame:
    wanted = {name: value for name, value in zip(RUN, (draw, seed, arm), strict=True) if value is not None}
    return table.filter(pl.lit(True), *(pl.col(name) == value for name, value in wanted.items()))


def _posts(events: pl.DataFrame, links: pl.DataFrame) -> pl.DataFrame:
    """A row a post that others could read: author, thread, parent, tone, text, and whether it was taken down."""
    written = events.filter(pl.col("kind").is_in(list(KINDS)))
    approved = events.filter(pl.col("kind") == "approve").select(*RUN, "target", approved=True)
    removed = events.filter((pl.col("kind") == "remove") & (pl.col("status") == "done"))
    taken = removed.select(*RUN, "target", removed=True).unique()
    joined = (
        written.join(links, on=[*RUN, "target"], how="left", maintain_order="left")
        .join(approved.unique(), on=[*RUN, "target"], how="left", maintain_order="left")
        .join(taken, on=[*RUN, "target"], how="left", maintain_order="left")
    )
    seen = pl.col("status").is_in(["done", "evaded"]) | pl.col("approved").fill_null(False)
    return joined.filter(seen).with_columns(pl.col("removed").fill_null(False))


def _id(row: dict[str, Any], column: str) -> str:
    """What stands in `column`, with its run; a post that no member wrote is a moderator's."""
    what = row[column]
    letter = "m" if column == "member" else ""
    return f"{row['draw']}.{row['seed']}.{row['arm']}.{letter}{'moderator' if what is None else what}"


def _utterance(row: dict[str, Any], hours: float) -> dict[str, Any]:
    kind = KINDS[row["kind"]]
    said = (
        row["text"] or f"simulated member: {row['tone'] or 'untold'} {'reply' if kind == 'reply' else 'post'}"
    )
    return {
        "id": _id(row, "target"),
        "conversation_id": _id(row, "place"),
        "text": f"{MARK} {said}",
        "speaker": _id(row, "member"),
        "meta": {
            "simulated": True,
            "tone": row["tone"],
            "kind": row["kind"],
            "step": row["step"],
            "removed": row["removed"],
            **{name: row[name] for name in RUN},
        },
        "reply-to": None if row["parent"] is None else _id(row | {"target": row["parent"]}, "target"),
        "timestamp": round(row["step"] * hours * 3600 + row["minute"] * 60),
        "vectors": [],
    }


def _meta(row: dict[str, Any]) -> dict[str, Any]:
    return {"meta": {"simulated": True, **{name: row[name] for name in RUN}}, "vectors": []}


def _speaker(row: dict[str, Any]) -> dict[str, Any]:
    return {"meta": {"simulated": True, **{k: v for k, v in row.items() if k != "member"}}, "vectors": []}


def _index(columns: list[str], about: dict[str, Any]) -> dict[str, Any]:
    """The kinds of the fields, as convokit looks for them; empty where values differ in kind."""
    run = {"draw": ["<class 'int'>"], "seed": ["<class 'int'>"], "arm": ["<class 'str'>"]}
    simulated = {"simulated": ["<class 'bool'>"]}
    fields = {"tone": ["<class 'str'>"], "kind": ["<class 'str'>"], "step": ["<class 'int'>"]}
    return {
        "utterances-index": simulated | fields | {"removed": ["<class 'bool'>"]} | run,
        "speakers-index": simulated | {name: [] for name in columns if name not in ("member", *RUN)} | run,
        "conversations-index": simulated | run,
        "overall-index": {name: [f"<class '{type(value).__name__}'>"] for name, value in about.items()},
        "version": 1,
        "vectors": [],
    }


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    def lines() -> Iterator[str]:
        for row in rows:
            yield json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"

    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8") as file:
        file.writelines(lines())
    partial.replace(path)


def _write(path: Path, content: Any) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(
        json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1) + "\n", encoding="utf-8"
    )
    partial.replace(path)
