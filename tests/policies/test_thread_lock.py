import polars as pl
import pytest

HOT = {"heat": 1, "hours": 4}


def events(tiny_experiment, tiny_world, **given) -> pl.DataFrame:
    experiment = tiny_experiment([("thread_lock", HOT | given)], size=60)
    return tiny_world(experiment).log.frame(0, 0, "any")


def locked(log: pl.DataFrame) -> dict[int, list[int]]:
    """Threads and the steps at which they were locked."""
    rows = log.filter(kind="lock").group_by("place").agg("step")
    return {place: sorted(steps) for place, steps in rows.rows()}


def test_a_locked_thread_gets_no_reply_until_the_lock_ends(tiny_experiment, tiny_world):
    log = events(tiny_experiment, tiny_world)
    shut = {
        (place, step + hour) for place, steps in locked(log).items() for step in steps for hour in range(4)
    }
    assert len(shut) > 10
    assert not shut & set(log.filter(kind="reply").select("place", "step").iter_rows())
    for steps in locked(log).values():
        assert all(later - earlier >= 4 for earlier, later in zip(steps, steps[1:], strict=False))


def test_without_evasion_no_reply_goes_elsewhere(tiny_experiment, tiny_world):
    log = events(tiny_experiment, tiny_world)
    assert set(log.filter(policy="thread_lock")["kind"]) == {"lock"}


def test_evaders_answer_in_another_open_thread_or_open_one(tiny_experiment, tiny_world):
    log = events(tiny_experiment, tiny_world, evasion=1.0)
    moved = log.filter(pl.col("policy") == "thread_lock", pl.col("kind") != "lock")
    assert set(moved["kind"]) <= {"reply", "post"} and len(moved) > 3
    shut = {
        (place, step + hour) for place, steps in locked(log).items() for step in steps for hour in range(4)
    }
    assert not shut & set(log.filter(kind="reply").select("place", "step").iter_rows())


@pytest.mark.parametrize("order", [("thread_lock", "slow_mode"), ("slow_mode", "thread_lock")])
def test_evaders_wait_like_everybody_under_slow_mode(tiny_experiment, tiny_world, order):
    given = {"thread_lock": HOT | {"evasion": 1.0}, "slow_mode": {"hours": 3}}
    experiment = tiny_experiment([(name, given[name]) for name in order], size=60)
    wrote = tiny_world(experiment).log.frame(0, 0, "any").filter(pl.col("kind").is_in(["reply", "post"]))
    assert wrote.sort("member", "step").select(pl.col("step").diff().over("member")).min().item() >= 3


def test_heat_zero_locks_every_thread_at_once(tiny_experiment, tiny_world):
    log = events(tiny_experiment, tiny_world, heat=0, hours=24)
    assert len(log.filter(kind="reply")) == 0
    assert len(log.filter(kind="lock", step=0)) == 8
