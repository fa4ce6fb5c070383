"""Whether an answer hangs on what members recall: a model that heeds its memory, one that does not, and who is never asked."""

import math

import polars as pl
import pytest

from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.llm.request import Answer
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.why.forum.answer_record import answer, futures
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.memory import FAVOURS, memory_sensitivity, with_other_memory
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.sentences import sensitivity

RULES = load_rules()
SHORT, LONG = (
    "Thanks, gearbox",
    "You fucking idiot, " + "that is not how anybody has ever mended one of these things " * 3,
)


@pytest.fixture(scope="module")
def imported(tmp_path_factory, import_rows):
    """Three people, each of whom has been answered kindly in few words and rudely in many."""
    rows = [
        {
            "id": f"{thread}{at}",
            "parent": None if at == 0 else f"{thread}{at - 1}",
            "author": "abc"[at % 3],
            "time": 1_600_000_000 + 300 * at + start,
            "text": "The gearbox rattles" if at == 0 else SHORT if at % 2 else LONG,
        }
        for thread, start in (("a", 0), ("b", 90_000))
        for at in range(9)
    ]
    return import_rows(tmp_path_factory.mktemp("memory"), rows)


def heeding(self, requests):
    """Of a model that is hostile where the first thing recalled is, and else civil; all else is even."""
    found = []
    for request in requests:
        recalled = [line for line in request.user.splitlines() if "You recall:" in line]
        sour = bool(recalled) and "hostile answer" in recalled[0]
        options = {line[0]: line for line in request.user.splitlines() if line[1:2] == ")"}
        weights = [
            (3.0 if sour else 0.02) if "insult" in options[letter] else 1.0 for letter in request.letters
        ]
        found.append(Answer(tuple(math.log(one / sum(weights)) for one in weights)))
    return found


def case_of(imported, *settings):
    made = recorded_case(imported, "escalation", RULES, [*settings, "llm.store=none"])
    made.experiment = made.experiment.__class__(
        **{**vars(made.experiment), "mind": {**made.experiment.mind, "llm": made.llm}}
    )
    return made


MEMBER = ("mind=llm", "llm=fake", "prompt=member")


def test_it_is_asked_with_what_the_memory_favours_toggled(imported):
    case = case_of(imported, *MEMBER)
    assert not case.experiment.builder().settings.retriever.on
    other = with_other_memory(case)
    assert other.experiment.builder().settings.retriever == FAVOURS
    assert (
        with_other_memory(other).experiment.builder().settings.retriever
        == case.experiment.builder().settings.retriever
    )
    assert not other.inferred and other.record is case.record


def test_members_recall_other_things_first_under_it(imported, monkeypatch):
    firsts, real = {}, FakeModel.ask
    for biased in (False, True):
        case = case_of(imported, *MEMBER)
        case = with_other_memory(case) if biased else case
        seen = []
        with monkeypatch.context() as patch:
            patch.setattr(
                FakeModel, "ask", lambda self, requests, s=seen: s.extend(requests) or real(self, requests)
            )
            mind = case.mind()
            case.infer([0], mind)
            mind.close()
        lines = [[one for one in request.user.splitlines() if "You recall:" in one] for request in seen]
        firsts[biased] = sum("hostile answer" in found[0] for found in lines if len(found) > 1)
    assert firsts[False] > 0 and firsts[True] < firsts[False]


@pytest.mark.slow
def test_the_record_and_the_sentence_say_whether_the_answer_moves(imported, monkeypatch):
    monkeypatch.setattr(FakeModel, "ask", heeding)
    case = case_of(imported, *MEMBER)
    mind = case.mind()
    rude = case.acts.filter(pl.col("tone") == "hostile")["post"][0]
    record, _ = answer(case, ask(case, remove=int(rude)), mind, replicates=8, sensitivity=1)
    mind.close()
    memory = record["memory"]
    assert memory["favours"] and memory["futures"] == 2 and sum(memory["table"].values()) == 2
    said = [line for line in sensitivity(record) if "memory" in line]
    assert len(said) == 1 and "favours short texts" in said[0] and "so the answer hangs on it" in said[0]
    assert (memory["own"], memory["est"], memory["moves"], memory["matters"]) == (1.0, 0.0, -1.0, True)


@pytest.mark.slow
def test_nobody_is_asked_where_nothing_is_recalled(imported):
    for settings in (("mind=llm", "llm=fake"), ("mind=rules",)):
        case = case_of(imported, *settings)
        few = futures(case, 8)
        mind = case.mind()
        record, _ = answer(case, ask(case, lock=True, at="comment:4"), mind, replicates=4, sensitivity=1)
        mind.close()
        assert record["memory"] is None and not any("memory" in line for line in sensitivity(record))
        assert futures(case_of(imported, *MEMBER), 8) == few + 2 * (2 * 2 + 1)


def test_a_model_that_heeds_no_memory_gives_one_answer(imported, monkeypatch):
    def even(self, requests):
        return [Answer(tuple(-math.log(len(one.letters)) for _ in one.letters)) for one in requests]

    monkeypatch.setattr(FakeModel, "ask", even)
    case = case_of(imported, *MEMBER)
    mind = case.mind()
    question = ask(case, lock=True, at="comment:4")
    case.infer(range(2), mind, question)
    found = memory_sensitivity(case, question, mind, 2)
    mind.close()
    assert found["moves"] in (None, 0.0) and not found["matters"]
