"""What a forum may have beyond every forum: rankers, following and sharing, camps, notes, and feeds that serve an advocate."""

import numpy as np
import pytest

from windtunnel.analysis.cli import main
from windtunnel.policies.forum.rankers import ranker, ranker_names
from windtunnel.policies.forum.rankers.base import Ranked
from windtunnel.sim.attention import attention, discounts
from windtunnel.sim.communities.forum.posts import HOSTILE, VISIBLE
from windtunnel.sim.communities.forum.ties import Ties
from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world

NONE = np.zeros((4, 2), int)


def ranked(**columns) -> Ranked:
    """Four posts of one hour, two, 13.5 hours and two days, with nothing else to tell them apart."""
    zero = np.zeros(4)
    usual = dict(age=np.array([1.0, 2.0, 13.5, 48.0]), votes=zero, replies=zero, recent=zero, heat=zero)
    return Ranked(**(usual | {"ups": NONE, "downs": NONE, "camps": True} | columns))


def order(name: str, **columns) -> list[int]:
    return np.argsort(-ranker(name).score(ranked(**columns)), kind="stable").tolist()


def test_rankers_order_posts_as_reckoned_by_hand():
    assert order("new") == [0, 1, 2, 3]
    assert order("votes", votes=np.array([1, 3, 2, 99])) == [1, 2, 0, 3]  # the last is not of the day
    hot = ranker("hot").score(ranked(votes=np.array([1, 10, 10, -100])))
    assert hot == pytest.approx([-1 / 12.5, 1 - 2 / 12.5, 1 - 13.5 / 12.5, -2 - 48 / 12.5])
    assert order("heated", recent=np.array([3.0, 2, 1, 0]), heat=np.array([0.0, 1, 0, 0])) == [1, 0, 2, 3]
    one_sided, both = [9, 0], [3, 3]
    assert order("bridging", ups=np.array([one_sided, both, [0, 0], [9, 9]])) == [1, 0, 2, 3]


def test_five_rankers_are_ours_and_others_come_by_entry_point():
    assert ranker_names() == ["bridging", "heated", "hot", "new", "votes"]
    with pytest.raises(ValueError, match="no ranker is called 'hott': did you mean 'hot'"):
        ranker("hott")
    with pytest.raises(ValueError, match="bridging needs two camps"):
        ranker("bridging").score(ranked(camps=False))


def looks(tiny_experiment, name: str) -> tuple[float, float]:
    """Mean age of the posts that members look at, and the hostile share of them, under a ranker and without."""
    found = []
    for arm in ("baseline", "policy"):
        made = tiny_experiment([("feed_ranker", {"ranker": name})], size=80, steps=20)
        world, mind = make_world(made, Unit(0, 0, arm)), make_mind(made)
        ages: list[float] = []
        for _ in range(20):
            world.begin_step()
            asked = world.ask()
            focus = world._view.focus[world._view.focus >= 0]
            ages += (world.now - world.community.posts.step[focus]).tolist()
            world.set_log_probs(mind.decide([asked])[0])
            world.step()
        found.append(float(np.mean(ages)))
    return found[0], found[1]


def test_newest_first_makes_members_look_at_newer_posts(tiny_experiment):
    without, newest = looks(tiny_experiment, "new")
    assert newest < without


def test_the_ranking_decides_what_a_place_draws(tiny_experiment):
    """The k-th of the opening posts, and of the replies, has a pull of its appeal less log log2(k + 2)."""
    made = tiny_experiment(["slow_mode"], settings={"members_per_feed": 1000})
    world = make_world(made, Unit(0, 0, "baseline"))
    lock_step([world], make_mind(made), 8)
    forum = world.community
    posts, pull = forum.posts, np.zeros(len(forum.posts))
    forum.rank("new", pull, world.now)
    assert (pull[posts.state != VISIBLE] == -np.inf).all()
    opening = np.flatnonzero((posts.parent < 0) & (posts.state == VISIBLE))
    ordered = opening[np.argsort(-posts.step[opening], kind="stable")]
    newest = ordered[posts.step[ordered] == posts.step[ordered[0]]]
    assert (pull - posts.appeal)[newest].max() == 0  # log log2(2)
    drawn = np.sort((pull - posts.appeal)[opening])[::-1]
    assert drawn == pytest.approx(np.log(discounts(len(opening))))


def test_who_follows_sees_what_is_written_and_shared():
    ties = Ties(np.array([[-1], [0], [0], [-1]]), 4)  # 1 and 2 notice 0
    newest = np.array([10, 11, 12, 13])
    everybody = np.arange(4)
    assert ties.newest(everybody, np.full(4, -1), newest).tolist() == [-1, -1, -1, -1]
    ties.follow(np.array([3]), np.array([1]))
    ties.follow(np.array([3]), np.array([1]))
    assert ties.reader.tolist() == [3]
    assert ties.newest(everybody, np.full(4, -1), newest).tolist() == [-1, -1, -1, 11]
    assert ties.shown(everybody).tolist() == [-1, -1, -1, -1]
    ties.share(np.array([0]), np.array([7]), now=2)
    ties.share(np.array([1]), np.array([5]), now=3)
    assert ties.shown(everybody).tolist() == [-1, 7, 7, 5]


