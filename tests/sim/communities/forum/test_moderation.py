import numpy as np
import polars as pl
import pytest

from windtunnel.sim.communities.forum.posts import HELD, REMOVED, VISIBLE
from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world


@pytest.fixture
def busy(tiny_experiment):
    """A forum after six busy hours, its seventh begun, and moderators without limit."""
    experiment = tiny_experiment(settings={"actions_per_moderator_hour": 1000})
    world = make_world(experiment, Unit(0, 0, "baseline"))
    lock_step([world], make_mind(experiment), 6)
    world.begin_step()
    return world


def acts(world) -> pl.DataFrame:
    return world.log.frame(0, 0, "any").filter(step=world.now, policy="desk")


def test_attention_is_one_moderator_at_least_unless_there_are_none(tiny_experiment):
    def attention(size: int, hours: float = 1, **changed: float) -> int:
        return tiny_experiment(size=size, settings=changed).builder().settings.attention(hours)

    assert attention(10) == attention(100) == 12 and attention(300) == 36
    assert attention(100, hours=0.5) == 6
    assert attention(100, moderators_per_100=0) == attention(100, actions_per_moderator_hour=0) == 0


def test_moderators_get_to_the_most_reported_first_then_to_the_oldest(busy):
    desk, posts = busy.community.moderation, busy.community.posts
    waiting = np.arange(len(posts))[::-1]
    posts.reports[waiting] = 0
    posts.reports[[12, 15]] = 2, 1
    desk.left = 4
    taken = desk.take(waiting)
    oldest = np.lexsort((posts.id, posts.step))
    assert set(taken) == {12, 15, *[row for row in oldest if row not in (12, 15)][:2]}
    assert desk.left == 0 and len(desk.take(waiting)) == 0
    desk.open_step()
    assert desk.left == 1000


def test_removing_a_post_twice_is_done_and_logged_once(busy):
    forum = busy.community
    reply = np.flatnonzero(forum.posts.parent >= 0)[:1]
    thread = forum.posts.thread[reply]
    size = forum.posts.size[thread].copy()
    assert forum.moderation.remove(busy, reply, "desk").tolist() == reply.tolist()
    assert len(forum.moderation.remove(busy, reply, "desk")) == 0
    assert forum.posts.state[reply] == REMOVED and forum.posts.size[thread] == size - 1
    assert acts(busy).select("kind", "target").rows() == [("remove", forum.posts.id[reply[0]])]


def test_approving_lets_a_held_post_appear_now_and_leaves_others_alone(busy):
    forum = busy.community
    posts = forum.posts
    reply = np.flatnonzero(posts.parent >= 0)[:1]
    thread, size, heat = posts.thread[reply], posts.size.copy(), posts.heat.copy()
    forum.vanish(reply, busy.now)
    posts.state[reply] = HELD
    posts.tone[reply] = 2
    cooled = posts.heat[thread].copy()
    forum.moderation.approve(busy, np.append(reply, 0), "desk")
    assert posts.state[reply] == VISIBLE and posts.step[reply] == busy.now
    assert np.array_equal(posts.size, size) and posts.heat[thread] == cooled + 1
    assert (np.delete(posts.heat, thread) == np.delete(heat, thread)).all()
    assert acts(busy)["kind"].to_list() == ["approve"]


def test_a_suspension_ends_and_a_ban_does_not(busy):
    forum, members = busy.community, busy.community.members
    forum.moderation.suspend(busy, np.array([3]), 4.0, "desk")
    forum.moderation.ban(busy, np.array([4]), "desk")
    here = [members.present(busy.now + hours)[[3, 4]].tolist() for hours in (0, 3, 4)]
    assert here == [[False, False], [False, False], [True, False]]
    forum.moderation.suspend(busy, np.array([3]), 1.0, "desk")
    assert not members.present(busy.now + 3)[3], "a shorter suspension does not cut a longer one"


def test_a_new_account_is_a_newcomer_who_may_act(busy):
    forum, members = busy.community, busy.community.members
    regular = np.flatnonzero((members.newcomer_until <= busy.now) & members.present(busy.now))[:1]
    forum.moderation.warn(busy, regular, 24.0, "desk")
    forum.moderation.ban(busy, regular, "desk")
    forum.moderation.new_account(busy, regular, "desk")
    assert members.present(busy.now)[regular] and members.newcomer_until[regular] > busy.now
    assert forum.warned_until[regular] <= busy.now
    assert acts(busy)["kind"].to_list() == ["warn", "ban", "evade"]


def test_an_author_says_it_again_elsewhere_once_a_step(busy):
    forum, posts = busy.community, busy.community.posts
    here = forum.members.present(busy.now)
    reply = next(row for row in np.flatnonzero(posts.parent >= 0) if here[posts.author[row]])
    author, before, tone = posts.author[reply], len(posts), posts.tone[reply]
    own = np.flatnonzero(posts.author == author)
    forum.moderation.repost(busy, np.append(own, reply), "desk")
    forum.moderation.repost(busy, np.array([reply]), "other desk")
    new = np.flatnonzero(forum.posts.author == author)[len(own) :]
    assert new.tolist() == [before] and forum.posts.tone[before] in posts.tone[own] and tone >= 0
    assert acts(busy).select("kind", "status").rows() == [("reply", "evaded")]


def test_somebody_who_has_left_says_nothing_again(busy):
    forum, posts = busy.community, busy.community.posts
    replies = np.flatnonzero(posts.parent >= 0)
    forum.members.left[posts.author[replies[:2]]] = busy.now
    forum.moderation.repost(busy, replies[:2], "desk")
    assert len(forum.posts) == len(posts) and not len(acts(busy))


def test_elsewhere_is_an_open_visible_thread_other_than_the_posts_own(busy):
    forum, posts = busy.community, busy.community.posts
    roots = posts.roots()
    there = forum.moderation.other_threads(busy, roots)
    assert (there != roots).all() and (posts.parent[there] < 0).all()
    best, second = there[1] if there[1] != there[0] else there[2], there[0]
    posts.locked_until[best] = busy.now + 1
    assert best not in forum.moderation.other_threads(busy, roots)
    forum.moderation.lock(busy, roots, busy.now + 1, "desk")
    assert (forum.moderation.other_threads(busy, roots) == -1).all() and second in roots
