import polars as pl

from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world


def test_every_hot_thread_is_answered_at_once_if_all_volunteer(tiny_experiment):
    experiment = tiny_experiment([("counterspeech", {"heat": 0.5, "share": 1.0, "hours": 2})], size=60)
    world, mind = make_world(experiment, Unit(0, 0, "policy")), make_mind(experiment)
    posts = world.community.posts
    told = 0
    for _ in range(12):
        world.begin_step()
        assert (posts.calmed_until[posts.roots()][posts.heat[posts.roots()] >= 0.5] > world.now).all()
        asked = world.ask()
        thread = posts.thread[world._view.focus]
        calmed = (world._view.focus >= 0) & (posts.calmed_until[thread] > world.now)
        assert (world._view.feature("counterspeech") == calmed).all()
        told += int(calmed.sum())
        world.set_log_probs(mind.decide([asked])[0])
        world.step()
    assert told > 20


def test_nobody_answers_if_nobody_volunteers(tiny_experiment, tiny_world):
    world = tiny_world(tiny_experiment([("counterspeech", {"heat": 0.5, "share": 0.0})], size=60))
    assert not len(world.log.frame(0, 0, "any").filter(kind="counterspeech"))


def test_a_thread_is_not_answered_again_while_the_call_stands(tiny_experiment):
    experiment = tiny_experiment([("counterspeech", {"heat": 0.5, "share": 1.0, "hours": 3})], size=60)
    world = make_world(experiment, Unit(0, 0, "policy"))
    lock_step([world], make_mind(experiment), 12)
    calls = world.log.frame(0, 0, "any").filter(kind="counterspeech").sort("place", "step")
    again = calls.select(pl.col("step").diff().over("place")).drop_nulls().to_series()
    assert len(again) > 2 and again.min() >= 3
