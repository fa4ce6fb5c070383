"""A forum of learned members: twins, policies, and that simulation and fit mean the same by every term."""

import numpy as np
import polars as pl
import pytest

from tests.learned_law import forward, learned
from windtunnel.analysis.learned.forward.rates import Clock, Rates
from windtunnel.analysis.learned.forward.replay import lived
from windtunnel.analysis.learned.record import record_of
from windtunnel.analysis.outcomes import Runs
from windtunnel.analysis.outcomes.forum import active_members
from windtunnel.analysis.outcomes.immovable import cannot_move
from windtunnel.policies.registry import off, policy_class, policy_names
from windtunnel.sim.communities.forum.learned.law import law_of, linear
from windtunnel.sim.communities.forum.learned.past import recorded
from windtunnel.sim.communities.forum.posts import VISIBLE, minutes_into_step
from windtunnel.sim.events import digest
from windtunnel.sim.experiment import Experiment, PolicySpec, Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import first_divergence, lock_step, make_world, run

START = 4


@pytest.fixture
def place(tiny_experiment):
    """Experiments of the small place with learned members."""

    def made(policy=(), *, steps=12, size=60, seeds=1, **changed) -> Experiment:
        plain = tiny_experiment(policy, size=size, steps=steps, seeds=seeds)
        community = {**plain.community, "learned": learned(**changed)}
        return Experiment(
            community,
            plain.baseline,
            plain.policy,
            {"name": "learned"},
            plain.draws,
            seeds,
            steps,
            plain.root,
        )

    return made


def lived_through(experiment: Experiment, arm: str = "baseline"):
    world = make_world(experiment, Unit(0, 0, arm))
    failed = lock_step([world], make_mind(experiment), experiment.steps)
    assert not failed, failed
    return world


def log(world) -> pl.DataFrame:
    return world.log.frame(0, 0, "any")


def spec(name: str, **more) -> list[PolicySpec]:
    return [PolicySpec(name, {**policy_class(name).test_parameters, **more}, f"my {name}")]


def test_the_baseline_run_twice_is_the_same_in_any_block(place) -> None:
    experiment = place(spec("slow_mode", hours=3), seeds=3, steps=8)
    one = {each.unit: each for block in run(experiment, make_mind, pairs_a_block=1) for each in block.runs}
    two = {each.unit: each for block in run(experiment, make_mind, pairs_a_block=3) for each in block.runs}
    assert {each.status for each in one.values()} == {"ok"}
    for unit, each in one.items():
        assert each.events_sha256 == two[unit].events_sha256
        if unit.arm == "aa":
            twin = one[unit._replace(arm="baseline")]
            assert first_divergence(twin.events, each.events) is None
            assert twin.members.drop("arm").equals(each.members.drop("arm"))
    assert sum(len(each.events) for each in one.values()) > 300


@pytest.mark.slow
def test_two_processes_give_what_one_gives(place) -> None:
    experiment = place(spec("slow_mode", hours=3), seeds=4, steps=8)
    one, two = (
        {
            each.unit: each.events_sha256
            for block in run(experiment, make_mind, jobs=jobs, pairs_a_block=2)
            for each in block.runs
        }
        for jobs in (1, 2)
    )
    assert one == two


@pytest.mark.parametrize("name", policy_names("forum"))
def test_twins_agree_until_a_policy_begins_and_who_the_members_are_it_never_touches(place, name) -> None:
    experiment = place(spec(name, start=START))
    if "forum" in policy_class(name).needs:
        with pytest.raises(ValueError, match="members are learned from a record, which tells nothing of it"):
            lived_through(experiment, "policy")
        return
    one, two = lived_through(experiment), lived_through(experiment, "policy")
    apart = first_divergence(log(one), log(two))
    assert apart is None or apart >= START
    for column in ("id", "joined", "persona", "phase", "opener"):
        assert np.array_equal(getattr(one.community.members, column), getattr(two.community.members, column))
    never = place(spec(name, start=START, stop=START))
    assert digest(log(lived_through(never, "policy"))) == digest(log(one))


def test_a_policy_that_its_parameters_switch_off_changes_nothing(place) -> None:
    plain = digest(log(lived_through(place(steps=6))))
    names = [name for name in policy_names("forum") if off(name) and "forum" not in policy_class(name).needs]
    assert {"slow_mode", "rule_reminder", "downrank_hostile"} <= set(names)
    for name in names:
        assert digest(log(lived_through(place(spec(name, **off(name)), steps=6), "policy"))) == plain, name


