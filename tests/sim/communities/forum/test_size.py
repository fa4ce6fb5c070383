"""A forum keeps its meaning at every size and after any time; `bench/size.py` measures the whole grid."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import polars as pl
import pytest
from statsmodels.stats.proportion import proportion_confint

BENCH = Path(__file__).parents[4] / "bench" / "size.py"


@pytest.fixture(scope="module")
def bench():
    return runpy.run_path(str(BENCH))


def test_the_outcome_can_happen_and_fail_to_in_a_small_place_and_a_large_one(bench):
    for members, runs in ((60, 60), (2000, 20)):
        found = bench["cell"](members, 24, members * 24 * runs)["measured"]
        spread = 2 * (0.25 / runs) ** 0.5  # two standard errors of a share of so many runs at most
        assert 0.2 - spread < found["p0"] < 0.6 + spread, members


def test_the_second_week_is_alike_in_places_of_every_size(bench):
    weeks = {members: bench["cell"](members, 336, 210_000)["measured"] for members in (100, 1000)}
    for members, week in weeks.items():
        assert week["hostile_share"] == pytest.approx(0.115, abs=0.03), members
        assert 1.5 < week["posts_a_member"] < 2.5 and 2.8 < week["comments_a_thread"] < 5.3
        assert week["reciprocity"] > 0.2, "who is answered comes back and answers"
        assert week["voted_twice"] == 0
        asked = bench["largest_asked"](week["active"])
        assert asked / 2 < week["largest"] < asked * 2
    assert weeks[1000]["largest"] < weeks[100]["largest"] / 2


def test_a_cell_that_takes_too_long_is_cut_short_and_says_so(bench):
    row = bench["cell"](60, 24, 0, count=2000, seconds=0.5)
    assert 0 < row["runs"] < 2000 and row["cut"].startswith(f"{row['runs']} of 2000 runs")
    assert row["seconds"] < 3
    happened = round(row["measured"]["p0"] * row["runs"])
    theirs = proportion_confint(happened, row["runs"], method="wilson")
    assert row["p0_interval"] == pytest.approx(theirs, abs=6e-4)
    large = bench["cell"](20_000, 24, 0, count=5, seconds=0.05)
    assert large["runs"] == 0 and "0 of 5 runs" in large["cut"] and "measured" not in large


def test_people_are_those_whose_name_a_record_would_have(bench):
    """Two named members answer each other; a third post is by one whose name a record would lack."""
    rows = [("open", 1, None), ("reply", 2, 1), ("reply", 1, 2), ("reply", 3, 1), ("reply", 1, 2)]
    posts = [who * 100_000 + 10 * step for step, (_, who, _) in enumerate(rows)]
    parents = [None, *(posts[0] if up == 1 else posts[1] for _, _, up in rows[1:])]
    events = pl.DataFrame(
        {
            "kind": [kind for kind, _, _ in rows],
            "member": [who for _, who, _ in rows],
            "step": list(range(5)),
            "status": "done",
            "place": 1,
            "target": posts,
        }
    )
    links = pl.DataFrame(
        {"target": posts, "parent": parents}, schema={"target": pl.Int64, "parent": pl.Int64}
    )
    people = pl.DataFrame({"member": [1, 2, 3], "unnamed": [0, 0, 1]})
    found = bench["of_run"](SimpleNamespace(events=events, members=people, links=links), 3)
    assert (found["active"], found["posts_a_member"], found["reciprocity"]) == (2, 2.0, 1.0)
    everybody = bench["of_run"](
        SimpleNamespace(events=events, members=people.drop("unnamed"), links=links), 3
    )
    assert (everybody["active"], everybody["posts_a_member"]) == (3, 5 / 3)
