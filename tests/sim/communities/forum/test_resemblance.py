"""A forum on the shipped profile, left alone for a week, looks like the record that the profile was fitted from."""

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.configuration import compose, plan
from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import run_block

WEEK = [
    "community.size=358",
    "steps=168",
    "community.settings.spark_step=null",
    "policy=none",
    "draws=3",
    "seeds=1",
]
"""137 posts a day over the profile's posts_per_member_day, rounded up."""


@pytest.fixture(scope="module")
def written() -> tuple[pl.DataFrame, dict[str, float]]:
    made = plan(compose(WEEK))
    runs = run_block(made.experiment, [Unit(draw, 0, "baseline") for draw in range(3)], make_mind).runs
    events = pl.concat([run.events for run in runs]).filter(pl.col("kind").is_in(["post", "reply"]))
    return events, made.experiment.community["profile"]["structure"]


def test_threads_have_the_sizes_of_the_record(written: tuple[pl.DataFrame, dict[str, float]]) -> None:
    events, record = written
    threads = events.filter(pl.col("kind") == "post").select("draw", "place")
    replies = events.filter(pl.col("kind") == "reply").group_by("draw", "place").agg(replies=pl.len())
    sizes = 1 + threads.join(replies, on=["draw", "place"], how="left")["replies"].fill_null(0).to_numpy()
    assert np.median(sizes) == record["thread_median"] == 1
    assert np.mean(sizes == 1) == pytest.approx(record["thread_singletons"], abs=0.1)
    assert np.mean(sizes) == pytest.approx(record["thread_mean"], rel=0.35)


def test_few_members_write_most_as_in_the_record(written: tuple[pl.DataFrame, dict[str, float]]) -> None:
    """Bands of 7-day windows of r/Feminism, comments per commenter: .388-.481; one comment only .590-.669."""
    events, _ = written
    each = events.group_by("draw", "member").agg(wrote=pl.len())
    assert np.mean(each["wrote"].to_numpy() == 1) == pytest.approx(0.63, abs=0.08)
    wrote = np.sort(each["wrote"].to_numpy()).astype(float)
    rank = np.arange(1, len(wrote) + 1)
    gini = 2 * (rank * wrote).sum() / (len(wrote) * wrote.sum()) - (len(wrote) + 1) / len(wrote)
    assert 0.3 < gini < 0.5


def test_rates_come_out_as_the_profile_says(written: tuple[pl.DataFrame, dict[str, float]]) -> None:
    events, _ = written
    profile = plan(compose(WEEK)).experiment.community["profile"]
    opened = (events["kind"] == "post").mean()
    assert opened == pytest.approx(profile["new_thread_share"]["value"], abs=0.04)
    replies = events.filter(pl.col("kind") == "reply")
    for tone in ("heated", "hostile"):
        assert (replies["tone"] == tone).mean() == pytest.approx(profile[f"{tone}_share"]["value"], abs=0.05)
