from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from windtunnel.sim.communities.forum.posts import HELD, HOSTILE, SET_UP, VISIBLE
from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import make_world

POLICIES = {
    "slow_mode": {"hours": 2},
    "thread_lock": {"heat": 1, "hours": 3, "evasion": 0.5},
    "remove_hostile": {"detection": 1.0, "heated": 0.5, "delay": 1, "evasion": 0.5},
    "graduated_sanctions": {"detection": 1.0, "heated": 1.0, "suspend_hours": 3, "ban_at": 3, "evasion": 0.3},
    "premoderate_newcomers": {"delay": 1},
    "reconsider_prompt": {"cancel": 0.3, "soften": 0.5},
    "counterspeech": {"heat": 0.5},
    "downrank_hostile": {},
    "rule_reminder": {},
}
WEIGHT = {"civil": 0.0, "heated": 0.5, "hostile": 1.0}
SPAN = {"suspend": 3, "lock": 3}
HALF_LIFE = 4.0

whole_run = settings(max_examples=25)
schedules = st.lists(st.sampled_from(sorted(POLICIES)), unique=True, max_size=4)


def watched(experiment, look, steps=12):
    """Step a world to its end; after each step, `look(world, view, choice)` at what it has become."""
    world, mind = make_world(experiment, Unit(0, 0, "policy")), make_mind(experiment)
    for _ in range(steps):
        world.begin_step()
        rows = mind.decide([world.ask()])[0]
        view = world._view
        world.set_log_probs(rows)
        world.step()
        look(world, view)
    return world, world.log.frame(0, 0, "policy")


def scheduled(tiny_experiment, names, size, root):
    return tiny_experiment([(name, POLICIES[name]) for name in names], size=size, root=root)


def shown_posts(events: pl.DataFrame) -> dict[int, tuple[int, int, str]]:
    """From the log alone: id of each post visible in the end -> thread, step it appeared, tone."""
    there: dict[int, tuple[int, int, str]] = {}
    for row in events.iter_rows(named=True):
        key, value = row["target"], (row["place"], row["step"], row["tone"])
        written = row["kind"] in ("reply", "post", "open", "spark") and row["status"] in ("done", "evaded")
        if written or row["kind"] == "approve":
            there[key] = value
        elif row["kind"] == "remove":
            there.pop(key, None)
    return there


@whole_run
@given(names=schedules, size=st.integers(5, 60), root=st.integers(0, 10**6))
def test_the_forums_counts_equal_a_recount_after_each_step(tiny_experiment, names, size, root):
    def recount(world, view):
        posts = world.community.posts
        visible = [row for row in range(len(posts)) if posts.state[row] == VISIBLE]
        replies, sizes = [0] * len(posts), [0] * len(posts)
        for row in visible:
            if posts.parent[row] >= 0:
                replies[posts.parent[row]] += 1
                sizes[posts.thread[row]] += 1
        assert posts.replies.tolist() == replies and posts.size.tolist() == sizes
        assert len(set(posts.id.tolist())) == len(posts)
        for row in range(len(posts)):
            parent = posts.parent[row]
            if parent < 0:
                assert posts.thread[row] == row and posts.depth[row] == 0
            else:
                assert (
                    posts.thread[row] == posts.thread[parent] and posts.depth[row] == posts.depth[parent] + 1
                )

    watched(scheduled(tiny_experiment, names, size, root), recount)


@whole_run
@given(names=schedules, size=st.integers(5, 60), root=st.integers(0, 10**6))
def test_the_event_log_alone_gives_sizes_heat_votes_and_reports(tiny_experiment, names, size, root):
    def recount(world, view):
        posts, log = world.community.posts, world.log.frame(0, 0, "policy")
        heat, sizes = dict.fromkeys(posts.id.tolist(), 0.0), dict.fromkeys(posts.id.tolist(), 0)
        for key, (place, step, tone) in shown_posts(log).items():
            if key != place:
                heat[place] += WEIGHT[tone] * 0.5 ** ((world.now - 1 - step) / HALF_LIFE)
                sizes[place] += 1
        assert posts.heat.min() >= 0
        assert posts.heat == pytest.approx(list(heat.values()), abs=1e-9)
        assert posts.size.tolist() == list(sizes.values())
        counted = Counter(log.select("kind", "target").iter_rows())
        for row, key in enumerate(posts.id.tolist()):
            assert posts.score[row] == counted["upvote", key] - counted["downvote", key]
            assert posts.reports[row] == counted["report", key]

    watched(scheduled(tiny_experiment, names, size, root), recount, steps=8)


