"""What every community must keep to, ours and one of another package; a new one is visited the day it is added."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from windtunnel import conf
from windtunnel.policies.registry import policy_class
from windtunnel.sim.communities import community_names
from windtunnel.sim.experiment import ARMS, Experiment, PolicySpec, Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import first_divergence, lock_step, make_world, run
from windtunnel.sim.world import World

PLUGINS = Path(__file__).parents[2] / "plugins"
STEPS = 6
NAMES = sorted({*community_names(), "pond"})


@pytest.fixture(autouse=True, scope="module")
def plugins() -> Iterator[None]:
    """The packages of `tests/plugins` are installed for as long as these tests run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PLUGINS))
        yield


def experiment(name: str, tiny: Any, **more: Any) -> Experiment:
    """A small experiment of this community with a policy that fits it, under the rules mind."""
    if name == "forum":
        return tiny(["slow_mode", "rule_reminder"], steps=STEPS, **more)
    config = dict(conf.content("community", name))
    policy = config["by_default"]["policy"]
    assert policy_class(policy).fits_in(name)
    return Experiment(
        config, (), [PolicySpec(policy, {}, policy)], {"name": "rules"}, draws=1, steps=STEPS, **more
    )


def told(world: World) -> dict[str, bytes]:
    """Everything that a world's community and members hold in arrays, as bytes, and how long its log is."""
    held = {**vars(world.community), **vars(world.community.members)}
    arrays = {
        name: value for name, value in held.items() if isinstance(value, np.ndarray) and value.dtype != object
    }
    return {name: value.tobytes() for name, value in arrays.items()} | {
        "numbers": repr(
            {name: value for name, value in held.items() if isinstance(value, int | float)}
        ).encode(),
        "log": str(len(world.log)).encode(),
    }


@pytest.mark.parametrize("name", NAMES)
def test_asking_changes_nothing_in_any_phase(tiny_experiment, name):
    made = experiment(name, tiny_experiment, seeds=1)
    world, mind = make_world(made, Unit(0, 0, "policy")), make_mind(made)
    asked = 0
    for _ in range(STEPS):
        world.begin_step()
        for _ in range(world.phases):
            before = told(world)
            one, two = world.ask(), world.ask()
            assert told(world) == before
            for part in ("features", "options", "persona", "member"):
                assert np.array_equal(getattr(one, part), getattr(two, part))
            assert (one.options.sum(axis=1) >= 2).all() and one.scene.phase == world.phase
            asked += len(one)
            world.set_log_probs(mind.decide([one])[0])
            world.step()
    assert asked > 5


@pytest.mark.parametrize("name", NAMES)
def test_the_aa_arm_repeats_the_baseline_in_every_table(tiny_experiment, name):
    made = experiment(name, tiny_experiment, seeds=3)
    runs = {one.unit: one for block in run(made, make_mind, pairs_a_block=2) for one in block.runs}
    assert {unit.arm for unit in runs} == set(ARMS) and {one.status for one in runs.values()} == {"ok"}
    for seed in range(3):
        first, again = (runs[Unit(0, seed, arm)] for arm in ("baseline", "aa"))
        assert first_divergence(first.events, again.events) is None
        for table in ("members", "measures", "links"):
            assert getattr(first, table).drop("arm").equals(getattr(again, table).drop("arm"))


@pytest.mark.parametrize("name", NAMES)
def test_runs_do_not_depend_on_the_number_of_processes(tiny_experiment, name):
    made = experiment(name, tiny_experiment, seeds=4)
    results = [
        {one.unit: one for block in run(made, make_mind, jobs=jobs, pairs_a_block=2) for one in block.runs}
        for jobs in (1, 2)
    ]
    for unit in results[0]:
        one, two = (result[unit] for result in results)
        assert one.events_sha256 == two.events_sha256
        assert one.measures.equals(two.measures) and one.members.equals(two.members)


@pytest.mark.parametrize("name", NAMES)
def test_a_member_who_never_decides_changes_nobodys_history(tiny_experiment, name):
    """One member more who is never there: the others' acts are what they were (Starsim's test)."""
    few, many = (_without(name, tiny_experiment, extra) for extra in (0, 1))
    assert len(few) > 5 and many.drop("ordinal").equals(few.drop("ordinal"))


def _without(name: str, tiny: Any, extra: int) -> pl.DataFrame:
    """The events of a policy run, in a community with `extra` inert members, less what is logged of these."""
    size = 30 if name == "forum" else experiment(name, tiny).community["size"]
    made = experiment(name, tiny, **({"size": size + extra} if name == "forum" else {}))
    if name != "forum":
        made.community["size"] = size + extra  # type: ignore[index]
    world = make_world(made, Unit(0, 0, "policy"))
    members = world.community.members
    inert = (members.id % 10**9) >= size
    members.rate[inert] = 0.0
    members.joined[inert] = 10**6
    assert not lock_step([world], make_mind(made), STEPS)
    return world.log.frame(0, 0, "any").filter(
        pl.col("member").is_null() | (pl.col("member") % 10**9 != size)
    )


@pytest.mark.parametrize("name", NAMES)
def test_what_the_tables_hold_is_what_the_community_declares(tiny_experiment, name):
    made = experiment(name, tiny_experiment, seeds=1)
    declared = made.builder().declared
    (block,) = run(made, make_mind)
    for one in block.runs:
        names = {
            *declared.fixed,
            *declared.groups,
            *declared.summaries,
            *(harm.column for harm in declared.harms),
        }
        assert names <= set(one.members.columns)
        assert set(one.measures["measure"].unique()) == set(declared.measures)
        assert set(one.events["tone"].drop_nulls()) <= set(declared.levels)
        assert one.events["amount"].null_count() == len(one.events) or declared.amount
        steps = one.measures.group_by("measure").len()["len"].to_list()
        assert set(steps) <= {STEPS}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("prompt", ["archetype", "member"])
def test_a_language_model_plays_it_and_is_always_told_the_situation(tiny_experiment, name, prompt):
    made = experiment(name, tiny_experiment, seeds=1)
    mind = {
        "name": "llm", "llm": {"kind": "fake", "store": "none"}, "prompt": prompt, "alpha": "profile", "beta": 1.0,
        "permute": 1, "recall": 160, "words": False,
    }  # fmt: skip
    made = Experiment(made.community, (), made.policy, mind, draws=1, seeds=1, steps=STEPS)
    (block,) = run(made, make_mind)
    assert {one.status for one in block.runs} == {"ok"} and all(len(one.events) for one in block.runs)
    world = make_world(made, Unit(0, 0, "policy"))
    world.begin_step()
    asked = world.ask()
    assert len(asked) and all(asked.describe(row) for row in range(len(asked)))
