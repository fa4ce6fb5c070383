"""Futures of a record that processes share are those of one process, in the same order, and progress is told of all of them."""

import numpy as np
import pytest

from tests.analysis.why.test_recorded import RULES, quarrel
from windtunnel.analysis.why.forum import in_parts
from windtunnel.analysis.why.forum.answer_record import answer
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.in_parts import Ask, lived
from windtunnel.analysis.why.forum.question import ask


@pytest.fixture
def case(tmp_path, import_rows):
    return recorded_case(import_rows(tmp_path, quarrel()), "escalation", RULES, [])


@pytest.fixture
def shared(monkeypatch):
    """Two processors, and nothing too little for them."""
    monkeypatch.setattr(in_parts, "processors", lambda: 2)
    monkeypatch.setattr(in_parts, "SHARED_FROM", 0)
    monkeypatch.setattr(in_parts, "LEAST", 3)


def test_an_answer_is_the_same_whoever_lives_its_futures(case, shared, monkeypatch):
    first, many = _answered(case)
    monkeypatch.setattr(in_parts, "processors", lambda: 1)
    second, alone = _answered(recorded_case(case.out, "escalation", RULES, []))
    decided = [record.pop("mind")["decisions"] for record in (first, second)]
    assert first == second
    assert alone > 0 and many >= alone  # the record is led once for each part
    assert decided[0] >= decided[1] > 0


def _answered(case):
    """The answer's record, and how many moments were told of."""
    told, mind = [], case.mind()
    case.note = told.append
    record, _ = answer(case, ask(case, lock=True, at="comment:2"), mind, replicates=9, sensitivity=2)
    mind.close()
    return record, sum(told)


def test_parts_keep_the_order_of_numbers(case, shared):
    made = case.mind()
    question = ask(case, lock=True, at="comment:2")
    asks = [Ask(case, range(7)), Ask(case, [-1 - number for number in range(8)])]
    parted = lived(asks, question, made)
    for ask_, both in zip(asks, parted, strict=True):
        one_by_one = [lived([Ask(case, [number])], question, made)[0] for number in ask_.numbers]
        for arm in range(2):
            assert len(both[arm].y) == len(ask_.numbers)
            assert np.array_equal(both[arm].severity, [one[arm].severity[0] for one in one_by_one])
    made.close()


def test_a_future_that_cannot_be_lived_is_told_from_any_process(case, shared, monkeypatch):
    made = case.mind()
    question = ask(case, lock=True, at="comment:2")
    broken = question._replace(schedules={arm: _breaks for arm in question.schedules})
    with pytest.raises(ValueError, match="cannot be made"):
        lived([Ask(case, range(6))], broken, made)
    made.close()


def _breaks(step):
    raise ValueError("a policy that cannot be made")
