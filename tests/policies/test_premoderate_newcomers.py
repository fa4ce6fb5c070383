import polars as pl
import pytest

from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world

POLICY = "premoderate_newcomers"
HANDS = {"actions_per_moderator_hour": 1000}


def events(tiny_experiment, tiny_world, hands=1000, **given) -> pl.DataFrame:
    experiment = tiny_experiment([(POLICY, given)], size=60, settings={"actions_per_moderator_hour": hands})
    return tiny_world(experiment).log.frame(0, 0, "any")


@pytest.mark.parametrize("delay", [0, 3])
def test_what_newcomers_write_is_decided_after_the_delay(tiny_experiment, tiny_world, delay):
    log = events(tiny_experiment, tiny_world, delay=delay)
    held = dict(log.filter(status="held").select("target", "step").iter_rows())
    decided = log.filter(pl.col("kind").is_in(["approve", "remove"]))
    assert len(held) > 15 and decided["target"].is_unique().all()
    due = {post: step + 1 + delay for post, step in held.items() if step + 1 + delay < 12}
    assert dict(decided.select("target", "step").iter_rows()) == due


def test_only_newcomers_are_held_and_all_that_they_write(tiny_experiment, tiny_world):
    world = tiny_world(tiny_experiment([POLICY], size=60))
    wrote = world.log.frame(0, 0, "any").filter(pl.col("kind").is_in(["reply", "post"]))
    members = world.community.members
    until = dict(zip(members.id.tolist(), members.newcomer_until.tolist(), strict=True))
    new = [until[member] > step for member, step in wrote.select("member", "step").iter_rows()]
    assert [row == "held" for row in wrote["status"]] == new and 0 < sum(new) < len(new)


def test_each_tone_is_rejected_at_its_own_rate(tiny_experiment, tiny_world):
    log = events(tiny_experiment, tiny_world, detection=1.0, heated=0.0, false_positive=0.0)
    verdicts = set(log.filter(pl.col("kind").is_in(["approve", "remove"])).select("kind", "tone").iter_rows())
    assert verdicts == {("remove", "hostile"), ("approve", "civil"), ("approve", "heated")}


def test_posts_wait_for_a_moderator_with_time(tiny_experiment, tiny_world):
    log = events(tiny_experiment, tiny_world, hands=1, delay=0)
    decided = log.filter(pl.col("kind").is_in(["approve", "remove"]))
    assert decided.group_by("step").len()["len"].to_list() == [1] * decided["step"].n_unique()
    assert len(log.filter(status="held")) > len(decided) > 3


def test_after_stop_nothing_more_is_held_but_what_waits_is_decided(tiny_experiment):
    experiment = tiny_experiment([(POLICY, {"delay": 3, "stop": 6})], size=60, settings=HANDS, steps=16)
    world = make_world(experiment, Unit(0, 0, "policy"))
    lock_step([world], make_mind(experiment), 16)
    log = world.log.frame(0, 0, "any")
    held = log.filter(status="held")
    decided = log.filter(pl.col("kind").is_in(["approve", "remove"]))
    assert held["step"].max() == 5 and decided["step"].max() == 9
    assert set(held["target"]) == set(decided["target"])