@whole_run
@given(names=schedules, size=st.integers(5, 60), root=st.integers(0, 10**6))
@example(names=[], size=5, root=755)
def test_who_and_what_is_shut_out_stays_out(tiny_experiment, names, size, root):
    """From the log: no reply in a locked thread, no act of a suspended, banned or departed member."""

    def nothing_hidden_is_seen(world, view):
        posts = world.community.posts
        # the step just applied may only have added posts, so the states are those that were seen
        items = view.seen.items()
        seen = items[items >= 0]
        assert (posts.state[seen] == VISIBLE).all()
        focus = view.focus[view.focus >= 0]
        rows = view.rows[view.focus >= 0]
        assert (posts.author[focus] != rows).all(), "nobody attends to an own post"

    world, events = watched(scheduled(tiny_experiment, names, size, root), nothing_hidden_is_seen)
    locked: dict[int, int] = {}
    away: dict[int, int] = {}
    for row in events.iter_rows(named=True):
        step, kind, target, member = row["step"], row["kind"], row["target"], row["member"]
        if kind == "lock":
            locked[target] = step + SPAN["lock"]
        elif kind == "reply" and row["status"] != "cancelled":
            assert locked.get(row["place"], 0) <= step, "a reply in a locked thread"
        if kind == "suspend":
            away[target] = step + SPAN["suspend"]
        elif kind == "ban":
            away[target] = 10**6
        elif kind == "evade":
            away.pop(target)
        elif member is not None:
            assert away.get(member, 0) <= step, "an act of a member who is shut out"
            if kind == "leave":
                away[member] = 10**6
    here = world.community.members
    assert events["member"].drop_nulls().is_in(here.id.tolist()).all()


@whole_run
@given(size=st.integers(5, 60), root=st.integers(0, 10**6))
def test_held_posts_are_seen_by_nobody_until_approved(tiny_experiment, size, root):
    experiment = scheduled(tiny_experiment, ["premoderate_newcomers"], size, root)
    _, events = watched(experiment, lambda *_: None)
    waiting: set[int] = set()
    for row in events.iter_rows(named=True):
        if row["status"] == "held":
            waiting.add(row["target"])
        elif row["kind"] in ("approve", "remove"):
            waiting.discard(row["target"])
        elif row["kind"] in ("upvote", "downvote", "report"):
            assert row["target"] not in waiting
        elif row["kind"] == "reply":
            assert row["place"] not in waiting, "a reply in a thread that nobody can see"


def test_a_posts_id_tells_author_step_and_ordinal(tiny_experiment):
    world, events = watched(tiny_experiment(), lambda *_: None)
    wrote = events.filter(pl.col("kind").is_in(["reply", "post"]))
    assert (wrote["target"] == wrote["member"] * 100_000 + wrote["step"] * 10).all()
    scene = events.filter(pl.col("kind").is_in(["open", "spark"]))
    assert (scene["target"] % 10 == SET_UP).all() and len(scene) == 9


def test_the_spark_opens_a_heated_thread_at_its_step_and_null_means_none(tiny_experiment):
    _, events = watched(tiny_experiment(settings={"spark_step": 3}), lambda *_: None)
    assert events.filter(kind="spark").select("step", "tone").rows() == [(3, "heated")]
    _, events = watched(tiny_experiment(settings={"spark_step": None}), lambda *_: None)
    assert not len(events.filter(kind="spark"))


def test_heat_halves_in_its_half_life(tiny_experiment):
    world = make_world(tiny_experiment(rates={"posts_per_member_day": 0.0}), Unit(0, 0, "baseline"))
    world.begin_step()
    world.community.posts.heat[0] = 8.0
    for hour in range(1, 9):
        world.now = hour
        world.community.open_step(world)
    assert world.community.posts.heat[0] == pytest.approx(2.0)


def test_what_was_seen_is_counted_once_for_each_item(tiny_experiment):
    seen = np.zeros((0, 3), int)

    def count(world, view):
        nonlocal seen
        members, posts = world.community.members, world.community.posts
        if not len(seen):
            seen = np.zeros((len(members), 3), int)
        for row, items in zip(view.rows, view.seen.items(), strict=True):
            for item in items:
                if item >= 0:
                    seen[row, posts.tone[item]] += 1

    world, _ = watched(tiny_experiment(), count)
    assert np.array_equal(world.community.members.exposures, seen) and seen[:, HOSTILE].sum() > 0


def test_more_steps_than_post_ids_can_hold_are_refused(tiny_experiment):
    with pytest.raises(ValueError, match="steps is 10001; a forum's post ids have room for 10000"):
        make_world(
            tiny_experiment(steps=10_001, rates={"arrivals_per_member_day": 0.0}), Unit(0, 0, "baseline")
        )


def test_a_wrong_setting_is_refused_by_name(tiny_experiment):
    for key, value in {"feed_items": 0, "heat_half_life": 0, "colour": 1}.items():
        with pytest.raises(ValueError, match=rf"^community(\.settings)?\.{key} is {value}"):
            tiny_experiment(settings={key: value}).builder()


def test_a_quiet_place_stays_quiet(tiny_experiment):
    experiment = tiny_experiment(rates={"posts_per_member_day": 0.0, "arrivals_per_member_day": 0.0})
    world, events = watched(experiment, lambda *_: None)
    assert set(events["kind"]) == {"open", "spark"} and world.decisions == 0
    assert (world.community.posts.state != HELD).all()
