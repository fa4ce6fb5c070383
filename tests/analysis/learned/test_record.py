"""An imported community as arrays, and the holes in it."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.learned.holes import find_holes
from windtunnel.analysis.learned.record import GONE, UNKNOWN, read_record, record_of

POSTS = pl.DataFrame(
    {
        "post": [1, 2, 3, 4, 5, 6],
        "thread": [7, 7, 3, 7, 3, 7],
        "parent": [None, 1, None, 2, 99, None],
        "kind": ["thread", "reply", "thread", "reply", "reply", "reply"],
        "author": ["b", "a", None, "b", "a", "c"],
        "role": ["member", "moderator", "member", "member", "bot", "member"],
        "minute": [0, 5, 5, 70, 1500, 1500],
        "tone": ["civil", None, "civil", "hostile", "civil", "civil"],
        "status": ["visible", "visible", "gone", "visible", "visible", "visible"],
        "heated": pl.Series([0.1, None, 0.2, 0.25, 0.0, 0.0], dtype=pl.Float32),
        "hostile": pl.Series([0.0, None, 0.0, 0.75, 0.0, 0.0], dtype=pl.Float32),
    }
)


def test_rows_point_at_rows() -> None:
    record = record_of(POSTS)
    assert record.thread.tolist() == [0, 0, 1, 0, 1, 0] and record.threads == 2
    assert record.parent.tolist() == [UNKNOWN, 0, UNKNOWN, 1, UNKNOWN, UNKNOWN]
    assert record.authors == ("b", "a", "c") and record.author.tolist() == [0, 1, UNKNOWN, 0, 1, 2]
    assert record.answered.tolist() == [UNKNOWN, 0, UNKNOWN, 1, UNKNOWN, UNKNOWN]
    assert record.opens.tolist() == [True, False, True, False, False, False]
    assert record.depth.tolist() == [0, 1, 0, 2, 1, 1], "a reply to nothing known stands under the first post"
    assert record.root.tolist() == [0, 2] and record.hour.tolist() == [0, 0, 0, 1, 1, 1]
    assert [rows.tolist() for rows in record.rows_of_thread()] == [[0, 1, 3, 5], [2, 4]]


def test_what_is_said_of_a_post() -> None:
    record = record_of(POSTS)
    assert record.status[2] == GONE and record.moderator[1] and record.bot[4] and not record.known[4]
    assert np.isnan(record.tone[1]).all() and record.tone[3] == pytest.approx([0, 0.25, 0.75])


def test_a_record_up_to_a_row_knows_nothing_later() -> None:
    early = record_of(POSTS).until(3)
    assert len(early) == 3 and early.threads == 2 and early.authors == ("b", "a", "c")


def test_the_latest_threads_stand_alone() -> None:
    late = record_of(POSTS).latest(5)
    assert late.post.tolist() == [3, 5] and late.thread.tolist() == [0, 0] and late.threads == 1
    assert late.parent.tolist() == [UNKNOWN, UNKNOWN] and late.author.tolist() == [UNKNOWN, 1]
    assert len(record_of(POSTS).latest(6)) == 6


def test_a_month_of_threads_without_replies_is_a_hole() -> None:
    rng = np.random.default_rng(3)
    opened = np.sort(rng.integers(0, 100 * 1440, 700))
    lively = (rng.random(700) < 0.4) & ~((opened > 40 * 1440) & (opened < 60 * 1440))
    rows = sorted(
        [(at, True, i) for i, at in enumerate(opened)]
        + [(at + 30, False, i) for i, at in enumerate(opened) if lively[i]]
    )
    minute, opens, thread = (np.array(column) for column in zip(*rows, strict=True))
    (hole,) = find_holes(minute, opens, thread)
    assert hole.kind == "no replies" and 19 < hole.days < 22 and hole.threads > 100


def test_a_steady_record_has_no_hole() -> None:
    rng = np.random.default_rng(4)
    opened = np.sort(rng.integers(0, 4000 * 1440, 1500))
    lively = rng.random(1500) < 0.35
    rows = sorted(
        [(at, True, i) for i, at in enumerate(opened)]
        + [(at + 30, False, i) for i, at in enumerate(opened) if lively[i]]
    )
    minute, opens, thread = (np.array(column) for column in zip(*rows, strict=True))
    assert find_holes(minute, opens, thread) == ()


def test_sampled_days_leave_holes_between_them() -> None:
    minute = np.concatenate([np.arange(0, 1000, 2), 400_000 + np.arange(0, 1000, 2)])
    opens = np.arange(len(minute)) % 5 == 0
    thread = np.cumsum(opens) - 1
    (hole,) = find_holes(minute, opens, thread)
    assert (hole.first, hole.last, hole.kind) == (999, 400_000, "no posts")


def test_the_hole_of_r_feminism(shared: Path) -> None:
    """The record's own: learned-forward.md tells of days 63 to 93 without one comment."""
    posts = pl.read_parquet(shared / "data/reddit-feminism-2017h2/posts.parquet")
    first = posts["minute"].min()
    posts = posts.rename(
        {"post_id": "post", "conversation_id": "thread", "parent_id": "parent"}
    ).with_columns(pl.col("minute") - first, tone=pl.lit(None, pl.String), status=pl.lit("visible"))
    record = record_of(posts)
    (hole,) = record.holes
    assert hole.kind == "no replies" and 62 <= hole.first / 1440 <= 64 and 92 <= hole.last / 1440 <= 94
    assert not record.exposed(np.array([80 * 1440]))[0] and record.exposed(np.array([30 * 1440]))[0]


def test_a_folder_without_posts(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="windtunnel import"):
        read_record(tmp_path)
