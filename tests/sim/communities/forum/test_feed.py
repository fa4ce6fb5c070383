import numpy as np
import pytest

from windtunnel.sim import noise
from windtunnel.sim.communities.forum import feed
from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.posts import REMOVED, VISIBLE, Posts
from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world


def board(parents: list[int], **columns) -> Posts:
    """Posts that answer these rows (-1 opens a thread), each by an author of its own."""
    posts, count = Posts(capacity=2), len(parents)
    thread = [row if parent < 0 else 0 for row, parent in enumerate(parents)]
    given = {"step": np.zeros(count), "state": np.full(count, VISIBLE), "appeal": np.zeros(count)} | columns
    posts.add(
        id=np.arange(count) + 100,
        author=np.arange(count),
        parent=np.array(parents),
        thread=np.array(thread),
        **given,
    )
    return posts


LAW = feed.Law(growth=1.5, decay=2.0, recency=0.5)


def test_pull_grows_with_replies_falls_with_age_and_silence_and_hides_what_is_gone():
    posts = board([-1, 0, -1, 0], step=np.array([0, 3, 3, 3]), state=np.array([0, 0, 0, REMOVED]))
    posts.size[0], posts.replies[0], posts.replies[1], posts.appeal[2] = 4, 1, 2, 0.25
    posts.last[0] = 2
    expected = [
        1.5 * np.log(5) - 2 * np.log(3) - 0.5 * np.log(2),
        -2.5 * np.log(1.5),
        0.25 - 2.5 * np.log(1.5),
        -np.inf,
    ]
    assert feed.pull(posts, 4, 0.5, LAW) == pytest.approx(expected)


def test_a_thread_draws_no_more_by_replies_beyond_the_first_few():
    posts = board([-1, -1, -1])
    posts.size[:] = [feed.GROWTH_ENDS - 1, feed.GROWTH_ENDS, 5000]
    pull = feed.pull(posts, 4, 0.5, LAW)
    assert pull[0] < pull[1] == pull[2]


def test_the_ranking_takes_opening_posts_and_replies_in_turn_strongest_first():
    posts = board([-1, -1, -1, 0, 0, 0])
    strength = np.array([1.0, 3.0, 2.0, 9.0, -np.inf, 7.0])
    assert feed.ranking(posts, strength, 4).tolist() == [1, 3, 2, 5]
    assert feed.ranking(posts, strength, 3).tolist() == [1, 3, 2]
    assert feed.ranking(posts, strength, 10).tolist() == [1, 3, 2, 5, 0]
    assert feed.ranking(board([-1, -1, -1]), strength[:3], 3).tolist() == [1, 2, 0]


def test_the_ranking_equals_a_plain_sort_on_many_posts():
    rng = np.random.default_rng(3)
    posts = board([-1, *np.where(rng.random(499) < 0.3, -1, 0)])
    strength = rng.normal(size=500)
    opening = [row for row in np.argsort(-strength) if posts.parent[row] < 0][:4]
    replies = [row for row in np.argsort(-strength) if posts.parent[row] >= 0][:4]
    ranked = feed.ranking(posts, strength, 8)
    assert [set(ranked[turn : turn + 2]) for turn in (0, 2, 4, 6)] == [
        set(pair) for pair in zip(opening, replies, strict=True)
    ]


def test_balance_gives_opening_posts_their_share_of_looks():
    posts = board([-1, -1, 0, 0, 0])
    strength = np.array([0.3, 2.0, 1.0, -1.0, 4.0])
    feeds = np.array([np.arange(5), [0, 1, NOTHING, NOTHING, NOTHING], [1, 4, 2, NOTHING, NOTHING]])
    balance = feed.balance(posts, feeds, strength, 0.42)
    looks = np.exp(strength + np.where(posts.parent < 0, *balance[0, ::-1]))
    assert looks[:2].sum() == pytest.approx(0.42) and looks.sum() == pytest.approx(1)
    assert balance[1].tolist() == [0.0, 0.0], "a feed of one kind alone"
    looks = np.exp(strength + np.where(posts.parent < 0, *balance[2, ::-1]))
    assert looks[1] == pytest.approx(0.42) and looks[[2, 4]].sum() == pytest.approx(0.58)


def test_each_post_falls_to_one_feed_and_each_feed_shows_both_kinds():
    rng = np.random.default_rng(2)
    posts = board([-1, *np.where(rng.random(999) < 0.4, -1, 0)])
    strength = rng.normal(size=1000)
    lots = dict(zip(posts.id.tolist(), rng.random(1000).tolist(), strict=True))
    feeds = feed.dealt(posts, strength, 8, lambda ids: np.array([lots[each] for each in ids.tolist()]), 50)
    shown = feeds[feeds >= 0]
    assert feeds.shape == (50, 8) and len(set(shown)) == len(shown) > 300
    number = np.repeat(np.arange(50), 8)[feeds.ravel() >= 0]
    assert (number == np.array([int(50 * lots[row + 100]) for row in shown])).all()
    for kind, columns in ((posts.parent < 0, slice(0, 4)), (posts.parent >= 0, slice(4, 8))):
        there = feeds[:, columns][feeds[:, columns] >= 0]
        weakest = np.sort(strength[kind])[-200]
        assert kind[there].all() and (strength[there] >= weakest).all(), "the strongest of its kind"


def test_one_feed_is_the_ranking():
    posts = board([-1, -1, -1, 0, 0, 0])
    strength = np.array([1.0, 3.0, 2.0, 9.0, -np.inf, 7.0])
    assert feed.dealt(posts, strength, 4, np.zeros_like, 1).tolist() == [[1, 3, 2, 5]]
    assert feed.dealt(posts, strength, 6, np.zeros_like, 1).tolist() == [[1, 3, 2, 5, 0, NOTHING]]


