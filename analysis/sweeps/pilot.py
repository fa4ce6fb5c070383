"""The real test that a simulation suggests: its metric, its unit, how many of them, and when to stop.

A real test has no twins: communities (or parts of them) are put into one arm or the other, and what differs between
communities stays in the comparison. How much that is, is learnt from the draws of the simulation.
"""

from collections.abc import Mapping
from math import sqrt
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.causal.questions import CAVEAT
from windtunnel.analysis.outcomes import Part, find_outcome
from windtunnel.sim.communities import declared

MOST = 1_000_000
PRUDENT = 0.83
"""A plan takes the intraclass correlation that the true one exceeds in 17 of 100 pilots: with the point estimate
every second plan falls short of its power. Tried on `bench/coverage.py`, with half a standard error for the rate."""


class Alike(NamedTuple):
    """How alike the runs of one community are: intraclass correlation, with the limits of its interval."""

    icc: float
    low: float
    high: float
    between: float
    """Variance between communities, of the 0/1 outcome."""
    within: float
    """Variance within a community."""


def alike(y: Any, draw: Any, confidence: float = 0.95) -> Alike | None:
    """Intraclass correlation of a 0/1 outcome by one-way analysis of variance, never below 0; Donner & Klar (2000).

    Its interval is Searle's (1971), exact for normal data. None with one draw, or with one run in each, where
    nothing can be learnt of it. Where nothing varies at all it is 0.
    """
    from scipy.special import fdtri

    y = np.asarray(y, float)
    labels = np.unique(np.asarray(draw), return_inverse=True)[1]
    size = np.bincount(labels)
    groups, n = len(size), len(y)
    if groups < 2 or n == groups:
        return None
    means = np.bincount(labels, y) / size
    among = float((size * (means - y.mean()) ** 2).sum()) / (groups - 1)
    inside = float(((y - means[labels]) ** 2).sum()) / (n - groups)
    full = (n - (size**2).sum() / n) / (groups - 1)
    between = max(0.0, (among - inside) / full)
    if among + inside == 0:
        return Alike(0.0, 0.0, 1.0, 0.0, 0.0)
    if inside == 0:
        return Alike(1.0, 0.0, 1.0, between, 0.0)
    tail = (1 + confidence) / 2
    limits = (
        (among / inside) / float(fdtri(groups - 1, n - groups, tail)),
        (among / inside) * float(fdtri(n - groups, groups - 1, tail)),
    )
    low, high = (min(1.0, max(0.0, (f - 1) / (f + full - 1))) for f in limits)
    return Alike(between / (between + inside), low, high, between, inside)


def prudent(y: Any, draw: Any) -> tuple[float, float]:
    """The correlations to plan with: high for whole communities, low for parts of them; see `PRUDENT`."""
    found = alike(y, draw, 2 * PRUDENT - 1)
    return (0.0, 0.0) if found is None else (found.low, found.high)


def prudent_rate(rate: float, error: float) -> float:
    """A rate moved half its standard error towards 1/2, where it varies most.

    >>> prudent_rate(0.3, 0.1), prudent_rate(0.48, 0.1)
    (0.35, 0.5)
    """
    return min(0.5, rate + error / 2) if rate < 0.5 else max(0.5, rate - error / 2)


def design_effect(icc: float, per_community: int) -> float:
    """How many times more observations a test of whole communities needs; Kish (1965).

    >>> design_effect(0.05, 21)
    2.0
    """
    return 1 + (per_community - 1) * icc


def power_of(units: int, effect: float, variance: float, alpha: float) -> float:
    """Chance that a two-sided t test of two arms of `units` each finds `effect`; noncentral t."""
    from scipy.stats import chi2, nct, norm, t

    freedom = 2 * (units - 1)
    if freedom < 1:
        return 0.0
    if variance <= 0:
        return 1.0
    shift, limit = effect / sqrt(2 * variance / units), t.isf(alpha / 2, freedom)
    found = float(nct.sf(limit, freedom, shift) + nct.cdf(-limit, freedom, shift))
    if np.isfinite(found):
        return found
    error = np.sqrt(
        chi2.ppf((np.arange(2000) + 0.5) / 2000, freedom) / freedom
    )  # where scipy's law gives nan
    return float((norm.sf(limit * error - shift) + norm.cdf(-limit * error - shift)).mean())


