"""The three lines say what the counts say, and name what speaks against them first."""

import copy

import pytest

from windtunnel.analysis.why.three_lines import NO, OPEN, YES, three_lines

RECORD = {
    "incident": {"id": "escalation-1", "arm": "record"},
    "happened": True,
    "outcome": "an escalation",
    "question": "locking the thread",
    "quantity": "ps_prev",
    "table": {"n00": 2, "n01": 1, "n10": 40, "n11": 7},
    "estimate": {"est": 40 / 47, "low": 0.72, "high": 0.93},
    "replay": {"acts": 9, "reproduced": 9},
    "by_construction": None,
    "log_score": {"weak": False},
    "tone_errors": None,
}


def changed(**more):
    return copy.deepcopy(RECORD) | more


def test_the_verdict_has_the_counts_of_the_question():
    lines = three_lines(RECORD)
    assert lines.word == YES
    assert lines.verdict == (
        "Would locking the thread have averted it? Likely yes: it averts it in 40 of the 47 simulated futures that have it."
    )
    assert "between 72 and 93 in a hundred" in lines.how_sure


@pytest.mark.parametrize(
    ("estimate", "word"),
    [
        ({"est": 0.6, "low": 0.4, "high": 0.8}, OPEN),
        ({"est": 0.1, "low": 0.0, "high": 0.3}, NO),
        ({"est": None, "low": None, "high": None}, OPEN),
        ({"est": 0.5, "low": 0.5, "high": 0.9}, OPEN),
    ],
)
def test_yes_and_no_need_the_whole_interval(estimate, word):
    assert three_lines(changed(estimate=estimate)).word == word


def test_a_case_that_never_comes_up_is_open():
    lines = three_lines(changed(table={"n00": 9, "n01": 0, "n10": 0, "n11": 0}))
    assert lines.word == OPEN and "none of 9" in lines.verdict


@pytest.mark.parametrize("quantity", ["ps_prev", "pn_backfire", "pn_prev", "ps_backfire"])
def test_every_question_has_its_own_words(quantity):
    lines = three_lines(changed(quantity=quantity))
    assert lines.verdict.count("?") == 1 and " of the " in lines.verdict


@pytest.mark.parametrize(
    ("more", "how_sure", "surer"),
    [
        ({"replay": {"acts": 9, "reproduced": 8}}, "Not at all", "Import the record again"),
        ({"by_construction": "By construction: x."}, "By construction", "does not decide by itself"),
        ({"log_score": None}, "Weak", "A longer record"),
        ({"log_score": {"weak": True}}, "Weak", "More futures"),
        ({"tone_errors": {"low": 0.3, "high": 0.8}}, "from 0.30 to 0.80", "Label thirty texts"),
        ({}, "between 72 and 93", "with 200 instead of 50"),
        ({"estimate": {"est": 0.9, "low": 0.85, "high": 0.95}}, "between 85", "a trial among real members"),
    ],
)
def test_what_speaks_against_it_is_named_with_what_helps(more, how_sure, surer):
    lines = three_lines(changed(**more))
    assert how_sure in lines.how_sure and surer in lines.surer


def test_a_run_of_another_community_has_them_too():
    one = changed(incident={"id": "depletion-1", "arm": "baseline"})
    del one["log_score"], one["tone_errors"]
    assert "Weak" not in three_lines(one).how_sure


def test_whether_it_would_have_happened_without_is_no_where_most_would_not_have_it():
    table = {"n00": 2, "n01": 40, "n10": 1, "n11": 7}
    lines = three_lines(changed(quantity="pn_backfire", table=table))
    assert (
        lines.word == NO
        and "Would it have happened without locking the thread? Likely not: in 40 of the 47" in lines.verdict
    )


def test_an_act_that_came_too_late_says_so_first_and_few_futures_have_no_per_cent():
    lines = three_lines(changed(notes=["It came too late: the threshold was reached before."]))
    assert lines.verdict.startswith("It came too late. Would ")
    few = three_lines(
        changed(
            table={"n00": 0, "n01": 0, "n10": 1, "n11": 2}, estimate={"est": 1 / 3, "low": 0.01, "high": 0.9}
        )
    )
    assert "between 0.0 and 2.7 of 3, which is few" in few.how_sure