EVERYTHING = {
    "can_follow": True,
    "can_repost": True,
    "camps": True,
    "false_share": 0.3,
    "reader_weight": 0.5,
}


def test_a_forum_with_everything_runs_and_its_twins_agree(tiny_experiment):
    made = tiny_experiment(["correction_notes"], settings=EVERYTHING, size=60, steps=16)
    logs = []
    for arm in ("baseline", "aa"):
        world = make_world(made, Unit(0, 0, arm))
        assert not lock_step([world], make_mind(made), 16)
        logs.append((world.log.frame(0, 0, "any"), world.measured))
    assert logs[0][0].equals(logs[1][0]) and logs[0][1] == logs[1][1]
    kinds = set(logs[0][0]["kind"])
    assert {"follow", "repost", "upvote"} <= kinds and "switch" not in kinds
    assert {"follows", "reposts", "hostile_reposts", "false_support", "pull", "push"} <= set(
        logs[0][1][-1][1]
    )


def test_nobody_follows_twice_or_itself(tiny_experiment):
    made = tiny_experiment(["slow_mode"], settings={"can_follow": True}, size=150, steps=24)
    world = make_world(made, Unit(0, 0, "baseline"))
    assert not lock_step([world], make_mind(made), 24)
    ties = world.community.ties
    pairs = list(zip(ties.reader.tolist(), ties.author.tolist(), strict=True))
    assert len(pairs) == len(set(pairs)) > 3 and all(reader != author for reader, author in pairs)


def shares(tiny_experiment, policy, arm="policy", **settings) -> dict[str, float]:
    made = tiny_experiment([policy], settings={"reader_weight": 0.5} | settings, size=40, steps=12)
    world = make_world(made, Unit(0, 0, arm))
    assert not lock_step([world], make_mind(made), 12)
    rows = [dict(values) for _, values in world.measured if "pull" in values]
    return {name: float(np.mean([row[name] for row in rows])) for name in ("pull", "push")}


def test_a_feed_for_readers_alone_has_all_the_pull_and_one_for_the_advocate_all_the_push(tiny_experiment):
    all_pull = shares(tiny_experiment, ("feed_weight", {"weight": 1.0}))
    all_push = shares(tiny_experiment, ("feed_weight", {"weight": 0.0}))
    between = shares(tiny_experiment, ("feed_weight", {"weight": 0.7}))
    assert all_pull["pull"] == pytest.approx(1) and all_push["push"] == pytest.approx(1)
    assert all_push["pull"] < between["pull"] < 1 and all_pull["push"] < between["push"] < 1
    neutral = shares(tiny_experiment, "feed_neutral")
    assert neutral["pull"] < 1 and neutral["push"] < 1


@pytest.mark.parametrize("block", [1, 2, 4])
def test_push_and_pull_of_a_forums_feed_are_those_of_the_exact_function(tiny_experiment, block):
    made = tiny_experiment(["slow_mode"], settings={"reader_weight": 0.6}, size=40)
    world = make_world(made, Unit(0, 0, "baseline"))
    lock_step([world], make_mind(made), 8)
    forum = world.community
    forum.open_step(world)
    forum.interests.rule.block = block
    rows = np.arange(6)
    shown = forum.attention(world, rows).seen.common
    made_orders = forum.interests.orders(rows, shown)
    u, v = forum.interests.wanted(rows, shown), forum.posts.promoted[shown]
    for place in range(len(rows)):
        there = np.flatnonzero(shown[place] >= 0)
        items = shown[place, there]
        came = there[np.lexsort((forum.posts.id[items], -forum.posts.step[items]))]
        blocks = np.arange(len(came)) // block
        exact = attention(u[place, came], v[place, came], 0.6, discounts(len(came)), blocks)
        assert made_orders.pull[place] == pytest.approx(exact.pull)
        assert made_orders.push[place] == pytest.approx(exact.push)


def test_who_may_choose_changes_to_its_own_feed(tiny_experiment):
    made = tiny_experiment(["feed_push_free"], size=60, steps=16)
    world = make_world(made, Unit(0, 0, "policy"))
    assert not lock_step([world], make_mind(made), 16)
    changed = world.log.frame(0, 0, "any").filter(kind="switch")["member"].to_list()
    assert len(changed) == len(set(changed)) == world.community.interests.own_ranking.sum() > 2


