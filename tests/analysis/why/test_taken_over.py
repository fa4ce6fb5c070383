"""What a record has come to is taken over: futures begin where they may differ from it, and come out as if all were lived."""

import polars as pl
import pytest

from tests.analysis.why.test_learned_record import TONE
from tests.learned_law import forward
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.why.answer import happened, pairs
from windtunnel.analysis.why.case import WITH, WITHOUT, simulate_futures
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.question import ask
from windtunnel.sim.communities.forum.inference import Inference, infer
from windtunnel.sim.communities.forum.learned_file import FILE, Learned, RecordTold, write_learned
from windtunnel.sim.communities.forum.record_world import Inferred
from windtunnel.sim.run import lock_step

RULES = load_rules()


def quarrel() -> pl.DataFrame:
    """Two threads at the same time among five people; several write within one tick."""
    rows = [
        {
            "id": f"{thread}{at}",
            "parent": None if at == 0 else f"{thread}{max(0, at - 1 - at % 3)}",
            "author": ["Ann", "Bob", "Cid", "Dan", "Eve"][(at * times) % 5],
            "time": 1_600_000_000 + 540 * (at // 3) + shift,
            "text": {"c": "Thanks, that works well.", "h": "You fucking idiot, piss off."}[tone],
        }
        for thread, times, shift, tones in (("a", 2, 0, "ccchchhhchhc"), ("b", 3, 130, "cccccchccccc"))
        for at, tone in enumerate(tones)
    ]
    return pl.DataFrame(rows)


@pytest.fixture(scope="module", params=["rules", "learned", "hot"])
def case(request, tmp_path_factory, import_rows):
    place = import_rows(tmp_path_factory.mktemp(f"taken_{request.param}"), quarrel())
    if request.param != "rules":
        told = RecordTold(posts=24, threads=2, authors=5, unsigned=0, span_days=1.0, train_until=40)
        law = forward() | {"tone": TONE, "hotness": 1.4 if request.param == "hot" else 0.0}
        write_learned(
            Learned(name="quarrel", fitted_by="hand", seconds=0.0, record=told, forward=law), place / FILE
        )
    return recorded_case(
        place, "escalation", RULES, [f"mind={'rules' if request.param == 'rules' else 'learned'}"]
    )


@pytest.fixture(scope="module")
def mind(case):
    made = case.mind()
    yield made
    made.close()


@pytest.mark.parametrize("number", [0, 3, -1, -2])
@pytest.mark.parametrize(
    "asked", [{"lock": True, "at": "comment:5"}, {"with_": "rule_reminder", "at": "comment:3"}]
)
def test_a_future_that_begins_late_is_the_one_that_is_lived_whole(case, mind, number, asked):
    question = ask(case, **asked)
    case.infer(range(4), mind)
    branch = question.branch(WITH, number=number)
    begin = case.begin(branch)
    assert begin > 0
    late = case.world(branch)
    late.thread_alone = False  # lived to the end, as the other is
    luck = case.luck(0).redrawn(branch.fork, -number) if number < 0 else case.luck(number)
    whole = case.past(0).world(branch.policies(), case.inferred[max(number, 0)], luck=luck, arm=WITH)
    assert (late.community.place, whole.community.place) == (begin, 0)
    assert not lock_step([late, whole], mind, case.ticks)
    assert late.over and whole.over
    assert late.log.frame(0, 0, WITH).equals(whole.log.frame(0, 0, WITH))
    assert (late.community.posts.heat == whole.community.posts.heat).all()


def test_the_arm_that_was_is_what_was_under_every_luck(case, mind):
    question = ask(case, lock=True, at="comment:5")
    case.infer(range(5), mind)
    branches = [question.branch(WITHOUT, number=number) for number in range(5)]
    each = happened(case, simulate_futures(case, branches, mind), 5)
    without, _ = pairs(case, question, mind, range(5))
    assert (without.y == each.y).all() and (without.severity == each.severity).all()
    assert without.y.all()


def test_chance_inferred_beside_that_of_others_is_the_same(case, mind):
    lucks = [case.luck(number) for number in range(3)]
    case.infer([0], mind)
    forum = case.forum(lucks[0])
    if not forum.one_for_all:
        with pytest.raises(ValueError, match="one at a time"):
            Inference(forum, lucks=lucks)
        return
    together = infer([Inference(forum, lucks=lucks)], mind.decide)
    alone = infer([Inference(case.forum(luck), lucks=[luck]) for luck in lucks], mind.decide)
    for one, other in zip(together, alone, strict=True):
        assert one.choose.keys() == other.choose.keys() and one.choose
        assert one.attempt.keys() == other.attempt.keys()
        for tick, by_row in one.choose.items():
            assert all((by_row[row] == other.choose[tick][row]).all() for row in by_row)
            for row, (ids, values) in one.look[tick].items():
                assert (ids == other.look[tick][row][0]).all() and (values == other.look[tick][row][1]).all()
        assert all((one.attempt[tick] == other.attempt[tick]).all() for tick in one.attempt)


def test_acts_of_one_tick_come_in_the_records_order_under_every_luck(case):
    ticks = [tick for tick in case.record.ticks if len(tick.decided) > 1]
    assert ticks
    orders = set()
    for number in range(4):
        world = case.past(0).world([], Inferred(), luck=case.luck(number))
        world.community.place = case.record.ticks.index(ticks[0])
        ids = case.record.author[sorted(ticks[0].decided, key=lambda act: case.record.author[act])]
        orders.add(tuple(ids[world.order(ids)].tolist()))
    in_time = sorted(ticks[0].decided, key=lambda act: (case.record.minute[act], act))
    assert orders == {tuple(case.record.author[in_time].tolist())}
