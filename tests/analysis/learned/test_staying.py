"""How long members stay, and whom a place begins with: against planted lives, and in runs."""

import numpy as np
import polars as pl
import pytest

from tests.learned_law import forward, learned
from windtunnel.analysis.learned.forward.fit import LEAST_ALIKE, fitted_law
from windtunnel.analysis.learned.forward.rates import Clock
from windtunnel.analysis.learned.forward.staying import stay_of
from windtunnel.analysis.learned.record import CommunityRecord, record_of
from windtunnel.sim.communities.forum.learned.law import HABIT, law_of, stays_for
from windtunnel.sim.communities.forum.learned.memory import Memory
from windtunnel.sim.communities.forum.learned.past import core_of
from windtunnel.sim.experiment import Experiment, Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world

DAYS = 150


def a_place(stay: float, seed: int = 0) -> CommunityRecord:
    """Threads of members who came at even times, before the record too, write .4 posts a day each and leave after `stay` days on average."""
    draws = np.random.default_rng(seed)
    before = min(6 * stay, 3 * DAYS)
    rows = []
    for who, came in enumerate(draws.uniform(-before, DAYS, round(500 * (before + DAYS) / (stay + DAYS)))):
        left = came + draws.exponential(stay)
        begin, end = max(came, 0.0), min(left, DAYS)
        if end > begin:
            rows += [(f"u{who}", at) for at in draws.uniform(begin, end, draws.poisson(0.4 * (end - begin)))]
    rows.sort(key=lambda row: row[1])
    count = len(rows)
    return record_of(
        pl.DataFrame(
            {
                "post": np.arange(1, count + 1),
                "thread": np.arange(1, count + 1),
                "parent": pl.Series([None] * count, dtype=pl.Int64),
                "author": [who for who, _ in rows],
                "minute": [int(at * 1440) for _, at in rows],
                "kind": ["thread"] * count,
                "tone": ["civil"] * count,
            }
        )
    )


@pytest.mark.parametrize("stay", [25.0, 60.0])
def test_the_mean_stay_is_found_where_members_leave(stay: float) -> None:
    record = a_place(stay)
    assert stay_of(record, Clock(record)) == pytest.approx(stay, rel=0.25)


def test_where_nobody_leaves_the_stay_is_far_longer_than_the_record() -> None:
    record = a_place(100_000.0)
    assert stay_of(record, Clock(record)) > 5 * DAYS


def test_hours_of_staying_are_exponential() -> None:
    law = law_of({**forward(), "stay": 10.0})
    hours = stays_for(law, (np.arange(4000) + 0.5) / 4000)
    assert hours.mean() == pytest.approx(240, rel=0.01)
    assert (hours > 240).mean() == pytest.approx(np.exp(-1), abs=0.01)
    assert np.isinf(stays_for(law_of(forward()), np.array([0.2]))).all()


def test_the_core_tells_nobody_alone_and_counts_everybody_within_reach() -> None:
    record = a_place(40.0, seed=1)
    law = fitted_law(record)
    assert law.reach is not None and law.stay is not None
    assert min(group.members for group in law.core) >= LEAST_ALIKE
    hour, last = record.minute / 60, float(Clock(record).end)
    recent = np.unique(record.author[hour > last - law.reach])
    assert sum(group.members for group in law.core) == len(recent)
    past = core_of(law, 7, 1.0)
    assert past is not None
    assert past.members - 1 == pytest.approx(len(recent), rel=0.2)
    mean = sum(group.members * group.habit for group in law.core) / len(recent)
    people = past.memory.people
    now = people.habit[1:] * np.exp(people.last[1:] / (60 * 24))
    assert now.mean() == pytest.approx(mean, rel=0.2)
    assert core_of(law, 7, 0.0) is None


CORE = [
    {"members": 30, "opened": 4.0, "replied": 20.0, "habit": 10.0, "rest": 30.0},
    {"members": 20, "opened": 1.0, "replied": 1.0, "habit": 1.0, "rest": 200.0},
]


def who_came(tiny_experiment, **changed):  # type: ignore[no-untyped-def]
    """A day of the small place from its core alone, and how many of the core wrote."""
    law = {**forward(), "core": CORE, **changed.pop("law", {})}
    plain = tiny_experiment((), size=60, steps=24, seeds=1)
    community = {**plain.community, "learned": learned(weeks_before=0, **{"forward": law, **changed})}
    made = Experiment(
        community, plain.baseline, plain.policy, {"name": "learned"}, plain.draws, 1, 24, plain.root
    )
    world = make_world(made, Unit(0, 0, "baseline"))
    assert not lock_step([world], make_mind(made), 24)
    forum = world.community
    before = forum.members.before
    return before, int((np.unique(forum.posts.author) < before).sum())


def test_a_place_begins_with_its_core_unless_it_is_to_begin_with_nobody(tiny_experiment) -> None:
    before, wrote = who_came(tiny_experiment)
    assert before > 1 and wrote > 1
    assert who_came(tiny_experiment, core=False)[0] == 1


def test_who_left_or_was_silent_for_longer_than_the_record_knows_comes_no_more(tiny_experiment) -> None:
    _, stayed = who_came(tiny_experiment)
    before, left = who_came(tiny_experiment, law={"stay": 0.01})
    assert before > 1 and left <= 1 < stayed  # the one who sets the scene does not leave
    assert who_came(tiny_experiment, law={"reach": 10.0})[1] <= 1


def test_a_law_of_an_earlier_fit_is_run_by_all_acts_so_far() -> None:
    law = law_of(forward())
    old = forward()
    old["comes"] = {**old["comes"], "terms": [*law.comes.terms[:-1], "acts"]}
    rates = []
    for each in (law, law_of(old)):
        memory = Memory(each, 2)
        for hour in (-4000.0, -3000.0, -100.0):
            memory.acted(1, hour, True, -1, -1, -1)
        rates.append(float(memory.comes(np.array([1]), 0.0)[0]))
    habit = np.exp(-100 / HABIT) + np.exp(-3000 / HABIT) + np.exp(-4000 / HABIT)
    weight = law.comes.value[-1]
    assert rates[1] / rates[0] == pytest.approx((3 / (1 + habit)) ** weight, rel=1e-9)
