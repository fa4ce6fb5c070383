"""Learned forums side by side: each world does, to the last bit, what it does alone."""

import numpy as np
import pytest

from tests.learned_law import learned
from windtunnel.policies.registry import policy_class
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.learned import attention, build
from windtunnel.sim.communities.forum.learned.memory import Columns
from windtunnel.sim.communities.forum.learned.sums import weighed
from windtunnel.sim.communities.forum.posts import Posts
from windtunnel.sim.communities.forum.side_by_side import SideBySide
from windtunnel.sim.events import digest
from windtunnel.sim.experiment import Experiment, PolicySpec, Unit
from windtunnel.sim.lock_step import LockStep
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world, traits_key
from windtunnel.sim.world import World

UNITS = [Unit(draw, seed, arm) for draw in (0, 1) for seed in (0, 1) for arm in ("baseline", "policy")]


@pytest.fixture
def place(tiny_experiment):
    """A small place with learned members under a policy."""

    def made(policy: str, *, steps=6, size=50, **changed) -> Experiment:
        spec = PolicySpec(policy, policy_class(policy).test_parameters, policy)
        plain = tiny_experiment([spec], size=size, steps=steps)
        community = {**plain.community, "learned": learned(**changed)}
        return Experiment(
            community, plain.baseline, plain.policy, {"name": "learned"}, 2, 2, steps, plain.root
        )

    return made


PERSONAS = tuple("abcdefgh")


def lived(experiment: Experiment, units, *, together: bool):
    worlds = [make_world(experiment, unit) for unit in units]
    for some in [worlds] if together else [[world] for world in worlds]:
        failed = lock_step(some, make_mind(experiment), experiment.steps)
        assert not failed, failed
    return worlds


def state(world) -> dict[str, np.ndarray]:
    """What a world remembers, but for what is taken anew wherever it is used."""
    memory = world.community.memory
    return {
        f"{table} {name}": values[: getattr(memory, table).count]
        for table in ("people", "posts", "debts")
        for name, values in getattr(memory, table).store().items()
        if name not in ("new", "old", "place")
    }


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("slow_mode", "rule_reminder")]


@pytest.mark.parametrize("policy", ["downrank_hostile", "premoderate_newcomers", *SLOW])
def test_a_world_does_the_same_in_company_and_alone(place, policy) -> None:
    experiment = place(policy)
    alone = lived(experiment, UNITS, together=False)
    beside = lived(experiment, UNITS, together=True)
    assert len({world.community.together for world in beside}) == 1
    for one, other in zip(alone, beside, strict=True):
        assert digest(one.log.frame(0, 0, "any")) == digest(other.log.frame(0, 0, "any"))
        assert one.decisions == other.decisions > 20
        assert one.community.members.frame(0, 0, "any", PERSONAS).equals(
            other.community.members.frame(0, 0, "any", PERSONAS)
        )
        for ours, others in zip(one.community.links(), other.community.links(), strict=True):
            assert np.array_equal(ours, others)
        theirs = state(other)
        for name, values in state(one).items():
            assert np.array_equal(values, theirs[name]), name
    held = [(world.log.frame(0, 0, "any")["status"] == "held").sum() for world in beside]
    assert (max(held) > 0) == (policy == "premoderate_newcomers")


def test_so_do_worlds_whose_threads_stand_on_shelves(place, monkeypatch) -> None:
    monkeypatch.setattr(attention, "SHELF", 2)
    experiment = place("downrank_hostile", steps=4)
    alone = lived(experiment, UNITS[:2], together=False)
    beside = lived(experiment, UNITS[:2], together=True)
    assert {world.community.shelf_count > 4 for world in beside} == {True}
    for one, other in zip(alone, beside, strict=True):
        assert digest(one.log.frame(0, 0, "any")) == digest(other.log.frame(0, 0, "any"))


def test_communities_live_their_past_together_as_each_does_alone(place, monkeypatch) -> None:
    experiment = place("slow_mode", weeks_before=0.1)
    keys, pasts = [traits_key(experiment, draw) for draw in (0, 1)], []
    for together in (True, False):
        monkeypatch.setattr(build, "_PASTS", {})
        builder = experiment.builder()
        if together:
            builder.expect(keys)
            assert len(build._PASTS) == 2
        pasts.append([builder.learned.past(key) for key in keys])
    for beside, alone in zip(*pasts, strict=True):
        assert len(alone.posts["author"]) > 5
        for name, values in alone.posts.items():
            assert np.array_equal(values, beside.posts[name]), name
        for name, values in alone.memory.people.store().items():
            assert np.array_equal(values, beside.memory.people.store()[name][: len(values)]), name


