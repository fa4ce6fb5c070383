"""Every policy of every community with all its parameters at their declared least, and most: it runs, and tells numbers alone."""

import warnings
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from tests.limits import check_numbers, ends, of_arm
from windtunnel.analysis.configuration import Plan, compose, plan
from windtunnel.analysis.library.settings import words
from windtunnel.analysis.runs.tables import Tables, tables
from windtunnel.policies.base import EVERY
from windtunnel.policies.registry import make_policy, policy_class, policy_names
from windtunnel.sim.block import in_order
from windtunnel.sim.communities import community_names
from windtunnel.sim.experiment import PolicySpec
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import run

CASES = [
    (community, policy)
    for community in community_names()
    for policy in policy_names(community)
    if EVERY not in policy_class(policy).fits
]


def all_at(policy: str, end: int, made: Plan) -> dict[str, Any]:
    """Its parameters at the least (0) or the most (-1); one that the others or the community then forbid is as it was."""
    community = made.experiment.community
    chosen: dict[str, Any] = {}
    for name, field in policy_class(policy).model_fields.items():
        found = [] if name in ("label", "start", "stop") else list(ends(field))
        for value in (found[end], [found[end]]) if found else ():
            try:
                one = make_policy(policy, chosen | {name: value})
                one.check_place(community["name"], community["settings"])
            except ValueError:
                continue
            chosen[name] = value
            break
    return chosen


@cache
def planned(community: str, needs: tuple[tuple[str, Any], ...]) -> Plan:
    """Three steps of a community in which a policy with these needs has something to act on."""
    asked: dict[str, Any] = {"community": community, "policy": "none", "baseline": "none", "steps": 3}
    if ("platform", "recommender") in needs:
        asked = {"experiment": "collective_recommender", "policy": "none", "baseline": "none"}
        needs = ()
    settings = {f"community.settings.{key}": value for key, value in needs}
    small = {"community.size": 30} if community == "forum" else {}
    return plan(compose(words([settings | small], asked | {"draws": 1, "seeds": 1})))


def lived(made: Plan, policy: str, given: dict[str, Any]) -> Tables:
    """Its runs in all three arms, all finished."""
    experiment = replace(made.experiment, policy=[PolicySpec(policy, given, policy)])
    made = replace(made, experiment=experiment)
    finished = in_order(run(experiment, make_mind))
    assert [one.reason for one in finished if one.status != "ok"] == []
    return tables(made, finished)


def test_bundles_that_no_feed_can_be_cut_into_are_refused_before_anything_runs():
    for place, objects in (("attention_feed", 24), ("collective_action", 200)):
        made = {"experiment": "collective_recommender"} if objects == 200 else {"community": place}
        asked = made | {"policy": "feed_granularity", "policy_with": {"feed_granularity": {"block": 7}}}
        with pytest.raises(ValueError, match=f"block is 7: give a divisor of the {objects} objects"):
            plan(compose(words([], asked)))


@pytest.mark.slow
@pytest.mark.parametrize(("community", "policy"), CASES)
def test_it_runs_at_its_limits_and_tells_numbers_alone(community, policy):
    made = planned(community, tuple(policy_class(policy).needs.get(community, {}).items()))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        for end in (0, -1):
            check_numbers(lived(made, policy, all_at(policy, end, made)), community)
        never = lived(made, policy, all_at(policy, -1, made) | {"stop": 0})
    for name in ("events", "members", "measures"):
        assert of_arm(never, name, "policy").equals(of_arm(never, name, "baseline")), name