def test_seeds_share_who_was_there_before_and_draws_do_not(place) -> None:
    experiment = place(seeds=2)
    same, other = (
        make_world(experiment, Unit(0, 1, "baseline")),
        make_world(experiment, Unit(1, 0, "baseline")),
    )
    first = make_world(experiment, Unit(0, 0, "baseline"))
    before = first.community.members.before
    assert before == same.community.members.before and before > 20
    assert np.array_equal(first.community.posts.step, same.community.posts.step)
    assert not np.array_equal(first.community.members.joined, same.community.members.joined)
    assert before != other.community.members.before


def test_one_place_more_moves_nobody_elses_arrival(place) -> None:
    few, many = (make_world(place(size=size, weeks_before=0), Unit(0, 0, "baseline")) for size in (60, 61))
    ids = many.community.members.id
    theirs = ids[(ids == 0) | (ids % 10**9 != 60)]
    assert np.array_equal(few.community.members.id, theirs)


def test_nobody_answers_in_a_locked_thread_nor_what_is_gone(place) -> None:
    locked = lived_through(
        place([PolicySpec("thread_lock", {"heat": 0, "hours": 4.0, "evasion": 0.0}, "lock")]), "policy"
    )
    events = log(locked)
    assert events.filter(pl.col("kind") == "lock").height > 10
    since = events.filter(pl.col("kind") == "lock").group_by("place").agg(locked=pl.col("step").min())
    replies = events.filter(pl.col("kind") == "reply").join(since, on="place")
    assert replies.height and not replies.filter(pl.col("step") >= pl.col("locked")).height
    assert events.filter(pl.col("kind") == "post").height
    strict = {"detection": 1.0, "heated": 1.0, "false_positive": 1.0, "delay": 0.0}
    removing = lived_through(place([PolicySpec("remove_hostile", strict, "all")]), "policy")
    forum = removing.community
    gone = np.flatnonzero(forum.posts.state != VISIBLE)
    assert len(gone)
    when = dict(log(removing).filter(pl.col("kind") == "remove").select("target", "step").iter_rows())
    for row in np.flatnonzero(np.isin(forum.posts.parent, gone)).tolist():
        assert forum.posts.step[row] < when[int(forum.posts.id[forum.posts.parent[row]])]


def test_who_waits_or_is_sent_away_does_not_write(place) -> None:
    slow = lived_through(place(spec("slow_mode", hours=5), steps=16), "policy")
    wrote = log(slow).filter(pl.col("kind").is_in(["reply", "post"]) & (pl.col("status") == "done"))
    gaps = wrote.sort("member", "step").select(pl.col("step").diff().over("member")).drop_nulls().to_series()
    assert len(gaps) and gaps.min() >= 5
    free = log(lived_through(place(spec("slow_mode", hours=5), steps=16)))
    assert free.filter(pl.col("kind").is_in(["reply", "post"])).height > wrote.height
    strict = {
        "detection": 1.0,
        "heated": 1.0,
        "false_positive": 1.0,
        "warn_at": 1,
        "suspend_at": 2,
        "ban_at": 3,
    }
    world = lived_through(place([PolicySpec("graduated_sanctions", strict, "strict")], steps=20), "policy")
    banned = log(world).filter(pl.col("kind") == "ban").select(member="target", banned="step")
    after = log(world).filter(pl.col("kind").is_in(["reply", "post"])).join(banned, on="member")
    assert banned.height and not after.filter(pl.col("step") >= pl.col("banned")).height


def test_a_reminder_brings_newcomers_and_nothing_says_that_they_cannot_move(place) -> None:
    experiment = place([PolicySpec("rule_reminder", {"seen": 1.0}, "reminder")], steps=48)
    worlds = {arm: lived_through(experiment, arm) for arm in ("baseline", "policy")}

    def came(world) -> int:
        firsts = log(world).filter(pl.col("kind").is_in(["reply", "post"]) & (pl.col("member") >= 10**9))
        return firsts["member"].n_unique()

    ratio = came(worlds["policy"]) / came(worlds["baseline"])
    assert 1.3 < ratio < 2.1  # exp(.5) = 1.65, and what these newcomers call forth
    assert not cannot_move({"community": {"name": "forum"}, "mind": {"name": "learned"}})
    assert cannot_move({"community": {"name": "forum"}, "mind": {"name": "rules"}})
    counts = []
    for arm, world in worlds.items():
        runs = pl.DataFrame(
            {"draw": [0], "seed": [0], "arm": [arm]}, schema_overrides={"draw": pl.Int32, "seed": pl.Int32}
        )
        people = world.community.members.frame(
            0, 0, arm, tuple(p.name for p in world.community.scene.personas), 48
        )
        counts.append(active_members(Runs(runs, log(world), people))["value"][0])
    assert counts[1] > counts[0]


