"""The past of a question costs no call of a language model: every answer in it was given when the run was made."""

from dataclasses import replace

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.incidents.forum.acts import read_acts
from windtunnel.analysis.incidents.forum.find import find, load_rules
from windtunnel.analysis.models.asking import probe_of
from windtunnel.analysis.models.serving import serving
from windtunnel.analysis.why.case import WITH, WITHOUT, simulate_futures
from windtunnel.analysis.why.forum.case import simulated_forum
from windtunnel.analysis.why.forum.question import ask
from windtunnel.policies.registry import policy_class, policy_names

RULES = {**load_rules({"escalation": {"threshold": 0.5, "window": 24}})}
STEPS = 8
FURNISHED = [name for name in policy_names("forum") if "forum" in policy_class(name).needs]
"""Policies that need settings of the forum."""


def lived(place, prompt, *settings):
    """The first incident of a run by a language model under `place`."""
    words = [
        "mind=llm",
        "llm=fake",
        f"prompt={prompt}",
        f"llm.store={place / 'store.sqlite'}",
        "policy=none",
    ]
    size = ["baseline=none", "community.size=60", "draws=1", "seeds=2", f"steps={STEPS}", "dowhy=false"]
    assert main(["run", *words, *size, *settings, f"out={place / 'out'}"]) == 0
    acts, hours = read_acts(place / "out")
    acts = acts.filter(pl.col("arm") == "baseline")
    return simulated_forum(place / "out", find(acts, RULES, hours)[0].id, RULES)


@pytest.fixture(scope="module", params=["archetype", "member"])
def case(request, tmp_path_factory):
    return lived(tmp_path_factory.mktemp("asked"), request.param)


@pytest.fixture(scope="module", params=["archetype", "member"])
def furnished(request, tmp_path_factory):
    """The same of a forum that has what any policy needs."""
    needed = {item for name in FURNISHED for item in policy_class(name).needs["forum"].items()}
    settings = [f"community.settings.{key}={value}" for key, value in needed]
    return lived(tmp_path_factory.mktemp("furnished"), request.param, *settings)


def counted(case, question, numbers):
    """What living futures on both sides of a question cost, and the first of them."""
    case = case.noticing(question.raised)
    with serving(case.experiment, case.llm, probe_of(case.experiment)) as experiment:
        mind = replace(case, experiment=experiment).mind()
        branches = [question.branch(arm, number=number) for arm in (WITHOUT, WITH) for number in numbers]
        runs = simulate_futures(case, branches, mind).runs
        record = mind.record()
        mind.close()
    return record, runs[0]


@pytest.mark.parametrize("name", [name for name in policy_names("forum") if name not in ("none", *FURNISHED)])
def test_a_past_is_lived_again_without_a_call_whatever_policy_follows(case, name):
    question = ask(case, with_=name, at=str(STEPS))
    record, unchanged = counted(case, question, (None, 0))
    assert record["calls"] == 0 < record["store_hits"]
    recorded = case.replay(unchanged)
    assert recorded["acts"] == recorded["reproduced"] > 0


@pytest.mark.parametrize("name", FURNISHED)
def test_so_is_the_past_of_a_policy_that_needs_settings(furnished, name):
    test_a_past_is_lived_again_without_a_call_whatever_policy_follows(furnished, name)


def test_a_future_after_the_moment_is_asked_about(case):
    record, _ = counted(case, ask(case, with_="thread_lock", at="2"), range(4))
    assert record["store_hits"] > 0 and (record["calls"] > 0 or case.experiment.mind["prompt"] == "archetype")