def test_own_items_come_first_and_no_item_twice():
    state = np.array([VISIBLE, VISIBLE, REMOVED, VISIBLE, VISIBLE])
    own = [np.array([3, 0, 2, 4]), np.array([4, 3, NOTHING, 4])]
    items = feed.shown(np.array([[0, 1]]), np.zeros(4, int), own, state).items()
    assert items.tolist() == [[3, 4, 0, 1], [NOTHING, 3, 0, 1], [NOTHING, NOTHING, 0, 1], [4, NOTHING, 0, 1]]
    two = feed.shown(np.array([[0, NOTHING], [3, 4]]), np.array([0, 0, 1, 1]), own, state).items()
    assert two.tolist() == [
        [3, 4, 0, -1],
        [NOTHING, 3, 0, -1],
        [NOTHING, NOTHING, 3, 4],
        [NOTHING, NOTHING, 3, 4],
    ]


def test_exposures_count_each_tone():
    posts = board([-1, 0, 0, 0], tone=np.array([0, 2, 2, 1]))
    feeds = np.array([[0, 3], [NOTHING, 2]])
    seen = feed.Shown(np.array([[1, 2], [NOTHING, NOTHING], [NOTHING, NOTHING]]), feeds, np.array([0, 0, 1]))
    assert feed.exposures(seen, posts).tolist() == [[1, 1, 2], [1, 1, 0], [0, 0, 1]]


def look(members, rows, own, common, pull, posts):
    """Which post each member attends to at step 3 under key 7; own items in up to two columns."""
    columns = [*own, *[np.full(len(rows), NOTHING)] * (2 - len(own))]
    seen = feed.Shown(np.column_stack(columns), common[None], np.zeros(len(rows), int))
    drawn = feed.Attention(rows, seen, pull, np.zeros((1, 2)), np.zeros(2), np.zeros(2, bool), posts)
    return feed.attend(drawn, lambda rows, posts: noise.gumbel(7, "attend", 3, members.id[rows], posts))


def test_a_post_draws_the_same_look_as_an_own_item_and_in_the_shared_feed(tiny_experiment):
    members = make_world(tiny_experiment(size=500), Unit(0, 0, "baseline")).community.members
    rows, posts, pull = np.arange(100, 500), board([-1, 0, 0, 0]), np.array([0.1, 0.5, 0.0, 0.3])
    shared = look(members, rows, [], np.arange(4), pull, posts)
    mixed = look(members, rows, [np.full(400, 2), np.full(400, 0)], np.array([1, 3]), pull, posts)
    assert np.array_equal(shared, mixed) and len(set(shared)) == 4


def test_looks_fall_on_posts_as_often_as_their_pull_says_and_never_on_own_ones(tiny_experiment):
    experiment = tiny_experiment(size=20_000)
    world = make_world(experiment, Unit(0, 0, "baseline"))
    members = world.community.members
    rows = np.flatnonzero(members.joined == 0)[100:]
    posts = board([-1, 0, 0, 0])
    chance = np.array([0.5, 0.3, 0.15, 0.05])
    focus = look(members, rows, [], np.arange(4), np.log(chance), posts)
    counts = np.bincount(focus, minlength=4)
    assert (np.abs(counts - chance * len(rows)) < 5 * np.sqrt(len(rows) * chance * (1 - chance))).all()
    authors = np.arange(4)
    own = look(members, authors, [], np.arange(4), np.zeros(4), posts)
    assert (own != authors).all()
    alone = look(members, authors, [authors], np.empty(0, int), np.zeros(4), posts)
    assert (alone == NOTHING).all()


def test_another_item_in_the_feed_draws_some_looks_and_moves_no_other(tiny_experiment):
    members = make_world(tiny_experiment(size=500), Unit(0, 0, "baseline")).community.members
    rows = np.arange(100, 500)
    posts = board([-1, 0, 0, 0])
    few = look(members, rows, [], np.array([0, 1, 2]), np.zeros(4), posts)
    many = look(members, rows, [], np.array([3, 0, 1, 2]), np.zeros(4), posts)
    assert 50 < (many == 3).sum() < 150
    assert np.array_equal(few[many != 3], many[many != 3])


def test_answers_get_their_share_to_opening_posts(tiny_experiment):
    """The profile's `root_share` comes back, within the spread of own items, in a run of the rules mind."""
    experiment = tiny_experiment(
        size=400, settings={"reply_to_me_pull": 0.0, "follows": 0}, rates={"root_share": 0.42}
    )
    world = make_world(experiment, Unit(0, 0, "baseline"))
    lock_step([world], make_mind(experiment), 12)
    posts = world.community.posts
    answered = posts.parent[posts.parent >= 0]
    assert len(answered) > 500 and (posts.parent[answered] < 0).mean() == pytest.approx(0.42, abs=0.1)


def test_posts_grow_without_losing_a_column():
    posts = board([-1])
    for _ in range(6):
        before = {name: getattr(posts, name).copy() for name in posts._store}
        new = posts.add(id=np.arange(len(posts)) + 1000 * len(posts), tone=np.full(len(posts), 2))
        assert all(np.array_equal(getattr(posts, name)[: len(old)], old) for name, old in before.items())
        assert (posts.tone[new] == 2).all() and (posts.score[new] == 0).all()
    assert (
        len(posts) == 64
        and posts.roots().tolist() == [0]
        and all(len(getattr(posts, n)) == 64 for n in posts._store)
    )
