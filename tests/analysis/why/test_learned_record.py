"""Real threads with learned members: the record comes out again, what has no effect changes nothing, and luck is what it must have been."""

import numpy as np
import polars as pl
import pytest

from tests.analysis.why.test_recorded import RULES, quarrel
from tests.learned_law import forward
from windtunnel.analysis.why.answer import estimate, pairs
from windtunnel.analysis.why.case import WITH, WITHOUT, Branch, simulate_futures
from windtunnel.analysis.why.forum.answer_record import answer
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.recorded import replayed_acts
from windtunnel.sim.communities.forum.learned.recorded import LearnedRecordForum
from windtunnel.sim.communities.forum.learned.recorded_coming import Comings
from windtunnel.sim.communities.forum.learned.tones import TERMS
from windtunnel.sim.communities.forum.learned_file import FILE, Learned, RecordTold, write_learned

SLOPES = {"parent_hostile": (0.4, 1.5), "author_hostile": (0.2, 0.8)}
TONE = {
    "common": [0.1, 0.3],
    "intercept": [-2.0, -1.0],
    "heated": [SLOPES.get(term, (0.0, 0.0))[0] for term in TERMS],
    "hostile": [SLOPES.get(term, (0.0, 0.0))[1] for term in TERMS],
    "replies": 22,
}


@pytest.fixture(scope="module")
def imported(tmp_path_factory, import_rows):
    folder = import_rows(tmp_path_factory.mktemp("quarrel"), quarrel())
    told = RecordTold(posts=24, threads=2, authors=5, unsigned=0, span_days=1.1, train_until=40)
    made = Learned(
        name="quarrel", fitted_by="hand", seconds=0.0, record=told, forward=forward() | {"tone": TONE}
    )
    write_learned(made, folder / FILE)
    return folder


@pytest.fixture(scope="module")
def case(imported):
    return recorded_case(imported, "escalation", RULES, ["mind=learned"])


@pytest.fixture(scope="module")
def mind(case):
    made = case.mind()
    yield made
    made.close()


def test_every_recorded_act_comes_out_again_in_every_draw_of_its_noise(case, mind):
    case.infer(range(5), mind)
    assert isinstance(case.forum(case.luck(0)), LearnedRecordForum)
    runs = simulate_futures(
        case, [Branch(WITHOUT, case.last, list, number) for number in range(5)], mind
    ).runs
    assert all(replayed_acts(case.record, run).all() for run in runs)
    assert case.replay(runs[0])["acts"] == 12
    assert not case.not_offered, "the law has every post in sight"


def test_an_act_that_changes_nothing_averts_nothing(case, mind):
    """A slow mode of no hours: with the record's own noise, and in new futures, both arms are one."""
    question = ask(case, with_="slow_mode", parameters={"hours": 0}, at="comment:2")
    case.infer(range(8), mind)
    found = estimate(*pairs(case, question, mind, range(8)), question)
    assert found["table"] == {"n00": 0, "n01": 0, "n10": 0, "n11": 8}
    without, with_ = pairs(case, question, mind, range(-8, 0))
    assert (without.y == with_.y).all() and (without.severity == with_.severity).all()


@pytest.mark.parametrize("seen", [0.0, 0.5, 1.0])
def test_a_notice_draws_in_others_and_moves_nobody_who_came_without_it(imported, seen):
    """As many more newcomers as the prior says, times who sees it; with nobody who sees it nothing changes."""
    case = recorded_case(imported, "escalation", RULES, ["mind=learned"])
    case.infer([0], mind := case.mind())
    question = ask(case, with_="rule_reminder", parameters={"seen": seen}, at="onset")
    worlds = [case.world(question.branch(arm, number=0)) for arm in (WITHOUT, WITH)]
    comings = []
    for world in worlds:
        while world.now < case.record.ticks[-1].minute:
            world.begin_step()
            if world.now >= case.incident.onset:
                break  # before anybody is drawn in
            world.set_log_probs(*mind.decide([world.ask()]))
            world.step()
        comings.append(world.community.comings(world.now, 1.0, world.acting()).other)
    mind.close()
    forum, more = worlds[1].community, comings[1] - comings[0]
    law = forward()["newcomers"]
    log_rate = forum.draws["reminder"]
    assert more[case.record.author] == pytest.approx(0.0, abs=1e-12)
    drawn = forum.pace * (law["opens"] + law["replies"]) * seen * np.expm1(log_rate)
    assert more.sum() == pytest.approx(drawn, rel=1e-3)


