import numpy as np
import pytest

from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world


def told_to(tiny_experiment, seen: float) -> tuple[np.ndarray, np.ndarray]:
    """Whether each active member of the sixth step was told of the pin, and who they are."""
    experiment = tiny_experiment([("rule_reminder", {"seen": seen})], size=2_000)
    world = make_world(experiment, Unit(0, 0, "policy"))
    lock_step([world], make_mind(experiment), 5)
    world.begin_step()
    world.ask()
    return world._view.feature("reminder"), world.community.members.id[world._view.rows]


def told(tiny_experiment, seen: float) -> np.ndarray:
    return told_to(tiny_experiment, seen)[0]


def test_the_share_who_notice_the_pin_are_told_of_it(tiny_experiment):
    assert told(tiny_experiment, 1.0).all() and not told(tiny_experiment, 0.0).any()
    some = told(tiny_experiment, 0.3)
    assert some.mean() == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / len(some)))


def test_whoever_notices_at_a_low_share_notices_at_a_higher(tiny_experiment):
    low, at_low = told_to(tiny_experiment, 0.3)
    high, at_high = told_to(tiny_experiment, 0.6)
    both, here, there = np.intersect1d(at_low, at_high, return_indices=True)
    assert len(both) > 0.9 * len(at_low)  # an answer may wake somebody in one world alone
    assert (low[here] <= high[there]).all()


def test_the_pin_makes_hostile_answers_rarer_for_the_rules(tiny_experiment):
    """Odds against lurking fall by the cited 0.438 on the log scale."""
    experiment = tiny_experiment(["rule_reminder"])
    logs = {}
    for arm in ("baseline", "policy"):
        world = make_world(experiment, Unit(0, 0, arm))
        world.community.members.rate[:] = 60.0
        world.begin_step()
        logs[arm] = make_mind(experiment).decide([world.ask()])[0]
        hostile, lurk = (world.community.scene.actions.column(name) for name in ("reply_hostile", "lurk"))
    odds = {arm: rows[:, hostile] - rows[:, lurk] for arm, rows in logs.items()}
    assert odds["policy"] - odds["baseline"] == pytest.approx(-0.438)
