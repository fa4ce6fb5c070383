"""Rules of thumb: the records' schema, the chances by hand, and what telling people the rules does and does not do."""

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError
from scipy.special import expit

from windtunnel import conf, run
from windtunnel.sim.communities import community
from windtunnel.sim.communities.rules_of_thumb.norms import FOUNDATIONS, Rule, rules

LEVELS = ("none", "value", "rule")


def found(level: str, draws: int = 2, steps: int = 40, **more):
    return run(
        community="rules_of_thumb",
        policy="rules_visibility",
        policy_with={"rules_visibility": {"level": level}},
        draws=draws,
        seeds=1,
        steps=steps,
        dowhy=False,
        **more,
    ).runs.filter(pl.col("arm") == "policy")


def test_thirty_records_in_the_published_form_cover_all_foundations():
    known = rules()
    assert len(known) == 30 and {one.foundation for one in known} == set(FOUNDATIONS)
    assert len({one.act for one in known}) == 30 and {one.judgment for one in known} == {-2, -1, 0, 1, 2}
    with pytest.raises(ValidationError):
        Rule.model_validate(known[0].model_dump() | {"judgment": 3})


@pytest.fixture(scope="module")
def by_level():
    return {level: found(level) for level in LEVELS}


def test_the_more_is_told_the_fewer_rules_are_broken(by_level):
    rate = [by_level[level]["norm_violation_rate"].mean() for level in LEVELS]
    assert rate == sorted(rate, reverse=True) and rate[0] - rate[-1] > 0.1


def test_what_people_see_is_what_the_level_says_and_fine_acts_are_seen_better(by_level):
    for level, right in zip(LEVELS, (0.50, 0.60, 0.80), strict=True):
        runs = by_level[level]
        wrong, fine = 18 / 30, 12 / 30
        expected = wrong * (right - 0.1) + fine * min(1.0, right + 0.1)
        assert runs["normative_agreement"].mean() == pytest.approx(expected, abs=0.02)
        assert runs["acceptance_gap"].mean() == pytest.approx(0.2, abs=0.03)


def test_the_chance_of_a_violation_is_the_stated_logistic():
    """In the rules mind's own numbers: logistic(a - b pressure agreement - c judgment)."""
    made = community("rules_of_thumb")(conf.content("community", "rules_of_thumb"))
    scene = made.scene()
    mind = made.rules(scene)
    names = [feature.name for feature in scene.features]
    do = list(scene.actions.names).index("do")
    for pressure, judgment in ((0.0, 0.0), (1.5, 1.0), (2.0, 2.0)):
        row = np.zeros((1, len(names)))
        row[0, names.index("pressure")], row[0, names.index("judgment")] = pressure, judgment
        odds = row @ mind.weights + mind.alpha
        chance = np.exp(odds[0, do]) / np.exp(odds[0]).sum()
        assert chance == pytest.approx(expit(np.log(0.73 / 0.27) - 1.5 * pressure - 0.5 * judgment))


def test_seen_rightly_by_all_strong_pressure_is_broken_less():
    sure = {"community.settings.sees": 1.0, "community.settings.leniency": 0.0}
    runs = run(
        sure, community="rules_of_thumb", policy="rules_visibility", draws=2, seeds=1, steps=30, dowhy=False
    )
    shares = (
        runs.runs.select("normative_agreement", "needless_restraint", "norm_violation_rate").mean().row(0)
    )
    assert shares[0] == 1.0
    assert shares[1] == pytest.approx(0.27, abs=0.05) and shares[2] < 0.55
    assert (runs.runs["acceptance_gap"] == 0).all()
