"""The words for people: counts first, no percentage of a few, chance apart from what seeds do not shrink."""

import re

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis import summary
from windtunnel.analysis.causal.estimates import estimate_pairs
from windtunnel.analysis.causal.questions import QUESTIONS
from windtunnel.analysis.report.measures import differences, divergence
from windtunnel.analysis.report.policies_told import policies_told

CELLS = {"n00": (0, 0), "n01": (0, 1), "n10": (1, 0), "n11": (1, 1)}


def record(n00, n01, n10, n11, *, direction="preventive", draws=8, **options):
    """Estimates of a table by hand; pairs are dealt to the draws in turn."""
    counts = dict(n00=n00, n01=n01, n10=n10, n11=n11)
    rows = [cell for name, cell in CELLS.items() for _ in range(counts[name])]
    y0, y1 = np.array(rows).T
    at = np.arange(len(rows))
    pairs = pl.DataFrame({"draw": at % draws, "seed": at // draws, "y0": y0, "y1": y1})
    chosen = dict(outcome="escalation", direction=direction, coupling="gumbel-max", threshold=4, dowhy=False)
    return estimate_pairs(pairs, **chosen | options)


LARGE = dict(n00=30, n01=2, n10=23, n11=25)


def test_the_headline_counts_futures_as_people_do():
    assert summary.headline(record(**LARGE)) == (
        "In 48 of 80 simulated futures the thread escalated without the policy; the policy stopped 23 of these 48, "
        "and caused it in 2 of the other 32."
    )
    whole = {"failed": 0}
    assert re.fullmatch(
        r"stopped 23 of 48, caused 2 of 32; net 21 fewer of 80 futures \(\d+ fewer to \d+ fewer\)",
        summary.one_line(record(**LARGE), whole),
    )
    good = record(
        n00=20, n01=9, n10=1, n11=10, direction="generative", outcome="newcomer_return", threshold=0.4
    )
    assert summary.headline(good) == (
        "In 11 of 40 simulated futures newcomer return reached 0.4 without the policy; the policy brought it about "
        "in 9 of the other 29, and prevented it in 1 of these 11."
    )
    assert summary.one_line(good, whole).startswith(
        "brought about 9 of 29, prevented 1 of 11; net 8 more of 40 futures ("
    )
    assert summary.one_line(None, {"failed": 3}) == "no pair is complete; 3 runs failed"
    withheld = {"claim": "withheld", "claim_reason": "a control failed"}
    assert summary.one_line(withheld, whole) == "no claim: a control failed"


@pytest.mark.parametrize(
    "direction, key, num, den",
    [
        ("preventive", "ps", 23, 48),
        ("preventive", "pn_backfire", 2, 27),
        ("preventive", "pn", 23, 53),
        ("preventive", "ps_backfire", 2, 32),
        ("generative", "pn", 2, 27),
        ("generative", "ps", 2, 32),
        ("generative", "pn_backfire", 23, 53),
        ("generative", "ps_backfire", 23, 48),
    ],
)
def test_each_cell_of_the_question_table_has_its_sentence(direction, key, num, den):
    found = record(**LARGE, direction=direction)
    question = next(question for question in found["questions"] if question["key"] == key)
    given, then = next(row[4:] for row in QUESTIONS[direction] if row[0] == key)
    line = summary.question_line(question)
    assert line.startswith(
        f"In {den} simulated futures {given}; in {num} of them {then} ({num / den:.0%}, interval "
    )


def test_below_twenty_cases_no_sentence_holds_a_percentage():
    found = record(n00=19, n01=0, n10=19, n11=0)
    lines = {question["key"]: summary.question_line(question) for question in found["questions"]}
    assert "%" not in lines["ps"] and "of 19)" in lines["ps"], "19 futures: the interval is in counts"
    assert "%" in lines["pn"], "38 futures"
    few = " ".join(summary.answer(record(n00=5, n01=1, n10=4, n11=5)))
    assert "%" not in few


def test_an_undefined_quantity_is_said_to_have_no_future_and_no_number():
    found = record(n00=10, n01=0, n10=0, n11=30)
    assert summary.net(found).startswith("Net change with the policy: none of 40 futures")
    empty = record(n00=40, n01=0, n10=0, n11=0)
    line = next(summary.question_line(q) for q in empty["questions"] if q["key"] == "ps")
    assert line == "There is no simulated future in which it happened without the policy."
    assert summary.coupling_counts(empty, empty["questions"][0]) is None


def test_the_verdict_speaks_of_an_effect_only_beyond_chance():
    assert summary.verdict(record(**LARGE)).endswith("less often inside this model, beyond chance")
    assert summary.verdict(record(n00=30, n01=23, n10=2, n11=25)).endswith(
        "more often inside this model, beyond chance"
    )
    assert "chance alone could explain it" in summary.verdict(record(n00=30, n01=2, n10=3, n11=25))
    assert summary.verdict(record(n00=30, n01=0, n10=0, n11=25)).startswith("The policy changed in no pair")
    assert summary.verdict(record(**LARGE, draws=1)).startswith("One community was drawn")


def test_chance_and_spread_are_said_apart():
    found = record(**LARGE)
    assert "more draws and seeds shrink it" in summary.chance(found)
    assert "more seeds do not shrink it" in summary.spread(None)
    assert "for this one, over its 80 seeds" in summary.chance(record(**LARGE, draws=1))


def test_the_bounds_without_coupling_are_told_in_the_same_futures():
    found = record(**LARGE)
    ps = next(question for question in found["questions"] if question["key"] == "ps")
    # 48 had it without, 27 with: at least 21 were stopped, and no more than all 48 where 53 stayed calm.
    assert summary.coupling_counts(found, ps) == "21 to 48 of 48"


def test_a_withheld_claim_says_why_and_no_number_of_effect():
    found = record(**LARGE, controls={"passed": False, "reason": "trait rate differs in 3 pairs"})
    lines = summary.answer(found)
    assert any("No claim is made" in line and "trait rate differs in 3 pairs" in line for line in lines)
    assert not any("stopped" in line or "%" in line for line in lines)
    assert lines[-1] == summary.INSIDE


def test_lost_pairs_come_with_their_worst_case():
    assert summary.lost(record(**LARGE)) is None
    said = summary.lost(record(**LARGE, lost=2))
    assert (
        said
        == "2 pairs were lost; however they had ended, the net change lies between 23 fewer and 19 fewer of 82 futures."
    )


def test_the_terminal_shows_no_control_or_bidirectional_characters():
    found = record(**LARGE, outcome="esc\x1b[31m\u202eape")
    assert not any("\x1b" in line or "\u202e" in line for line in summary.short_answer(found, None, None))


def runs(values):
    rows = [
        {"draw": draw, "seed": seed, "arm": arm, "status": "ok", "first_divergence": 3 if arm == "policy" and seed else None,
         "moderator_actions": float(value[arm == "policy"]), "posts_kept": 5.0}
        for (draw, seed), value in values.items()
        for arm in ("baseline", "policy")
    ]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"first_divergence": pl.Int32})