def test_a_lock_prevents_what_came_after_it_and_nothing_before(case, mind):
    record, thread = answer(case, ask(case, lock=True, at="comment:3"), mind, replicates=4, sensitivity=0)
    assert record["replay"]["reproduced"] == record["replay"]["acts"] == 12
    assert record["table"] == {"n00": 0, "n01": 0, "n10": 4, "n11": 0}
    marks = thread.filter(pl.col("was").is_not_null()).sort("post")["mark"].to_list()
    assert marks[:4] == ["same"] * 4 and set(marks[4:]) == {"prevented"}


def test_new_futures_go_on_and_differ(case, mind):
    """After a fork nothing is recorded any more: who comes, to which post, and when is the law's."""
    case.infer([0], mind)
    branches = [Branch(WITHOUT, case.first + 1, list, -number) for number in range(1, 9)]
    runs = simulate_futures(case, branches, mind).runs
    counts = [run.events.filter(pl.col("kind") == "reply").height for run in runs]
    assert len(set(counts)) > 1 and max(counts) > 0


@pytest.mark.parametrize("times", [0.5, 3.0])
def test_luck_agrees_with_who_came_and_who_did_not(case, mind, times):
    """Twins in which everybody is likelier, or less likely, to come: of those who came min(1, p'/p) still do, of the silent
    max(0, (p'-p)/(1-p)) now do, as must be where all that brings a member does so as many times as often."""
    numbers = range(20)
    case.infer(numbers, mind)
    came, silent = [], []
    for number in numbers:
        world = case.world(Branch(WITHOUT, case.last, list, number))
        forum = world.community
        world.begin_step()
        place = forum.place
        recorded = case.inferred[number].causes[place]
        expected = recorded.other.copy()
        np.add.at(expected, recorded.debtor, recorded.owes)
        before, after = -np.expm1(-expected), -np.expm1(-times * expected)
        there = forum.comings(world.now, forum.tick.hours)
        more = Comings(there.debts, there.owes * times, there.other * times)
        forum.comings = lambda now, hours, acting=(), more=more: more
        others, authors = world.others(), world.authors()
        came += list(zip(world.awake(authors), np.minimum(1, after[authors] / before[authors]), strict=True))
        share = np.maximum(0, (after - before) / (1 - before))[others]
        silent += list(zip(world.awake(others), share, strict=True))
    for drawn in (came, silent):
        if drawn:
            did, expected = np.array(drawn, float).T
            spread = np.sqrt((expected * (1 - expected)).sum()) + 1e-9
            assert abs(did.sum() - expected.sum()) <= 4 * spread
    assert len(silent) > 100


def test_whoever_owes_an_answer_comes_sooner_and_not_once_it_is_gone(case, mind):
    """Of the record's own state: a debt adds to its debtor's chance, and a lock takes it away."""
    case.infer([0], mind)
    world = case.world(Branch(WITHOUT, case.last, list, 0))
    forum = world.community
    for _ in range(len(case.record.ticks)):
        world.begin_step()
        if len(forum.comings(world.now, 1.0).debts):
            break
        world.set_log_probs(*mind.decide([world.ask()]))
        world.step()
    debts, posts = forum.memory.debts, forum.posts
    owed = forum.comings(world.now, 1.0).debts[0]
    before = forum.comes_in(world.now, 1.0)[debts.debtor[owed]]
    posts.locked_until[posts.thread[debts.post[owed]]] = world.now + 10_000
    forum._coming = None
    assert 0 < forum.comes_in(world.now, 1.0)[debts.debtor[owed]] < before
