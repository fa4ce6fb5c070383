"""What every policy must keep to, whatever it does; a new policy is visited the day it is added."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from unittest import mock

import numpy as np
import polars as pl
import pytest

from windtunnel.policies import registry
from windtunnel.policies.base import Policy
from windtunnel.policies.registry import make_policy, parameters, policy_class, policy_names, summary
from windtunnel.sim.communities.forum.traits import ARRIVAL
from windtunnel.sim.events import digest
from windtunnel.sim.experiment import ARMS, Experiment, PolicySpec, Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import first_divergence, lock_step, make_world, run
from windtunnel.sim.world import World

NAMES = policy_names("forum")
START, STOP = 4, 7


def specs(name: str, **more: Any) -> list[PolicySpec]:
    return [PolicySpec(name, {**policy_class(name).test_parameters, **more}, f"my {name}")]


@contextmanager
def no_streams() -> Iterator[None]:
    """Fails if anybody makes a generator meanwhile, or draws from a global one."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a generator was made; draw with world.chance(purpose, ids)")

    before = random.getstate(), str(np.random.get_state())
    numpys = {maker: refuse for maker in ("default_rng", "RandomState", "Generator")}
    with mock.patch.multiple("numpy.random", **numpys), mock.patch("random.Random", refuse):
        yield
    assert (random.getstate(), str(np.random.get_state())) == before, "a global generator was drawn from"


def stepped(experiment: Experiment, arm: str, change: Callable[[World], None] | None = None) -> World:
    """One arm's world run to its end, after `change` was made to it; no generator may be drawn from."""
    world = make_world(experiment, Unit(0, 0, arm))
    if change:
        change(world)
    own = world.random.getstate(), str(world.rng.bit_generator.state)
    with no_streams():
        assert not lock_step([world], make_mind(experiment), experiment.steps)
    assert (world.random.getstate(), str(world.rng.bit_generator.state)) == own, (
        "Mesa's stream was drawn from"
    )
    return world


@pytest.fixture(scope="module")
def lived(tiny_experiment) -> Callable[[str, str], World]:
    """`lived(name, arm)`: the policy's world as it ends, run once for all tests that only look at it."""

    @cache
    def lived(name: str, arm: str) -> World:
        return stepped(tiny_experiment(specs(name)), arm)

    return lived


def log(world: World) -> pl.DataFrame:
    """The world's events under one arm's name, so that arms compare."""
    return world.log.frame(0, 0, "any")


def who(world: World) -> dict[str, list[Any]]:
    """What no policy may touch: who the members are, and when they come."""
    members = world.community.members
    fixed = {
        name: getattr(members, name).tolist() for name in ("id", "joined", "rate", "persona", "began_new")
    }
    return fixed | {name: column.tolist() for name, column in members.traits.items()}


def add_inert_founder(world: World) -> None:
    """Make the last founder, and whoever its place brings, never active."""
    members = world.community.members
    last = world.community.settings.size - 1
    members.rate[members.id % ARRIVAL == last] = 0.0


def check_repeats(tiny: Callable[..., Experiment], name: str) -> None:
    """The same experiment run twice gives the same events, and draws from no stream."""
    experiment = tiny(specs(name))
    assert digest(log(stepped(experiment, "policy"))) == digest(log(stepped(experiment, "policy")))


def check_members(tiny: Callable[..., Experiment], name: str) -> None:
    """Who the members are is the same in both arms, from first step to last."""
    experiment = tiny(specs(name))
    before = who(make_world(experiment, Unit(0, 0, "baseline")))
    assert who(stepped(experiment, "baseline")) == before
    assert who(stepped(experiment, "policy")) == before


def check_start(tiny: Callable[..., Experiment], name: str) -> None:
    """Twins agree in every event before the step in which the policy starts."""
    experiment = tiny(specs(name, start=START))
    one, two = log(stepped(experiment, "baseline")), log(stepped(experiment, "policy"))
    apart = first_divergence(one, two)
    assert apart is None or apart >= START
    early = pl.col("step") < START
    assert one.filter(early).equals(two.filter(early))


def check_inert_founder(tiny: Callable[..., Experiment], name: str) -> None:
    """One founder more who never acts changes nobody else's history (Starsim's test)."""
    few = log(stepped(tiny(specs(name), size=30), "policy"))
    many = log(stepped(tiny(specs(name), size=31), "policy", add_inert_founder))
    others = many.filter(pl.col("member").is_null() | (pl.col("member") % ARRIVAL != 30))
    assert others.drop("ordinal").equals(few.drop("ordinal"))


CHECKS = (check_repeats, check_members, check_start, check_inert_founder)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.removeprefix("check_"))
@pytest.mark.parametrize("name", NAMES)
def test_every_policy_keeps_the_rules(tiny_experiment, name, check):
    check(tiny_experiment, name)


@pytest.mark.parametrize("name", NAMES)
def test_every_arm_runs_and_the_aa_arm_repeats_the_baseline(tiny_experiment, name):
    experiment = tiny_experiment(specs(name), seeds=3)
    runs = {one.unit: one for block in run(experiment, make_mind, pairs_a_block=2) for one in block.runs}
    assert {unit.arm for unit in runs} == set(ARMS) and {one.status for one in runs.values()} == {"ok"}
    for seed in range(3):
        baseline, again = (runs[Unit(0, seed, arm)] for arm in ("baseline", "aa"))
        assert first_divergence(baseline.events, again.events) is None
        assert baseline.members.drop("arm").equals(again.members.drop("arm"))


@pytest.mark.parametrize("name", NAMES)
def test_a_policy_over_before_it_began_leaves_the_log_byte_identical(tiny_experiment, lived, name):
    experiment = tiny_experiment(specs(name, start=START, stop=START))
    assert digest(log(stepped(experiment, "policy"))) == digest(log(lived(name, "baseline")))


