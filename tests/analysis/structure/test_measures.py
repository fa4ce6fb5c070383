"""The measures of a span: a place that can be counted by hand, and the published figures of r/Feminism."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.structure.bands import bands_of, held, spans_of
from windtunnel.analysis.structure.classifier import threads_of, told_apart
from windtunnel.analysis.structure.measures import SAID, measures, with_depths
from windtunnel.analysis.structure.posts import COLUMNS

ROOT = Path(__file__).parents[3]
SHARED = Path(os.environ.get("WINDTUNNEL_SHARED", ROOT.parent / "shared"))

# post, parent, thread, author, minute: two threads, the second without a comment; author 4 is not named.
ROWS = [
    (1, None, 1, 0, 0.0),
    (2, 1, 1, 1, 10.0),
    (3, 2, 1, 0, 30.0),
    (4, 3, 1, 1, 40.0),
    (5, 4, 1, 1, 50.0),
    (6, 1, 1, None, 60.0),
    (7, None, 7, 2, 70.0),
]


def place(rows=ROWS):
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def test_a_small_place_can_be_counted_by_hand() -> None:
    found = measures(with_depths(place()), 0, 100)
    assert set(found) == set(SAID)
    assert found["posts_without_comments"] == 0.5
    assert found["comments_per_post"] == 2.5
    assert found["largest_thread"] == 5
    assert found["one_comment_share"] == 0.5  # author 0 once, author 1 three times
    assert found["comments_per_commenter"] == 2
    assert found["gini_comments"] == pytest.approx(0.25)
    assert found["depth"] == pytest.approx((1 + 2 + 3 + 4 + 1) / 5)
    assert found["top_level_share"] == pytest.approx(2 / 5)
    assert found["unanswered_share"] == pytest.approx(2 / 5)  # posts 5 and 6
    assert found["minutes_to_first_comment"] == 10
    assert found["minutes_to_reply"] == 10  # 10, 20, 10, 10, 60
    assert found["self_replies"] == pytest.approx(1 / 4)
    assert found["reciprocity"] == 1
    assert found["giant_component"] == 1


def test_a_span_knows_only_what_was_written_in_it() -> None:
    found = measures(with_depths(place()), 0, 35)
    assert found["comments_per_post"] == 2
    assert found["unanswered_share"] == 0.5
    later = measures(with_depths(place()), 35, 100)
    assert later["comments_per_post"] == 0
    assert later["minutes_to_reply"] == 10
    assert np.isnan(later["minutes_to_first_comment"])


def test_an_empty_span_has_no_measures() -> None:
    assert all(np.isnan(value) for value in measures(with_depths(place()), 500, 600).values())


def test_a_place_lies_in_its_own_bands() -> None:
    rows = [(post, None, post, post % 7, post * 100.0) for post in range(1, 400, 2)]
    rows += [(post, post - 1, post - 1, post % 5, post * 100.0) for post in range(2, 401, 2)]
    spans = spans_of(pl.DataFrame(rows, schema=COLUMNS, orient="row").sort("minute"), 2)
    bands = bands_of(spans)
    assert held({name: band.mean for name, band in bands.items()}, bands).all >= 18
    with pytest.raises(ValueError, match="too few for a band"):
        bands_of(spans._replace(values=spans.values[:2]))
    with pytest.raises(ValueError, match="give --days"):
        spans_of(place(), 7)


def test_threads_of_one_law_are_not_told_apart_and_others_are() -> None:
    def talk(draws: np.random.Generator, threads: int, chain: float) -> pl.DataFrame:
        rows = []
        for thread in range(threads):
            first = 100 * thread + 1
            rows.append((first, None, first, int(draws.integers(50)), 1.0))
            for post in range(first + 1, first + 8):
                parent = post - 1 if draws.random() < chain else first
                rows.append((post, parent, first, int(draws.integers(50)), 1.0 + 60 * (post - first)))
        return threads_of(
            with_depths(pl.DataFrame(rows, schema=COLUMNS, orient="row").sort("minute", "post")), 0, 1e6
        )

    flat, flat_too, deep = (
        talk(np.random.default_rng(seed), 150, chain) for seed, chain in ((0, 0.3), (1, 0.3), (2, 0.8))
    )
    alike, apart = told_apart(flat, flat_too), told_apart(flat, deep)
    assert alike is not None and alike.low < 0.5 < alike.high
    assert apart is not None and apart.low > 0.8
    assert told_apart(flat.head(3), deep) is None


@pytest.fixture(scope="module")
def feminism() -> pl.DataFrame:
    file = SHARED / "data/reddit-feminism-2017h2/posts.parquet"
    if not file.exists():
        pytest.skip("the shared corpora are not here")
    table = pl.read_parquet(file)
    names = {name: number for number, name in enumerate(table["author"].drop_nulls().unique().sort())}
    opening = table.filter(pl.col("kind") == "submission").select("conversation_id", thread="post_id")
    posts = table.join(opening, on="conversation_id", how="left").select(
        post="post_id",
        parent="parent_id",
        thread=pl.coalesce("thread", -pl.col("conversation_id")),
        author=pl.col("author").replace_strict(names, default=None, return_dtype=pl.Int64),
        minute=pl.col("minute").cast(pl.Float64),
    )
    return posts.select(pl.col(name).cast(kind) for name, kind in COLUMNS.items()).sort("minute", "post")


PUBLISHED = {
    "gini_comments": "gini_comments_per_commenter_nozero",
    "one_comment_share": "share_single_comment_authors",
    "depth": "mean_comment_depth",
    "top_level_share": "top_level_share",
    "minutes_to_reply": "median_minutes_parent_to_reply",
}
"""Of the eleven those that the table counts as we do. It counts a post's comments beyond the week, and a reply beyond it too."""


def test_the_published_bands_of_r_feminism_come_out(feminism: pl.DataFrame) -> None:
    table = pl.read_csv(SHARED / "fidelity/structural.csv", infer_schema_length=None)
    weeks = table.filter(pl.col("window") == "7 days")
    spans = spans_of(feminism, 7)
    assert len(spans.begins) == 22 and spans.left_out == 4
    found = bands_of(spans)
    for ours, theirs in PUBLISHED.items():
        row = weeks.row(by_predicate=pl.col("metric") == theirs, named=True)
        for mine, column in zip(found[ours], ("value", "band_low", "band_high"), strict=True):
            assert mine == pytest.approx(float(row[column]), rel=0.01), (ours, column)
