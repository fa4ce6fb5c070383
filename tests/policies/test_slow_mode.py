import polars as pl
import pytest


def waits(events: pl.DataFrame) -> list[int]:
    """Hours between a member's posts and replies, set-up ones among them."""
    wrote = events.filter(pl.col("kind").is_in(["reply", "post", "open", "spark"])).sort("member", "step")
    return wrote.select(pl.col("step").diff().over("member")).drop_nulls().to_series().to_list()


@pytest.mark.parametrize("hours", [2, 3, 6])
def test_nobody_writes_again_within_the_hours(tiny_experiment, tiny_world, hours):
    free, slow = (
        tiny_world(tiny_experiment([("slow_mode", {"hours": hours})], size=60), arm).log.frame(0, 0, arm)
        for arm in ("baseline", "policy")
    )
    assert min(waits(free)) == 1 and min(waits(slow)) == hours


def test_hours_are_hours_whatever_the_length_of_a_step(tiny_experiment, tiny_world):
    experiment = tiny_experiment([("slow_mode", {"hours": 2})], size=60, step_hours=0.5, steps=16)
    assert min(waits(tiny_world(experiment).log.frame(0, 0, "any"))) == 4


def test_votes_are_as_free_as_before(tiny_experiment, tiny_world):
    world = tiny_world(tiny_experiment([("slow_mode", {"hours": 100})], size=60))
    events = world.log.frame(0, 0, "any")
    assert waits(events) == [] and len(events.filter(kind="upvote")) > 20
