"""Misinformation: detectors lie on their ROC curve, less is seen the more is found, and plausible is not causal."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm, spearmanr

from windtunnel import run
from windtunnel.policies.registry import make_policy
from windtunnel.sim import noise
from windtunnel.sim.communities import community
from windtunnel.sim.communities.misinformation.messages import written

SMALL = dict(seeds=1, dowhy=False)


def settings(**more: Any) -> Any:
    from windtunnel import conf

    config = dict(conf.content("community", "misinformation"))
    config["settings"] = config["settings"] | more
    return community("misinformation")(config).settings


def change(found: Any, outcome: str) -> np.ndarray:
    """The paired differences of an outcome, policy less baseline."""
    wide = found.runs.pivot("arm", index=["draw", "seed"], values=outcome)
    return (wide["policy"] - wide["baseline"]).to_numpy()


def messages(kind: str, count: int = 40_000) -> Any:
    ids = np.arange(count)
    world = SimpleNamespace(
        now=3,
        community=SimpleNamespace(members=SimpleNamespace(id=ids)),
        chance=lambda purpose, ids: noise.uniform(11, purpose, 3, ids),
    )
    return written(world, settings(success=1.0, mistaken=0.0), 1.0, ids, np.full(count, kind))  # type: ignore[arg-type]


@pytest.mark.parametrize("alarms", [0.02, 0.2])
@pytest.mark.parametrize(("kind", "apart"), [("tell", 0.0), ("invent", 1.5), ("generate", 2.0)])
def test_a_detector_lies_on_the_curve_of_two_normals(alarms, kind, apart):
    """Hits at so many false alarms are Phi(d' - z), within four standard errors of a count."""
    detector = make_policy("remove_false", {"false_alarms": alarms})
    made = messages(kind)
    hits = float((made.score > detector.threshold).mean())  # type: ignore[attr-defined]
    expected = norm.cdf(apart - norm.ppf(1 - alarms))
    assert hits == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / len(made)))


def test_a_guardrail_decides_how_much_is_generated():
    ids = np.arange(20_000)
    world = SimpleNamespace(
        now=0,
        community=SimpleNamespace(members=SimpleNamespace(id=ids)),
        chance=lambda purpose, ids: noise.uniform(5, purpose, 0, ids),
    )
    made = written(world, settings(), 0.3, ids, np.full(len(ids), "generate"))  # type: ignore[arg-type]
    assert len(made) / len(ids) == pytest.approx(0.3, abs=0.015) and made.generated.all()


def test_less_is_seen_the_more_is_found_and_the_earlier():
    seen = {
        name: change(run(community="misinformation", policy=policy, policy_with={policy: given}, draws=8, steps=24, **SMALL), "false_exposure")
        for name, policy, given in (
            ("strict", "remove_false", {"false_alarms": 0.2}),
            ("lax", "remove_false", {"false_alarms": 0.01}),
            ("late", "remove_false", {"false_alarms": 0.2, "latency": 72}),
            ("shown to fewer", "downrank_false", {"false_alarms": 0.2}),
        )
    }  # fmt: skip
    mean = {name: found.mean() for name, found in seen.items()}
    assert mean["strict"] < mean["lax"] < 0 and mean["strict"] < mean["late"] < 0
    assert mean["strict"] < mean["shown to fewer"] < 0


def test_a_gate_and_removal_at_once_stop_about_the_same():
    """The same detector before and right after publication; a gate leaves its writer free to pass on something else."""
    seen = [
        change(
            run(
                community="misinformation",
                policy=name,
                policy_with={name: {"false_alarms": 0.1}},
                draws=6,
                **SMALL,
            ),
            "false_exposure",
        ).mean()
        for name in ("publication_gate", "remove_false")
    ]
    assert max(seen) < 0 and seen[0] == pytest.approx(seen[1], rel=0.2)


def test_the_same_question_has_an_effect_only_where_beliefs_drive_disagreement():
    confounded, causal = (
        run(experiment=name, draws=8, **SMALL) for name in ("plausible_not_causal", "plausible_and_causal")
    )
    assert not change(confounded, "disagreement").any()
    assert change(causal, "disagreement").mean() < 0
    for found in (confounded, causal):
        assert found.runs.filter(pl.col("arm") == "baseline")["apparent_harm"].mean() > 0.2


def test_negative_words_follow_planted_disagreement():
    """Rank correlation over periods of six days of the words and of attitudes that tension stretches: at least .5 in the mean."""
    place = {
        f"community.settings.drives.{name}": value for name, value in (("belief", 0.0), ("tension", 0.6))
    }
    found = run(place, community="misinformation", policy="model_guardrail", draws=3, steps=120, **SMALL)
    rows = found.measures.filter(pl.col("arm") == "baseline").pivot(
        "measure", index=["draw", "step"], values="value"
    )
    periods = rows.group_by("draw", pl.col("step") // 6).agg(
        pl.col("negative").sum() / pl.col("scored").sum(), pl.col("disagreement").mean()
    )
    each = [spearmanr(one["negative"], one["disagreement"]).statistic for one in periods.partition_by("draw")]
    assert np.mean(each) >= 0.5


def test_a_captured_institution_stops_truths_and_no_other_does():
    stopped = {
        capture: run(
            community="misinformation",
            policy="truth_institution",
            policy_with={"truth_institution": {"capture": capture, "false_alarms": 0.001}},
            draws=6,
            **SMALL,
        ).runs.filter(pl.col("arm") == "policy")["true_stopped"]
        for capture in (0.0, 1.0)
    }
    assert stopped[0.0].mean() < 0.01 and stopped[1.0].mean() == pytest.approx(0.2, abs=0.04)  # type: ignore[operator]