def test_notes_show_once_enough_of_each_camp_find_them_helpful(tiny_experiment):
    sure = {"proposed": 1.0, "helpful": 1.0, "mistaken": 0.0, "raters": 1}
    counts = []
    for camps in (False, True):
        made = tiny_experiment(
            [("correction_notes", sure)], settings={"camps": camps, "false_share": 0.4}, size=80, steps=20
        )
        world = make_world(made, Unit(0, 0, "policy"))
        assert not lock_step([world], make_mind(made), 20)
        posts = world.community.posts
        assert posts.false[posts.noted].all()
        counts.append(int(posts.noted.sum()))
        if camps:
            agreed = {camp for camp in world.policies[0]._rated[int(np.flatnonzero(posts.noted)[0])].values()}
            assert agreed == {0, 1}
    assert counts[0] > counts[1] > 0


def test_a_ban_closes_the_hottest_thread_and_some_of_its_writers_leave(tiny_experiment):
    made = tiny_experiment([("community_ban", {"at": 8, "threads": 1, "leave": 1.0})], size=60, steps=12)
    world = make_world(made, Unit(0, 0, "policy"))
    assert not lock_step([world], make_mind(made), 12)
    events = world.log.frame(0, 0, "any").filter(policy="community_ban")
    posts = world.community.posts
    assert set(events["kind"]) == {"lock", "remove", "quit"} and set(events["step"]) == {8}
    closed = posts.thread[np.isin(posts.id, events.filter(kind="lock")["target"])]
    assert (posts.state[np.isin(posts.thread, closed)] != VISIBLE).all()
    left = events.filter(kind="quit")["target"].to_list()
    after = world.log.frame(0, 0, "any").filter(kind="reply")
    assert not after.filter((after["step"] >= 8) & after["member"].is_in(left)).height


def test_planted_votes_and_a_hidden_button_do_what_they_say(tiny_experiment):
    made = tiny_experiment(
        [("planted_votes", {"share": 1.0, "votes": 3, "down": True}), "hidden_downvote"], size=60
    )
    world = make_world(made, Unit(0, 0, "policy"))
    assert not lock_step([world], make_mind(made), 12)
    posts = world.community.posts
    votes = posts.ups.sum(axis=1) - posts.downs.sum(axis=1)
    written = (posts.step < 11) & (posts.id % 10 != 9)
    assert (posts.score[written] == votes[written] - 3).all() and (posts.downs == 0).all()


def test_verified_authors_are_looked_at_more(tiny_experiment):
    share = []
    for arm in ("baseline", "policy"):
        made = tiny_experiment([("verified_boost", {"share": 0.2, "boost": 4.0})], size=100, steps=16)
        world, mind = make_world(made, Unit(0, 0, arm)), make_mind(made)
        chosen = make_world(made, Unit(0, 0, "policy"))
        lock_step([chosen], mind, 1)
        verified = chosen.policies[0]._verified
        hits: list[bool] = []
        for _ in range(16):
            world.begin_step()
            asked = world.ask()
            focus = world._view.focus[world._view.focus >= 0]
            hits += verified[world.community.posts.author[focus]].tolist()
            world.set_log_probs(mind.decide([asked])[0])
            world.step()
        share.append(float(np.mean(hits)))
    assert share[1] > 2 * share[0] > 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["policy=feed_weight"], "feed_weight has nothing to act on here: set community.settings.reader_weight, say 0.5"),
        (["policy=correction_notes"], "set community.settings.false_share, say 0.3"),
        (["policy=feed_ranker", "policy_with.feed_ranker.ranker=hott"], "no ranker is called 'hott'"),
        (["policy=slow_mode", "baseline=feed_ranker", "baseline_with.feed_ranker.ranker=nwe"], "did you mean 'new'"),
        (["policy=slow_mode", "outcome=pull"], "outcome pull is counted here only with community.settings.reader_weight"),
        (["policy=feed_weight", "community=collective_action"], "set community.settings.platform, say recommender"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_told_in_a_sentence(tmp_path, capsys, words, said):
    assert main(["run", *words, "draws=1", "seeds=1", "steps=2", f"out={tmp_path / 'out'}"]) == 2
    assert said in capsys.readouterr().err


def test_hostile_posts_are_counted_where_they_are_shared(tiny_experiment):
    made = tiny_experiment(["slow_mode"], settings={"can_repost": True}, size=80, steps=20)
    world = make_world(made, Unit(0, 0, "baseline"))
    assert not lock_step([world], make_mind(made), 20)
    shared = world.log.frame(0, 0, "any").filter(kind="repost", status="done")
    posts = world.community.posts
    tone = {int(one): int(level) for one, level in zip(posts.id, posts.tone, strict=True)}
    hostile = sum(tone[target] == HOSTILE for target in shared["target"])
    assert sum(values["hostile_reposts"] for _, values in world.measured) == hostile > 0
    assert sum(values["reposts"] for _, values in world.measured) == len(shared)
