"""Replies without a name in `why` of a record: decisions of strangers with learned members, written as they are by the rules."""

import polars as pl
import pytest

from tests.analysis.why.test_learned_record import TONE
from tests.analysis.why.test_recorded import RULES, quarrel
from tests.learned_law import forward
from windtunnel.analysis.why.case import WITH, WITHOUT, simulate_futures
from windtunnel.analysis.why.forum.answer_record import NAMELESS, NAMELESS_LEARNED, of_record
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.recorded import replayed_acts
from windtunnel.sim.communities.forum.learned_file import FILE, Learned, RecordTold, write_learned


@pytest.fixture(scope="module")
def imported(tmp_path_factory, import_rows):
    """The quarrel, in which nobody knows who Bob and Dan are."""
    rows = quarrel().with_columns(
        author=pl.when(pl.col("author").is_in(["Bob", "Dan"])).then(None).otherwise("author")
    )
    folder = import_rows(tmp_path_factory.mktemp("nameless"), rows)
    told = RecordTold(posts=24, threads=2, authors=3, unsigned=10, span_days=1.1, train_until=40)
    made = Learned(
        name="quarrel", fitted_by="hand", seconds=0.0, record=told, forward=forward() | {"tone": TONE}
    )
    write_learned(made, folder / FILE)
    return folder


def nameless(case) -> list[int]:
    return case.acts.filter((pl.col("kind") == "reply") & pl.col("member").is_null())["post"].to_list()


def test_with_learned_members_they_are_decisions_and_come_out_again(imported):
    case = recorded_case(imported, "escalation", RULES, ["mind=learned"])
    assert len(nameless(case)) > 2
    mind = case.mind()
    case.infer(range(3), mind)
    question = ask(case, with_="slow_mode", parameters={"hours": 0}, at="comment:2")
    runs = simulate_futures(
        case, [question.branch(arm, number=n) for n in range(3) for arm in (WITHOUT, WITH)], mind
    ).runs
    assert all(replayed_acts(case.record, run).all() for run in runs), (
        "nothing changes, and all of them are there"
    )
    assert case.replay(runs[0])["kept"] == 1, "the opening post alone is written as it is"
    mind.close()


@pytest.mark.parametrize(("mind", "stays"), [("learned", False), ("rules", True)])
def test_a_nameless_answer_falls_away_with_what_it_answers_where_members_are_learned(imported, mind, stays):
    case = recorded_case(imported, "escalation", RULES, [f"mind={mind}"])
    decides = case.mind()
    case.infer([0], decides)
    parents = dict(zip(case.acts["post"].to_list(), case.acts["parent"].to_list(), strict=True))
    written = dict(zip(case.acts["post"].to_list(), case.acts["step"].to_list(), strict=True))
    answers = {
        post: parents[post]
        for post in nameless(case)
        if parents[parents[post]] is not None and written[post] > written[parents[post]] + 1
    }
    assert answers
    for post, answered in answers.items():
        question = ask(case, remove=answered)
        acts = case.read(simulate_futures(case, [question.branch(WITH, number=0)], decides))
        there = dict(zip(acts["post"].to_list(), acts["parent"].to_list(), strict=True))
        assert (there.get(post) == answered) == stays
    decides.close()


def test_they_stay_nameless_in_what_is_told(imported):
    case = recorded_case(imported, "escalation", RULES, ["mind=learned"])
    mind = case.mind()
    case.infer([0], mind)
    question = ask(case, lock=True, at="comment:8")
    acts = case.read(simulate_futures(case, [question.branch(WITHOUT, number=0)], mind))
    told = dict(zip(acts["post"].to_list(), acts["member"].to_list(), strict=True))
    assert all(told[post] is None for post in nameless(case))
    assert case.name(len(case.names) - 1) == "without a name"
    told_of = of_record(case, question, mind, 4, 0)["assumptions"]
    assert NAMELESS_LEARNED in told_of and NAMELESS not in told_of
    mind.close()
