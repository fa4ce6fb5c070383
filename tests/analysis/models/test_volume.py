"""A report says where learned members write far more, or far less, than their record."""

import polars as pl
import pytest

from windtunnel.analysis.models.volume import hardly_lived, wrote

COMMUNITY = {
    "size": 20,
    "step_hours": 1,
    "profile": {"posts_per_member_day": {"value": 3.0}},
    "learned": {"start": "cold", "forward": {"posts_per_day": 600.0}},
}
"""60 posts a day of twenty members, 30 in twelve hours; 600 and 300 of all that the record has."""


def runs(*posts):
    """Runs with so many posts of members in each baseline, and in each of their other arms a thousand."""
    rows = [(draw, 0, "baseline", "reply") for draw, count in enumerate(posts) for _ in range(count)]
    rows += [(draw, 0, "baseline", "spark") for draw in range(len(posts))]
    rows += [(draw, 0, "policy", "reply") for draw in range(len(posts)) for _ in range(1_000)]
    return pl.DataFrame(rows, ["draw", "seed", "arm", "kind"], orient="row")


@pytest.mark.parametrize("posts", [(25, 35), (59, 58), (16, 15)])
def test_within_a_factor_of_two_nothing_is_said(posts):
    assert wrote(COMMUNITY, runs(*posts), 12) == ""


@pytest.mark.parametrize(
    ("posts", "said"),
    [
        ((400, 380), "they wrote 390 posts in 12 hours, where the record, of as many members, has 30: 13 times as many"),
        ((5, 7), "they wrote 6 posts in 12 hours, where the record, of as many members, has 30: 0.2 times as many"),
        ((0, 0), "they wrote 0 posts"),
        ((1400, 1300), "they wrote 1,350 posts in 12 hours"),
    ],
)  # fmt: skip
def test_beyond_it_both_numbers_are_told(posts, said):
    assert said in wrote(COMMUNITY, runs(*posts), 12)


def test_a_warm_start_is_held_against_the_whole_record():
    warm = COMMUNITY | {"learned": COMMUNITY["learned"] | {"start": "warm"}}
    assert wrote(warm, runs(300, 290), 12) == ""
    assert "where the record has 300: 0.1 times" in wrote(warm, runs(30, 30), 12)


def test_a_few_posts_more_of_next_to_none_are_chance():
    assert wrote(COMMUNITY, runs(4), 1) == ""


def test_members_by_rules_have_no_record():
    assert wrote({"size": 20, "step_hours": 1}, runs(400), 12) == ""


@pytest.mark.parametrize(
    ("before", "spark", "steps", "told"),
    [(0, 1, 24, True), (0.4, 1, 24, True), (0.5, 1, 24, False), (0, 84, 100, False), (0, 83, 100, True), (0, None, 24, False), (0, 30, 24, False)],
)  # fmt: skip
def test_a_provoking_post_in_a_place_that_has_hardly_lived_is_told(before, spark, steps, told):
    learned = {"start": "cold", "weeks_before": before}
    community = {"learned": learned, "settings": {"spark_step": spark}, "step_hours": 1}
    said = hardly_lived(community, steps)
    assert bool(said) is told and (f"mind.weeks_before={before:g}" in said) is told
    assert hardly_lived({**community, "learned": {**learned, "start": "warm"}}, steps) == ""
    assert hardly_lived({**community, "learned": None}, steps) == ""
