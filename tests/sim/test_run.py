from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.minds.rules import RulesMind
from windtunnel.sim.events import MEASURES, digest
from windtunnel.sim.experiment import ARMS, Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import blocks, first_divergence, parted, run, run_block

POLICIES = [("thread_lock", {"heat": 1}), ("remove_hostile", {"detection": 1.0, "evasion": 0.3}), "slow_mode"]


def fingerprints(experiment, **how) -> dict[Unit, str]:
    return {one.unit: one.events_sha256 for block in run(experiment, make_mind, **how) for one in block.runs}


def test_neither_the_width_of_a_block_nor_the_number_of_processes_changes_an_event(tiny_experiment):
    experiment = tiny_experiment(POLICIES, draws=2, seeds=3, steps=8)
    one_by_one = fingerprints(experiment, pairs_a_block=1)
    assert len(one_by_one) == 2 * 3 * 3 and len(set(one_by_one.values())) == 2 * 3 * 2
    assert all(
        one_by_one[unit._replace(arm="aa")] == one_by_one[unit._replace(arm="baseline")]
        for unit in one_by_one
    )
    assert fingerprints(experiment, pairs_a_block=4) == one_by_one
    assert fingerprints(experiment, pairs_a_block=100) == one_by_one
    assert fingerprints(experiment, pairs_a_block=2, jobs=2) == one_by_one


def test_every_unit_is_in_one_block_and_the_aa_run_sits_in_another_than_its_baseline(tiny_experiment):
    experiment = tiny_experiment(draws=3, seeds=4)
    work = blocks(experiment.units(), 5)
    assert sorted(unit for part in work for unit in part) == sorted(experiment.units())
    where = {unit: (number, place) for number, part in enumerate(work) for place, unit in enumerate(part)}
    for draw in range(3):
        for seed in range(4):
            one, other = (where[Unit(draw, seed, arm)] for arm in ("baseline", "aa"))
            assert one[0] != other[0]
            assert one[0] == where[Unit(draw, seed, "policy")][0]


def test_more_draws_seeds_or_steps_change_no_run_that_there_was(tiny_experiment):
    few = fingerprints(tiny_experiment(POLICIES, seeds=2, steps=6))
    many = fingerprints(tiny_experiment(POLICIES, draws=2, seeds=3, steps=6))
    assert few.items() <= many.items()
    long = run_block(tiny_experiment(POLICIES, steps=9), [Unit(0, 0, "policy")], make_mind).runs[0]
    assert digest(long.events.filter(pl.col("step") < 6)) == few[Unit(0, 0, "policy")]


def test_another_root_is_another_chance(tiny_experiment):
    one, two = (fingerprints(tiny_experiment(root=root)) for root in (0, 1))
    assert not set(one.values()) & set(two.values())


class Mute(RulesMind):
    """Answers like the rules until, in its third step, the second world gets no answer."""

    asked = 0

    def decide(self, batches):
        self.asked += 1
        rows = super().decide(batches)
        if self.asked == 3:
            rows[1] = Unanswered("reading", "the reply was no letter")
        return rows


def test_a_world_without_an_answer_fails_alone_and_says_where(tiny_experiment):
    experiment = tiny_experiment(POLICIES, steps=6)

    def mute(one):
        rules = make_mind(one)
        return Mute(one.builder().scene(one.raised()), rules.alpha, rules.weights)

    good, bad, again = run_block(experiment, [Unit(0, 0, arm) for arm in ARMS], mute).runs
    assert (bad.status, bad.stage, bad.reason) == ("failed", "reading, step 2", "the reply was no letter")
    assert bad.events["step"].max() <= 2
    assert good.status == again.status == "ok" and first_divergence(good.events, again.events) is None


def test_the_table_of_members_tells_who_when_and_what_they_saw(tiny_experiment):
    one = run_block(tiny_experiment(steps=8), [Unit(0, 0, "baseline")], make_mind).runs[0]
    table = one.members
    assert table["member"].n_unique() == len(table) and table["active_steps"].sum() == one.decisions
    acted = one.events.filter(pl.col("kind").is_in(["reply", "post", "upvote", "downvote", "report"]))
    assert set(acted["member"]) <= set(table.filter(pl.col("active_steps") > 0)["member"])
    joined = one.events.filter(kind="join")
    assert set(joined["member"]) == set(table.filter(pl.col("joined") > 0)["member"])
    assert table["joined"].max() < 8 and table["left"].drop_nulls().is_between(1, 8).all()


def test_twins_part_in_what_is_counted_or_summed_up_though_their_logs_are_alike(tiny_experiment):
    one = run_block(tiny_experiment(steps=8), [Unit(0, 0, "baseline")], make_mind).runs[0]
    counted = pl.DataFrame(
        [(0, 0, "baseline", step, "stock", 1.0) for step in range(8)], MEASURES, orient="row"
    )
    one = replace(one, measures=counted)
    twin = replace(one, **{name: arm_of(getattr(one, name)) for name in ("events", "members", "measures")})
    assert parted(one, twin) is None
    other = twin.measures.with_columns(value=pl.when(pl.col("step") >= 5).then(2.0).otherwise("value"))
    assert parted(one, replace(twin, measures=other)) == 5
    fewer = twin.events.filter(pl.col("step") < 3)
    assert parted(one, replace(twin, measures=other, events=fewer)) == 3
    seen = twin.members.with_columns(pl.col("saw_civil") + 1)
    assert parted(one, replace(twin, members=seen)) == 7


def arm_of(table: pl.DataFrame) -> pl.DataFrame:
    return table.with_columns(arm=pl.lit("policy"))


@pytest.mark.parametrize("at", [0, 3, 7])
def test_first_divergence_is_the_step_of_the_first_changed_event(tiny_experiment, at):
    events = run_block(tiny_experiment(steps=8), [Unit(0, 0, "baseline")], make_mind).runs[0].events
    other = events.with_columns(arm=pl.lit("policy"))
    assert first_divergence(events, other) is None
    place = int(np.flatnonzero(events["step"].to_numpy() == at)[-1])
    changed = pl.arange(pl.len()) == place
    assert (
        first_divergence(
            events, other.with_columns(kind=pl.when(changed).then(pl.lit("?")).otherwise("kind"))
        )
        == at
    )
    assert first_divergence(events, other.filter(~changed)) in (at, at + 1)
    assert first_divergence(other.filter(pl.col("step") < at), events) == at