def test_other_outcomes_are_read_by_interval_and_polarity():
    table = runs({(draw, seed): (10 + draw, 5 + draw + draw % 3) for draw in range(6) for seed in range(2)})
    acts, posts = sorted(differences(table, {"posts_kept"}, 0.95), key=lambda one: one.outcome.name)
    assert (acts.without, acts.under, acts.change.est, acts.reading) == (12.5, 8.5, -4, "better")
    assert posts.reading == "the same" and posts.forced and not acts.forced


def test_one_community_or_a_mixed_change_is_unclear():
    mixed = runs({(draw, 0): (10, 10 + (-1) ** draw) for draw in range(4)})
    single = runs({(0, seed): (10, 8) for seed in range(4)})
    for table in (mixed, single):
        found = {one.outcome.name: one.reading for one in differences(table, set(), 0.95)}
        assert found == {"moderator_actions": "unclear", "posts_kept": "the same"}


def test_pairs_that_never_part_are_counted():
    found = divergence(runs({(draw, seed): (1, 1) for draw in range(3) for seed in range(2)}))
    assert (found.never, found.pairs) == (3, 6)
    assert found.points.rows() == [(3, 3)]


def test_a_policy_is_told_by_what_it_does_and_its_numbers():
    config = {"policy": [["rate_limit", {"start": 0, "stop": None, "most": 3}], ["one_place", {"start": 7}]]}
    assert policies_told(config) == [
        "Rate limit: nobody writes more than so many messages a step (most 3).",
        "One place: everybody writes at home alone (from step 7).",
    ]
    assert policies_told({"policy": []}) == []
    assert policies_told({"policy": [["of_a_package_that_is_gone", {}]]}) == []
    assert policies_told({"policy": [["one_place", {}]] * 5}) == []