def test_nobody_is_asked_where_nobody_comes(place, monkeypatch) -> None:
    asked: list[World] = []
    ask = World.ask
    monkeypatch.setattr(World, "ask", lambda world: asked.append(world) or ask(world))
    quiet = [Unit(0, 0, "baseline"), Unit(0, 1, "baseline")]
    worlds = lived(place("slow_mode", size=10, steps=4), quiet, together=True)
    assert sum(world in worlds for world in asked) < 2 * 4 * worlds[0].phases
    assert all(world.decisions for world in worlds)
    assert [world.now for world in worlds] == [4, 4]
    assert [world.steps for world in worlds] == [4 * world.phases for world in worlds]


def test_communities_of_different_laws_do_not_go_together(place) -> None:
    one, other = (make_world(place("slow_mode"), UNITS[0]) for _ in range(2))
    law = other.community.law
    other.community.law = law.model_copy(update={"hotness": law.hotness + 1})
    third = make_world(place("slow_mode"), UNITS[1])
    LockStep([one, other, third], make_mind(place("slow_mode")))
    assert one.community.together is third.community.together is not other.community.together


def test_a_world_whose_policy_breaks_stops_alone(place, monkeypatch) -> None:
    experiment = place("downrank_hostile")
    worlds = [make_world(experiment, unit) for unit in UNITS[:2]]
    broken = type(worlds[1].policies[-1])

    def rerank(self, world, pull) -> None:
        raise RuntimeError("no rank")

    worlds[0].policies = ()
    monkeypatch.setattr(broken, "rerank", rerank)
    failed = lock_step(worlds, make_mind(experiment), experiment.steps)
    assert list(failed) == [1] and "RuntimeError: no rank" in failed[1][1]
    assert worlds[0].now == experiment.steps


def test_tables_side_by_side_grow_together_and_keep_what_they_hold() -> None:
    one, two = (Columns(a=(np.int64, 7), b=(np.float64, 0.0)) for _ in range(2))
    posts, others = Posts(8), Posts(8)
    beside = SideBySide([one, two], [posts, others])
    one.grow(3)
    one.a[1] = 1
    posts.add(id=np.arange(5), depth=np.arange(5))
    room = beside.room
    others.add(id=np.arange(room + 1))
    assert beside.room == 2 * room
    assert one.a.tolist() == [7, 1, 7] and posts.depth.tolist() == [0, 1, 2, 3, 4]
    columns, rows = beside.rows
    assert columns.a[beside.start[1]] == 7 and rows.id[beside.start[1] + room] == room
    two.grow(2)
    two.a[0] = 9
    assert columns.a[beside.start[1]] == 9
    apart = one.copied()
    apart.a[0] = 0
    assert one.a[0] == 7 and apart.beside is None


def test_a_sum_does_not_depend_on_what_is_summed_beside_it() -> None:
    lots = noise.uniform(3, "terms", 0, np.arange(16 * 400)).reshape(16, 400) - 0.5
    weights = noise.uniform(3, "weights", 0, np.arange(16)) - 0.5
    every = weighed(weights, lots.copy())
    assert np.allclose(every, weights @ lots)
    for count in (1, 2, 3, 7, 33, 100):
        some = weighed(weights, lots[:, 50 : 50 + count].copy())
        assert np.array_equal(some, every[50 : 50 + count])


def test_chance_of_many_worlds_is_that_of_each() -> None:
    ids, posts = np.array([4, 9, 4]), np.array([8, 3, 5, 8])
    keys, of = np.array([11, 11, 12], np.uint64), np.array([0, 1, 2, 2])
    found = noise.gumbel_of(keys, "attend", 2, ids, of, posts)
    for place, who in enumerate(of.tolist()):
        own = noise.gumbel(int(keys[who]), "attend", 2, ids[[who]], posts[[place]])
        assert found[place] == own[0, 0]
