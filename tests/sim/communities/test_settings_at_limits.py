"""Every community at the limits of its settings, with each of its policies: it runs and tells numbers alone, or says in a sentence what
would work."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from tests.limits import check_numbers, ends
from windtunnel import conf
from windtunnel.analysis.configuration import Plan, compose, plan
from windtunnel.analysis.library.settings import words
from windtunnel.analysis.runs.tables import tables
from windtunnel.policies.base import EVERY
from windtunnel.policies.registry import policy_class, policy_names
from windtunnel.sim.block import in_order
from windtunnel.sim.communities import community, community_names
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import run

LARGEST = 200
"""Settings are not put beyond it: a most of a million members says nothing of a rule."""
NAMES = community_names()


def policies(name: str) -> list[str]:
    """Those of the community itself."""
    return [one for one in policy_names(name) if EVERY not in policy_class(one).fits]


def sizes(name: str) -> Iterator[dict[str, Any]]:
    """One member, two, three; one step; each kind of member alone, and each left out."""
    for size in (1, 2, 3):
        yield {"community.size": size}
    yield {"steps": 1}
    kinds = list(conf.content("community", name).get("personas") or {})
    for kind in kinds if len(kinds) > 1 else ():
        yield {f"community.personas.{one}.share": float(one == kind) for one in kinds}
        yield {f"community.personas.{kind}.share": 0.0}


def at_limits(name: str) -> Iterator[dict[str, Any]]:
    """Each number of the settings at its least and at its most, all others as they are."""
    given = conf.content("community", name).get("settings") or {}
    for key, field in community(name).Settings.model_fields.items():
        now = given.get(key)
        for value in ends(field) if key in given and not isinstance(now, dict) else ():
            if isinstance(value, str) or abs(value) <= LARGEST:
                yield {f"community.settings.{key}": [value] * len(now) if isinstance(now, list) else value}


def planned(name: str, policy: str, given: dict[str, Any]) -> Plan | None:
    """Two steps of it; None where one sentence refuses them."""
    asked = {"community": name, "policy": policy, "baseline": "none", "steps": 2, "draws": 1, "seeds": 1}
    try:
        made = plan(
            compose(
                words(
                    [{k: v for k, v in given.items() if k != "steps"}],
                    asked | {k: v for k, v in given.items() if k == "steps"},
                )
            )
        )
        made.experiment.builder()
    except ValueError as error:
        said = str(error)
        assert 20 < len(said) < 300 and "\n" not in said
        return None
    return made


def check(name: str, policy: str, given: dict[str, Any]) -> bool:
    """Whether it ran; then every run is whole and holds numbers alone."""
    made = planned(name, policy, given)
    if made is None:
        return False
    finished = in_order(run(made.experiment, make_mind))
    assert [one.reason for one in finished if one.status != "ok"] == [], (policy, given)
    check_numbers(tables(made, finished), name)
    return True


@pytest.mark.parametrize("name", NAMES)
def test_two_members_in_one_step_are_lived_or_refused_in_a_sentence(name):
    check(name, policies(name)[0], {"community.size": 2, "steps": 1})


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("donor_game", {"community.size": 1}, "community.size is 1"),
        ("info_commons", {"community.size": 3}, "give 4 or more, so that somebody produces"),
        (
            "collective_action",
            {"community.size": 3},
            "the collectives have 1200 members together, and size is 3",
        ),
        ("places", {"community.personas.agent.share": 0.0}, "the shares of agent, person are all 0"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(name, given, said):
    config = compose(words([given], {"community": name}))
    with pytest.raises(ValueError, match=said) as refused:
        plan(config).experiment.builder()
    assert len(str(refused.value)) < 200


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_few_members_few_steps_and_one_kind_alone_work_with_every_policy(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        ran = [check(name, policy, given) for given in sizes(name) for policy in policies(name)]
    assert any(ran)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_each_setting_works_at_its_least_and_most(name):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        ran = [check(name, policies(name)[0], given) for given in at_limits(name)]
    assert any(ran)