def units_needed(effect: float, variance: float, *, power: float, alpha: float) -> int:
    """Least number of units in each arm with which the test has this power; `ValueError` beyond a million."""
    low, high = 1, 2
    while power_of(high, effect, variance, alpha) < power:
        low, high = high, 2 * high
        if high > 2 * MOST:
            raise ValueError(
                f"a test of an effect of {effect:g} would need more than a million units an arm: "
                "state a larger --smallest-effect"
            )
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power_of(middle, effect, variance, alpha) >= power else (middle, high)
    return high


class Wanted(NamedTuple):
    """What a test is to find, and how surely."""

    effect: float
    power: float
    alpha: float
    per_community: int
    """Observations that each community gives."""


def pilot(
    pairs: pl.DataFrame,
    manifest: Mapping[str, Any],
    estimates: Mapping[str, Any],
    runs: pl.DataFrame | None = None,
    *,
    smallest_effect: float = 0.05,
    power: float = 0.8,
    alpha: float = 0.05,
    per_community: int = 10,
    confidence: float = 0.95,
) -> dict[str, Any]:
    """A real test's metric, unit, size and stopping rule, from a finished run's pairs (draw, y_baseline, y_policy).

    `per_community` is how many observations (parts or windows) each community will give. `ValueError` for
    numbers that no test can have, for an effect larger than the rate leaves room for, and for too few runs.
    """
    _check(smallest_effect, power, alpha, per_community)
    wanted = Wanted(smallest_effect, power, alpha, per_community)
    whole = pairs.drop_nulls(["y_baseline", "y_policy"])
    if whole.is_empty():
        raise ValueError("no pair of this run is complete: nothing can be learnt from it")
    y0, y1, draw = (whole[name].to_numpy() for name in ("y_baseline", "y_policy", "draw"))
    outcome, config = manifest["outcome"], manifest["config"]
    harm = outcome["polarity"] == "harm"
    p0, p1 = _rates(y0, outcome["name"], -smallest_effect if harm else smallest_effect)
    found = alike(y0, draw, confidence)
    part = find_outcome(outcome["name"]).part
    observation = part.noun if part else "window"
    designs, chosen = _designs(wanted, found, y0, draw, (p0, p1), observation)
    return {
        "smallest_effect": smallest_effect,
        "power": power,
        "alpha": alpha,
        "metric": _metric(manifest, part),
        "observation": observation,
        "hours": config["steps"] * config["community"]["step_hours"],
        "direction": "lower" if harm else "higher",
        "p0": p0,
        "p1_at_smallest_effect": p1,
        "alike": found._asdict() if found else None,
        "per_community": per_community,
        "designs": designs,
        "recommended": chosen,
        "leakage": _leakage(runs, part) if part else None,
        "if_as_simulated": _as_simulated(
            estimates, harm, y1, _variance(p0, p1), chosen, found.icc if found else 0.0, alpha
        ),
        "stopping": _stopping(chosen["units_an_arm"], alpha),
        "rests_on": _rests_on(found, whole, manifest, estimates, confidence),
        "variance_ratio": estimates.get("variance_ratio"),
        "caveat": CAVEAT,
    }


def _rates(y0: np.ndarray, outcome: str, change: float) -> tuple[float, float]:
    """The rate without the policy and with a policy that changes it by so much; `ValueError` where there is no room."""
    p0 = float(y0.mean())
    if not 0 < p0 < 1:
        raise ValueError(
            f"{outcome} happened in {int(y0.sum())} of {len(y0)} simulated futures without the policy: a test "
            "needs an outcome that sometimes happens and sometimes does not; change outcome.threshold"
        )
    if not 0 <= p0 + change <= 1:
        raise ValueError(
            f"an effect of {abs(change):g} is more than there is room for: without the policy "
            f"{outcome} happens in {p0:.3f} of futures; state a smaller --smallest-effect"
        )
    return p0, p0 + change