@pytest.mark.parametrize("name", [name for name in NAMES if not policy_class(name).finishes])
def test_after_stop_a_policy_does_what_an_absent_one_does(tiny_experiment, name):
    stopped = make_world(tiny_experiment(specs(name, stop=STOP)), Unit(0, 0, "policy"))
    dropped = make_world(tiny_experiment(specs(name)), Unit(0, 0, "policy"))
    for world in (stopped, dropped):
        lock_step([world], make_mind(tiny_experiment(specs(name))), STOP)
        if world is dropped:
            world.policies = ()
        lock_step([world], make_mind(tiny_experiment(specs(name))), 5)
    assert log(stopped).equals(log(dropped))


@pytest.mark.parametrize("name", NAMES)
def test_what_a_policy_does_bears_its_label(lived, name):
    events = log(lived(name, "policy"))
    labels = set(events["policy"].drop_nulls())
    assert labels == ({f"my {name}"} if policy_class(name).acts_in_log else set())


@pytest.mark.parametrize("name", NAMES)
def test_twins_part_no_sooner_than_the_policys_first_act(lived, name):
    one, two = log(lived(name, "baseline")), log(lived(name, "policy"))
    acts = two.filter(pl.col("policy").is_not_null())
    if len(acts):
        assert first_divergence(one, two) == acts["step"].min()


def test_none_leaves_the_log_byte_identical(tiny_experiment):
    for seed in range(5):
        experiment = tiny_experiment(["none"], root=seed)
        one, two = (stepped(experiment, arm) for arm in ("baseline", "policy"))
        assert log(one).write_csv() == log(two).write_csv()
        assert first_divergence(log(one), log(two)) is None


def limits(name: str) -> Iterator[tuple[str, Any]]:
    """Each parameter of a policy with values that lie outside its range."""
    for key in parameters(name):
        field = policy_class(name).model_fields[key]
        yield key, "often"
        yield key, float("nan")
        yield key, -1
        for rule in field.metadata:
            if getattr(rule, "le", None) is not None:
                yield key, rule.le + 0.5
            if getattr(rule, "ge", None):
                yield key, rule.ge - 1


@pytest.mark.parametrize(
    ("name", "key", "value"), [(n, key, value) for n in NAMES for key, value in limits(n)]
)
def test_a_value_out_of_range_is_refused_by_name(name, key, value):
    with pytest.raises(ValueError, match=rf"^{name}\.{key} is "):
        make_policy(name, {key: value})


@pytest.mark.parametrize("name", NAMES)
def test_a_misspelt_parameter_is_told_its_nearest(name):
    with pytest.raises(ValueError, match=rf"{name} has no parameter 'startt': did you mean 'start'"):
        make_policy(name, {"startt": 3})


@pytest.mark.parametrize("name", NAMES)
def test_the_yaml_names_the_policy_and_gives_every_parameter(name):
    file = registry._yaml(name)
    assert file["name"] == name and summary(name) == file["summary"]
    needed = {key for key, field in policy_class(name).model_fields.items() if field.is_required()}
    assert needed == set(file["parameters"])


def test_a_policy_cannot_stop_before_it_starts():
    with pytest.raises(ValueError, match="slow_mode: stop 3 lies before start 5"):
        make_policy("slow_mode", {"start": 5, "stop": 3})


def test_an_unknown_policy_is_told_its_nearest():
    with pytest.raises(ValueError, match="no policy is called 'thread_lok': did you mean 'thread_lock'"):
        make_policy("thread_lok")


# --- the checks can fail: policies that break one rule each, planted as out-of-tree plug-ins ---


class Streaming(Policy):
    """Draws from a stream of its own."""

    name = "broken"

    def before_step(self, world: Any) -> None:
        world.community.posts.appeal[:] += np.random.default_rng(1).random()


class Borrowing(Policy):
    """Draws from Mesa's stream."""

    name = "broken"

    def before_step(self, world: Any) -> None:
        world.community.posts.appeal[:] += world.random.random()


class Moulding(Policy):
    """Makes people milder than they are."""

    name = "broken"

    def before_step(self, world: Any) -> None:
        world.community.members.traits["temper"][:] -= 1.0


class Hasty(Policy):
    """Acts before its start."""

    name = "broken"

    def in_force(self, step: int) -> bool:
        return True

    def offer(self, world: Any, view: Any) -> None:
        view.withdraw(np.ones(len(view.rows), bool), "reply")


class Ranking(Policy):
    """Chooses by place in the table of members, so that one member more moves the others' luck."""

    name = "broken"

    def offer(self, world: Any, view: Any) -> None:
        count = len(world.community.members)
        view.withdraw((view.rows + count) % 3 == 0, "reply", "post")


class Plug:
    """An entry point of an installed package, as importlib.metadata gives it."""

    def __init__(self, policy: type[Policy]) -> None:
        self.name, self.policy = policy.name, policy

    def load(self) -> type[Policy]:
        return self.policy


@pytest.mark.parametrize(
    ("policy", "check"),
    [
        (Streaming, check_repeats),
        (Borrowing, check_repeats),
        (Moulding, check_members),
        (Hasty, check_start),
        (Ranking, check_inert_founder),
    ],
    ids=lambda value: value.__name__,
)
def test_a_broken_policy_is_caught(tiny_experiment, monkeypatch, policy, check):
    monkeypatch.setattr(registry, "entry_points", lambda group: [Plug(policy)])
    for cached in (registry.policy_class, registry._yaml):
        cached.cache_clear()
    try:
        with pytest.raises(AssertionError):
            check(tiny_experiment, "broken")
    finally:
        for cached in (registry.policy_class, registry._yaml):
            cached.cache_clear()
