"""A forum keeps its meaning at every size and after any time; `bench/size.py` measures the whole grid."""

import runpy
from pathlib import Path

import pytest

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
