"""Being answered wakes a member, once, and less and less as the hours go by."""

import numpy as np
import pytest
from scipy.integrate import quad

from windtunnel.sim.communities.forum.once import Once
from windtunnel.sim.communities.forum.posts import REMOVED
from windtunnel.sim.communities.forum.waking import HORIZON, answer_hazard, hazard_scale
from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world

BACK = {"answer_back": 0.4, "answer_delay": 0.5}


def test_the_hazard_adds_up_to_the_share_that_is_answered(tiny_experiment):
    profile = tiny_experiment(rates=BACK).builder().profile
    hours = np.arange(1.0, HORIZON + 1)
    assert -np.expm1(-answer_hazard(profile, hours, 1.0).sum()) == pytest.approx(0.4)
    whole = quad(lambda u: hazard_scale(profile) / (0.5 + u), 3, 5)[0]
    assert answer_hazard(profile, np.array([5.0]), 2.0)[0] == pytest.approx(whole)
    assert answer_hazard(profile, np.array([HORIZON + 1]), 1.0)[0] == 0
    assert (answer_hazard(tiny_experiment().builder().profile, hours, 1.0) == 0).all(), (
        "a profile without the law"
    )


def test_who_is_answered_comes_in_more_often_until_it_has_answered(tiny_experiment):
    world = make_world(tiny_experiment(rates=BACK), Unit(0, 0, "baseline"))
    world.begin_step()
    forum, nothing = world.community, np.zeros(1)
    opener = int(forum.posts.author[0])
    before = forum.comes_in(1, 1.0)
    reply = forum._write(0, np.array([5]), np.array([0]), nothing, nothing)
    woken = forum.comes_in(1, 1.0)
    assert woken[opener] > before[opener] and (np.delete(woken, opener) == np.delete(before, opener)).all()
    assert forum.comes_in(9, 1.0)[opener] < woken[opener]
    assert forum._own_items(np.array([opener]))[0].items.tolist() == reply.tolist()
    forum.posts.state[reply] = REMOVED
    assert (forum.comes_in(1, 1.0) == before).all(), "nobody comes for what is gone"
    forum.posts.state[reply] = 0
    again = forum._write(1, np.array([opener]), reply, nothing, nothing)
    assert forum.owes[opener] == -1 and forum.owes[5] == again[0]
    assert (np.delete(forum.comes_in(2, 1.0), 5) == np.delete(before, 5)).all()


def test_people_answer_each_other_back_where_answers_wake(tiny_experiment):
    """The share of replies of the first day that are answered by whom they answered, in two days."""
    backs = []
    for law in ({}, BACK):
        rates = {"posts_per_member_day": 0.5, "leave_per_day": 0.01, "arrivals_per_member_day": 0.01} | law
        experiment = tiny_experiment(size=600, steps=72, rates=rates)
        world = make_world(experiment, Unit(0, 0, "baseline"))
        lock_step([world], make_mind(experiment), 72)
        posts = world.community.posts
        replies = np.flatnonzero((posts.parent >= 0) & (posts.step < 24))
        back = np.flatnonzero((posts.parent >= 0) & (posts.author == posts.answered[posts.parent]))
        backs.append(np.isin(replies, posts.parent[back]).mean())
    assert backs[0] < backs[1] == pytest.approx(0.4, abs=0.1)


def test_nobody_votes_or_reports_twice_on_one_post(tiny_experiment):
    rates = {"upvote_share": 0.3, "downvote_share": 0.1, "report_share": 0.1, "active_post_share": 0.2}
    experiment = tiny_experiment(size=12, steps=60, rates=rates | {"leave_per_day": 0.01})
    world = make_world(experiment, Unit(0, 0, "baseline"))
    lock_step([world], make_mind(experiment), 60)
    log = world.log.frame(0, 0, "baseline")
    for kinds in (["upvote", "downvote"], ["report"]):
        acts = log.filter(log["kind"].is_in(kinds))
        assert len(acts) > 20 and not acts.select("member", "target").is_duplicated().any()


def test_pairs_are_remembered_as_in_a_set():
    rng, once, known = np.random.default_rng(1), Once(), set()
    for _ in range(30):
        members, posts = rng.integers(0, 9, 6), rng.integers(-1, 9, 6)
        pairs = list(zip(members.tolist(), posts.tolist(), strict=True))
        assert once.has(members, posts).tolist() == [pair in known for pair in pairs]
        kept = posts >= 0
        once.add(members[kept], posts[kept])
        known |= {pair for pair in pairs if pair[1] >= 0}


def test_heat_is_a_share_that_knows_no_size(tiny_experiment):
    """Twice as many replies of the same tones make a thread no hotter, but surer."""
    felt = []
    for copies in (1, 10, 100):
        world = make_world(tiny_experiment(size=500), Unit(0, 0, "baseline"))
        world.begin_step()
        tones = np.tile([0, 0, 2, 0], copies)
        authors, none = np.arange(10, 10 + len(tones)), np.zeros(len(tones))
        world.community._write(0, authors, np.zeros(len(tones), int), tones, none)
        features = [feature.name for feature in world.community.scene.features]
        felt.append(world.community._measure(np.array([2]), np.array([0]), 1)[0, features.index("heat")])
    assert felt == pytest.approx([1 / 6, 10 / 42, 100 / 402]) and max(felt) < 0.25
