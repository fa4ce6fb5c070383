"""Li and Pearl's benefit: their worked case, payoffs counted by hand, and no default for any of them."""

from fractions import Fraction

import pytest

from windtunnel.analysis.comparison.benefit import benefit, check_payoff, read_payoff


def test_the_published_churn_case(tested):
    """Li (2021), 5.3.1: 262 and 175 of 350, payoffs 100, -60, 0, -140: bounds -36/7 and -4/35; true mix -4."""
    counts = {"n01": 105, "n11": 157, "n00": 70, "n10": 18}
    assert (counts["n01"] + counts["n11"], counts["n10"] + counts["n11"]) == (262, 175)
    payoff = {"brought_about": 100, "always": -60, "never": 0, "backfire": -140}
    found = benefit(tested("p", counts), payoff, "generative", 0.95)
    assert found["bounds"]["low"] == pytest.approx(float(Fraction(-36, 7)), abs=1e-9)
    assert found["bounds"]["high"] == pytest.approx(float(Fraction(-4, 35)), abs=1e-9)
    paired = Fraction(105 * 100 - 157 * 60 - 18 * 140, 350)
    assert found["paired"]["est"] == pytest.approx(float(paired), abs=1e-9)
    assert found["bounds"]["low"] <= found["paired"]["est"] <= found["bounds"]["high"]


def test_each_kind_of_future_has_its_payoff(tested):
    """2 calm in both, 1 caused, 3 averted, 4 in both: (2*2 - 5 + 3*10 - 4) / 10 = 2.5."""
    payoff = {"averted": 10, "backfire": -5, "always": -1, "never": 2}
    one = tested("p", {"n00": 2, "n01": 1, "n10": 3, "n11": 4})
    assert benefit(one, payoff, "preventive", 0.95)["paired"]["est"] == pytest.approx(2.5)


def test_a_harm_prevented_is_its_absence_brought_about(tested):
    cells = {"n00": 12, "n01": 3, "n10": 9, "n11": 6}
    flipped = {"n11": 12, "n10": 3, "n01": 9, "n00": 6}
    prevented = {"averted": 3, "backfire": -2, "always": -1, "never": 1}
    brought = {"brought_about": 3, "backfire": -2, "never": -1, "always": 1}
    one = benefit(tested("p", cells), prevented, "preventive", 0.9)
    other = benefit(tested("p", flipped), brought, "generative", 0.9)
    assert one["paired"] == pytest.approx(other["paired"])
    assert one["bounds"] == pytest.approx(other["bounds"])


def test_where_gains_cancel_the_bounds_are_a_point(tested):
    """averted + backfire = always + never: the coupling does not matter, and paired equals both bounds."""
    payoff = {"averted": 3, "backfire": -1, "always": 0.5, "never": 1.5}
    found = benefit(tested("p", {"n00": 5, "n01": 2, "n10": 6, "n11": 3}), payoff, "preventive", 0.95)
    assert found["bounds"]["low"] == pytest.approx(found["bounds"]["high"])
    assert found["paired"]["est"] == pytest.approx(found["bounds"]["low"])


def test_no_payoff_has_a_default():
    with pytest.raises(ValueError, match="does not state never"):
        check_payoff({"averted": 1, "backfire": -1, "always": 0}, "preventive")
    with pytest.raises(ValueError, match="states averted: state brought_about"):
        check_payoff({"averted": 1, "backfire": -1, "always": 0, "never": 0}, "generative")


def test_payoffs_are_read_from_words():
    assert read_payoff("averted=1,backfire=-2.5") == {"averted": 1, "backfire": -2.5}
    for words, said in (("averted", "averted"), ("averted=nan", "nan"), ("averted=1,averted=2", "twice")):
        with pytest.raises(ValueError, match=said):
            read_payoff(words)
