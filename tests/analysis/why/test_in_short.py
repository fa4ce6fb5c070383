"""The three lines at the head of an answer follow the counts, and what a member is told stands in words."""

import pytest

from windtunnel.agents.situation import Feature
from windtunnel.analysis.causal.necessity import paired_estimates
from windtunnel.analysis.why.in_short import in_short
from windtunnel.analysis.why.parting import told_otherwise


def record(cells, quantity="ps_prev", **more):
    y0 = [int(cell[1]) for cell, count in cells.items() for _ in range(count)]
    y1 = [int(cell[2]) for cell, count in cells.items() for _ in range(count)]
    found = paired_estimates(y0, y1, direction="preventive")
    name = {"ps_prev": "ps", "pn_backfire": "pn_backfire"}[quantity]
    return {
        "table": {"n00": 0, "n01": 0, "n10": 0, "n11": 0} | cells,
        "quantity": quantity,
        "estimate": getattr(found, name)._asdict(),
        "question": "the cap",
        "outcome": "the stock ended",
        "happened": True,
        "notes": [],
        "recurrence_counts": {"happened": 9, "of": 10},
    } | more


@pytest.mark.parametrize(
    ("cells", "start"),
    [
        ({"n10": 60, "n00": 5}, "The cap would have averted it: 60 of 60 averted"),
        ({"n11": 60, "n00": 5}, "The cap would not have averted it: 0 of 60 averted"),
        ({"n10": 28, "n11": 32}, "The cap would perhaps have averted it: 28 of 60"),
        ({"n10": 45, "n11": 15}, "The cap would probably have averted it: 45 of 60"),
        ({"n00": 7}, "Nothing can be said: in none of 7 futures"),
    ],
)
def test_the_verdict_follows_the_interval(cells, start):
    verdict, sure, surer = in_short(record(cells))
    assert verdict.startswith(start)
    assert sure.startswith("How sure: ") and surer.startswith("What would make it surer: ")
    assert ("--replicates" in surer) == (sum(cells.get(name, 0) for name in ("n10", "n11")) < 100)


def test_whether_it_would_have_happened_without_is_the_share_turned_round():
    """60 futures with the cap have it, and 58 of these have it without the cap, too."""
    verdict, *_ = in_short(record({"n11": 58, "n01": 2}, "pn_backfire"))
    assert verdict.startswith("It would have happened without the cap: 2 of 60 not without it")


def test_an_act_that_came_too_late_says_so_first():
    verdict, *_ = in_short(record({"n11": 60}, notes=["It came too late: the threshold was reached."]))
    assert verdict.startswith("It came too late. The cap would not")


def test_what_a_member_is_told_otherwise_stands_in_words():
    says = {
        "heat": Feature("heat", (1.1,), ("The thread is calm.", "The thread has become a quarrel.")),
        "note": Feature("note", (0.5,), ("", "A notice says: be kind.")),
    }
    calm = {"features": {"heat": 0.9, "note": 0.0}, "says": says}
    assert told_otherwise(calm, calm) == ""
    noticed = {"features": {"heat": 1.06, "note": 1.0}, "says": says}
    assert told_otherwise(calm, noticed) == (
        "heat is higher (1.06 instead of 0.90), it reads \u201cA notice says: be kind.\u201d"
    )
    hot = {"features": {"heat": 1.3, "note": 0.0}, "says": says}
    assert told_otherwise(calm, hot) == (
        "it reads \u201cThe thread has become a quarrel.\u201d instead of \u201cThe thread is calm.\u201d"
    )