def _variance(*rates: float) -> float:
    """Variance of one 0/1 observation, the mean over arms with these rates."""
    return sum(p * (1 - p) for p in rates) / len(rates)


def _designs(
    wanted: Wanted,
    found: Alike | None,
    y0: np.ndarray,
    draw: np.ndarray,
    rates: tuple[float, float],
    observation: str,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Every design that the runs allow to plan, and the one to recommend: whole communities, as many observations as asked."""
    spread = _variance(*rates)
    designs = [_design(wanted, "community", 1, 0.0, spread)]
    if found is None:
        return designs, designs[0]
    least, most = prudent(y0, draw)
    wide = _variance(*(prudent_rate(p, _error(y0, draw)) for p in rates))
    each = wanted.per_community
    if each > 1:
        designs.append(_design(wanted, "community", each, most, wide))
        for name, icc in (("point", found.icc), ("upper", found.high)):
            other = _design(wanted, "community", each, icc, spread)
            designs[-1][f"units_at_the_{name}_icc"] = other["units_an_arm"]
        designs[-1]["icc"] = most
    chosen = designs[-1]
    return [*designs, _design(wanted, observation, each, least, wide)], chosen


def _design(wanted: Wanted, unit: str, each: int, icc: float, variance: float) -> dict[str, Any]:
    """The size of a test that puts whole communities into an arm, or (any other unit) observations of every community."""
    if unit == "community":
        more = design_effect(icc, each)
        units = units_needed(wanted.effect, variance * more / each, power=wanted.power, alpha=wanted.alpha)
        observations = units * each
    else:  # every community has both arms: what is between communities cancels
        more = 1 - icc
        units = units_needed(wanted.effect, variance * more, power=wanted.power, alpha=wanted.alpha)
        observations = units
    return {
        "unit": unit,
        "per_community": each,
        "design_effect": more,
        "units_an_arm": units,
        "observations_an_arm": observations,
    }


def _stopping(units: int, alpha: float) -> dict[str, Any]:
    return {
        "success": f"once, when all {units} communities of each arm are in",
        "harm": (
            "pair communities of both arms as they come in; after each pair, stop if the policy's arm is worse "
            f"and evidence that the arms differ reaches {1 / alpha:g} to 1 (analysis.sequential.evidence)"
        ),
        "harm_level": alpha,
    }


def _error(y: np.ndarray, draw: np.ndarray) -> float:
    """Standard error of the rate, over draws; 0 with one."""
    labels = np.unique(draw, return_inverse=True)[1]
    means = np.bincount(labels, y) / np.bincount(labels)
    return float(means.std(ddof=1) / sqrt(len(means))) if len(means) > 1 else 0.0


def _check(effect: float, power: float, alpha: float, per_community: int) -> None:
    for name, value, low, high in (
        ("--smallest-effect", effect, 0, 1),
        ("--power", power, 0.5, 1),
        ("--alpha", alpha, 0, 0.5),
    ):
        if not low < value < high:
            raise ValueError(f"{name} is {value:g}: it must lie between {low} and {high}")
    if per_community < 1:
        raise ValueError(f"--per-community is {per_community}: give 1 or more")


def _metric(manifest: Mapping[str, Any], part: Part | None) -> str:
    outcome, config = manifest["outcome"], manifest["config"]
    hours = config["steps"] * config["community"]["step_hours"]
    over = part.which if part else "windows"
    return (
        f"share of {over}, each watched for {hours:g} hours, in which {outcome['name'].replace('_', ' ')} reaches "
        f"{outcome['threshold']:g} ({outcome['unit']})"
    )


def _leakage(runs: pl.DataFrame | None, part: Part) -> dict[str, Any] | None:
    """Whether what is counted outside the watched part changed with the policy, which was on there, too: a run's mean."""
    if runs is None or part.elsewhere not in runs.columns:
        return None
    from windtunnel.analysis.causal.intervals import FEW, mean_difference

    ok = runs.filter(pl.col("status") == "ok")
    arms = [
        ok.filter(pl.col("arm") == arm).select("draw", "seed", there=part.elsewhere)
        for arm in ("baseline", "policy")
    ]
    both = arms[0].join(arms[1], on=["draw", "seed"], suffix="_policy").drop_nulls()
    change = (both["there_policy"] - both["there"]).to_numpy()
    found = mean_difference(change, both["draw"].to_numpy())
    moved: bool | None = None
    if found.low is not None and found.high is not None:
        moved = not found.low <= 0 <= found.high
    elif len(change) and not change.any():
        moved = False
    elif (
        found.est and both["draw"].n_unique() > FEW
    ):  # every draw by the same amount: chance has no part in it
        moved = True
    return found._asdict() | {"beyond_chance": moved, "what": part.leak}


def _as_simulated(
    estimates: Mapping[str, Any],
    harm: bool,
    y1: np.ndarray,
    spread: float,
    chosen: Mapping[str, Any],
    icc: float,
    alpha: float,
) -> dict[str, Any] | None:
    """The net change that was simulated (with less without the policy), and the chance that the recommended test finds it.

    `wrong_direction` says whether it is a change for the worse, `against` whether its interval leaves zero out there.
    """
    rd = estimates.get("rd") or {}
    if rd.get("est") is None:
        return None
    worst, worse = ("low", 1) if harm else ("high", -1)
    each = chosen["per_community"]
    variance = spread * design_effect(icc if each > 1 else 0.0, each) / each
    return {
        "effect": rd["est"],
        "low": rd.get("low"),
        "high": rd.get("high"),
        "wrong_direction": worse * rd["est"] > 0,
        "against": worse * (rd.get(worst) or 0) > 0,
        "by_construction": bool(estimates.get("by_construction")),
        "p1": float(y1.mean()),
        "power": power_of(chosen["units_an_arm"], abs(rd["est"]), variance, alpha),
    }


def _kind(community: Mapping[str, Any]) -> str:
    """What communities of a simulation have in common."""
    profile = (community.get("profile") or {}).get("name")
    return f"profile, {profile}" if profile else f"set of rules, {community['name']}"


def _rests_on(
    found: Alike | None,
    whole: pl.DataFrame,
    manifest: Mapping[str, Any],
    estimates: Mapping[str, Any],
    confidence: float,
) -> list[str]:
    draws, config = whole["draw"].n_unique(), manifest["config"]
    rate = f"{int(whole['y_baseline'].sum())} of {len(whole)}"
    lines = [
        f"The rate without the policy is the simulation's ({rate} futures), not measured in your communities.",
        f"Communities are those of one {_kind(config['community'])}, "
        f"{config['community']['size']} {declared(config['community']).nouns.members} each; yours may differ more from each other, and then more are needed.",
    ]
    if found is None:
        lines.append(
            "How alike observations of one community are cannot be learnt from one draw or one seed each: run again "
            "with seeds=5 before planning more than one observation a community."
        )
    else:
        lines.append(
            f"How alike observations of one community are (intraclass correlation {found.icc:.3f}) was learnt from "
            f"{draws} draws; its {confidence:.0%} interval is {found.low:.3f} to {found.high:.3f}."
        )
        if draws < 20:
            lines.append(f"{draws} draws are few for that: 20 or more would narrow it.")
    fidelity = estimates.get("fidelity")
    lines.append(
        "The model was never compared with a real community."
        if not isinstance(fidelity, Mapping) or not fidelity.get("causal", fidelity.get("sentence"))
        else "The model was compared with a real community; see the report."
    )
    lines.append(
        "Measure the rate and its spread in the first communities without the policy, and compute the size again."
    )
    return lines