def test_a_downranked_thread_is_looked_at_less(place) -> None:
    parameters = {"detection": 1.0, "heated": 1.0, "false_positive": 1.0, "penalty": 50.0}
    experiment = place([PolicySpec("downrank_hostile", parameters, "down")], steps=48)
    experiment.community["settings"]["spark_step"] = None  # it would draw most of the answers
    answered = []
    for arm in ("baseline", "policy"):
        posts = lived_through(experiment, arm).community.posts
        root = posts.thread[posts.parent >= 0]
        age = (posts.step[posts.parent >= 0] - posts.step[root])[
            (posts.step[root] >= 0) & (posts.id[root] % 10 != 9)
        ]
        answered.append((age > 1).sum())  # a post is caught within the hour
    assert answered[0] > 50
    assert answered[1] < 0.8 * answered[0]


def test_ids_tell_the_moment_within_the_hour(place) -> None:
    forum = lived_through(place()).community
    new = np.flatnonzero(forum.posts.step >= 0)
    new = new[forum.posts.id[new] % 10 != 9]
    minutes = minutes_into_step(forum.posts.id[new], 1.0, 4)
    assert set(minutes.tolist()) == {0.0, 15.0, 30.0, 45.0}
    ends = forum.posts.step[new] * 60 + minutes + 15
    assert np.allclose(forum.memory.posts.hour[new] * 60, ends)


def a_record(world) -> pl.DataFrame:
    """What a world wrote, with the columns of posts.parquet, minutes from its first post on."""
    posts = world.community.posts
    minute = np.round(world.community.memory.posts.hour * 60).astype(int)
    minute -= minute.min()
    names = np.array([f"u{author:05d}" for author in posts.author], object)
    names[world.community.memory.people.unnamed[posts.author]] = None
    order = np.lexsort((np.arange(len(posts)), minute))
    place = np.empty(len(posts), int)
    place[order] = np.arange(len(posts))
    return pl.DataFrame(
        {
            "post": place + 1,
            "thread": place[posts.thread] + 1,
            "parent": [None if up < 0 else int(place[up]) + 1 for up in posts.parent],
            "kind": np.where(posts.parent < 0, "thread", "reply"),
            "author": names.tolist(),
            "role": "member",
            "minute": minute,
            "tone": "civil",
            "status": "visible",
        }
    ).sort("post")


def test_a_law_of_an_earlier_fit_is_simulated_as_it_was(place) -> None:
    """Debts had three terms less: the same as with coefficients of 0."""
    now, earlier = forward(), forward()
    owes = now["owes"]
    owes["value"] = [*owes["value"][:-3], 0.0, 0.0, 0.0]
    earlier["owes"] = owes | {key: owes[key][:-3] for key in ("terms", "value", "error", "cap")}
    one, two = (lived_through(place(forward=law)) for law in (now, earlier))
    assert digest(log(one)) == digest(log(two))


def test_simulation_and_fit_mean_the_same_by_debts_rests_and_counts(place) -> None:
    """Two ways to the same rates: the memory that a run keeps, and the tables that the fit makes of a record."""
    table = a_record(lived_through(place(steps=60)))
    law = law_of(forward())
    minute = int(table["minute"].max()) + 30
    past = recorded(law, table, minute, 1.0)
    record = record_of(table)
    life = lived(record, np.ones(len(record), bool))
    rates = Rates(record, life, Clock(record))
    now = minute / 60
    open_ = np.flatnonzero((rates.until > now) & (rates.since <= now))
    memory = past.memory
    memory.forget(0.0)
    assert memory.debts.open.sum() == len(open_) > 20
    theirs = np.sort(np.exp(linear(law.owes, rates.owes_terms(open_, np.full(len(open_), now)))))
    ours = np.sort(memory.owes(np.flatnonzero(memory.debts.open), 0.0))
    assert np.allclose(ours, theirs, rtol=0.02)
    who = np.unique(life.member)
    theirs = np.sort(np.exp(linear(law.comes, rates.comes_terms(who, np.full(len(who), now)))))
    ours = np.sort(memory.comes(np.flatnonzero(memory.people.acts > 0), 0.0))
    assert np.allclose(ours, theirs, rtol=0.02)
