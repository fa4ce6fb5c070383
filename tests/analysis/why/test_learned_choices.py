"""What members of a real thread choose goes by the law as in a simulation: a thread and then a post, to answer or to open, in tones as posted."""

import numpy as np
import pytest

from tests.analysis.why.test_learned_record import TONE
from tests.analysis.why.test_recorded import RULES, quarrel
from tests.learned_law import forward
from windtunnel.analysis.why.case import WITHOUT, Branch
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.feed import NOTHING
from windtunnel.sim.communities.forum.learned.recorded import FittedAttention
from windtunnel.sim.communities.forum.learned_file import FILE, Learned, RecordTold, write_learned

POSTED = (0.5, 1.5)


@pytest.fixture(scope="module")
def asked(tmp_path_factory, import_rows):
    """The quarrel as a case, with a law of tones as left, and with the same law and more heat as posted."""
    folder = import_rows(tmp_path_factory.mktemp("choices"), quarrel())
    told = RecordTold(posts=24, threads=2, authors=5, unsigned=0, span_days=1.1, train_until=40)

    def case(posted):
        law = forward() | {"tone": TONE | {"posted": list(posted)}}
        write_learned(
            Learned(name="quarrel", fitted_by="hand", seconds=0.0, record=told, forward=law), folder / FILE
        )
        return recorded_case(folder, "escalation", RULES, ["mind=learned"])

    return case((0.0, 0.0)), case(POSTED)


def at_half(case):
    """The record's world at its middle tick."""
    mind = case.mind()
    case.infer([0], mind)
    world = case.world(Branch(WITHOUT, case.last, list, 0))
    for _ in range(len(case.record.ticks) // 2):
        world.begin_step()
        world.set_log_probs(*mind.decide([world.ask()]))
        world.step()
    world.begin_step()
    mind.close()
    return world


def test_a_thread_is_looked_into_and_then_a_post_and_one_post_less_keeps_its_readers_in_the_thread(asked):
    forum = at_half(asked[0]).community
    forum.posts.thread[:5] = of = np.array([0, 0, 0, 3, 3])
    share = np.array([0.2, 0.2, 0.2, 0.25, 0.15])
    less = np.array([0.3, 0.0, 0.3, 0.25, 0.15])
    rows, roots = np.arange(3000), np.array([0, 3])

    def attention(weights):
        def posts(row, root):
            with np.errstate(divide="ignore"):
                return np.flatnonzero(of == root), np.log(weights[of == root])

        score = np.log([weights[of == root].sum() for root in roots])
        return FittedAttention(rows, np.full(3000, NOTHING), [roots] * 3000, [score] * 3000, posts)

    def looks(some, ids):
        return noise.gumbel(7, "attend", 3, some, ids)

    before, after = (forum.attend(attention(one), looks) for one in (share, less))
    found = np.bincount(before, minlength=5) / 3000
    assert (abs(found - share) < 4 * np.sqrt(share * (1 - share) / 3000)).all()
    assert (forum.posts.thread[before] == forum.posts.thread[after]).all()
    assert (before == after)[before != 1].all() and not (after == 1).any()


def test_a_newcomer_comes_to_open_or_to_answer_and_whoever_answered_came_to_answer(asked):
    world = at_half(asked[0])
    forum = world.community
    rows = np.arange(len(forum.members))
    opens = []
    for place in range(len(forum.record.ticks)):
        forum.place = place
        opens.append(forum._comes_to_open(world, np.setdiff1d(rows, world.authors())))
    law = forward()["newcomers"]
    found, share = np.concatenate(opens), law["opens"] / (law["opens"] + law["replies"])
    assert abs(found.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(found))
    for place, tick in enumerate(forum.record.ticks):
        forum.place = place
        assert not forum._comes_to_open(world, rows)[forum.record.author[list(tick.decided)]].any()


def test_members_answer_in_the_tones_that_are_posted_as_in_a_simulation(asked):
    left, posted = (at_half(case).community for case in asked)
    rows, focus = np.array([1, 2]), np.array([0, 1])
    left._odds = posted._odds = np.zeros(2)
    names = [left._features.index(name) for name in ("says_heated", "says_hostile")]
    more = posted._measure(rows, focus, left._minute) - left._measure(rows, focus, left._minute)
    assert more[:, names] == pytest.approx(np.tile(POSTED, (2, 1)))
