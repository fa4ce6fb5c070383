"""An information commons: its arithmetic by hand, a closed form of offers in turns, and no free lunch."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from windtunnel import conf, run
from windtunnel.sim.communities import community
from windtunnel.sim.communities.info_commons.economy import (
    Deal,
    alternating_share,
    builders_revenue,
    by_prompts,
    marginal_value,
    payment,
    quality,
)

SMALL = dict(community="info_commons", seeds=1, dowhy=False)
SETTINGS = community("info_commons")(conf.content("community", "info_commons")).settings  # type: ignore[attr-defined]


def means(found: Any, outcome: str) -> tuple[float, float]:
    """Without and with the policy."""
    return tuple(found.runs.filter(pl.col("arm") == arm)[outcome].mean() for arm in ("baseline", "policy"))  # type: ignore[return-value]


def test_quality_and_revenue_by_hand():
    assert quality(SETTINGS, 60.0) == pytest.approx(0.5) and quality(SETTINGS, 0.0) == 0
    assert builders_revenue(SETTINGS, 0.55) == pytest.approx(100 * 0.5 * 0.55 * 0.6)
    everything = marginal_value(SETTINGS, 30.0, 0.0)
    assert everything == pytest.approx(builders_revenue(SETTINGS, float(quality(SETTINGS, 200.0))))


def test_a_posted_price_is_a_share_of_revenue_by_use():
    deal = Deal(np.array([True, False, True]), "posted", 0.3, (0.9, 0.9), 1)
    assert payment(SETTINGS, deal, np.array([1.0, 2.0, 1.0]), 40.0, 0.3) == pytest.approx(0.3 * 40 / 2)


def test_nash_takes_its_power_of_the_marginal_value():
    outputs = np.array([5.0, 20.0, 5.0])
    half, all_ = (
        payment(SETTINGS, Deal(np.array([1, 0, 1], bool), "nash", b, (0, 0), 1), outputs, 40.0, b)
        for b in (0.5, 1.0)
    )
    assert all_ == pytest.approx(marginal_value(SETTINGS, 30.0, 20.0)) and half == pytest.approx(all_ / 2)


def test_a_pool_goes_where_the_questions_are():
    """Two topics, asked 2 to 1: who is alone in the first gets two thirds."""
    paid = by_prompts(np.array([0, 1, 1]), np.array([1.0, 3.0, 1.0]), 9.0, 2)
    assert paid == pytest.approx([6.0, 2.25, 0.75])


@pytest.mark.parametrize(("ours", "theirs"), [(0.9, 0.9), (0.5, 0.9), (0.9, 0.5)])
def test_offers_in_turns_are_accepted_at_once_at_the_share_of_the_closed_form(ours, theirs):
    given = {"bargaining": {"protocol": "alternating", "patience": ours, "builders_patience": theirs}}
    found = run(**SMALL, policy=["safe_harbour", "bargaining"], policy_with=given, draws=1, steps=4)
    acts = found.events.filter(pl.col("arm") == "policy", pl.col("kind").is_in(["offer", "accept", "refuse"]))
    assert acts["kind"].to_list() == ["offer", "accept"] and acts["step"].to_list() == [0, 0]
    assert acts["amount"][0] == pytest.approx(100 * alternating_share(ours, theirs), abs=0.5)


def test_a_builder_that_would_pay_nothing_gets_nothing_from_the_coalition():
    """Refused offers keep the coalition's output away: here producers propose all of it, and builders have time."""
    given = {"bargaining": {"protocol": "alternating", "patience": 0.9, "builders_patience": 0.0}}
    found = run(**SMALL, policy=["safe_harbour", "bargaining"], policy_with=given, draws=1, steps=2)
    acts = found.events.filter(pl.col("arm") == "policy", pl.col("kind") == "offer")
    assert acts["amount"][0] == 100  # an impatient builder pays all that the output is worth


def test_bargaining_of_all_keeps_producers_and_answers():
    found = run(**SMALL, policy=["safe_harbour", "bargaining"], draws=6)
    for outcome in ("active_producers", "answer_quality", "output_left"):
        before, after = means(found, outcome)
        assert after > before


def test_the_law_counts_in_whatever_order_the_policies_are_written():
    both = [
        run(**SMALL, policy=names, draws=1, steps=4).measures
        for names in (["safe_harbour", "bargaining"], ["bargaining", "safe_harbour"])
    ]
    assert both[0].equals(both[1])


def test_without_a_safe_harbour_a_coalition_is_no_larger_than_the_law_lets_it():
    one, many = (
        run(**SMALL, policy="bargaining", policy_with={"bargaining": {"coverage": c}}, draws=2)
        for c in (0.1, 1.0)
    )
    for table in ("events", "measures"):
        assert getattr(one, table).equals(getattr(many, table))


def test_what_is_not_enforced_is_ignored_by_bold_builders_alone():
    sure, never = (
        run(**SMALL, policy="robots_optout", policy_with={"robots_optout": {"enforcement": e}}, draws=4)
        for e in (1.0, 0.0)
    )
    assert not sure.events.filter(pl.col("kind") == "ignore").height
    assert never.events.filter(pl.col("kind") == "ignore")["member"].unique().to_list() == [1]
    assert means(sure, "answer_quality")[1] < means(never, "answer_quality")[1]
    assert means(never, "builder_concentration")[1] != means(sure, "builder_concentration")[1]


def test_an_intermediary_pays_where_use_is_hidden():
    hidden = {"community.settings.hidden": 0.4}
    alone, watched = (
        run(hidden, **SMALL, policy=policy, draws=4)
        for policy in (["safe_harbour", "bargaining"], ["safe_harbour", "intermediary", "bargaining"])
    )
    assert means(watched, "active_producers")[1] > means(alone, "active_producers")[1]
