"""From a table of pairs to estimates.json: quantities, bounds, checks, and what they rest on."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from windtunnel.analysis.causal.assumptions import assumptions
from windtunnel.analysis.causal.intervals import (
    FEW,
    Estimate,
    mean_difference,
    seen_difference,
    standard_error,
)
from windtunnel.analysis.causal.necessity import (
    QUANTITIES,
    Paired,
    bound_intervals,
    check_direction,
    coupling_free,
    interval_methods,
    paired_estimates,
)
from windtunnel.analysis.causal.pairs import check_pairs, complete, read_pairs, variance_ratio, worst_case
from windtunnel.analysis.causal.questions import CAVEAT, questions
from windtunnel.analysis.causal.table_checks import table_checks
from windtunnel.analysis.folder import Folder

NOISE_SHARE = 0.25
"""A/A discordance beyond this share of the effect withholds the claim: noise alone could make most of it."""
CURVE_POINTS = 21
NEVER = "never assessed"


def estimate_pairs(
    pairs: pl.DataFrame,
    *,
    outcome: str,
    direction: str,
    coupling: str,
    threshold: float | None = None,
    lost: int = 0,
    dowhy: bool = True,
    seed: int = 0,
    confidence: float = 0.95,
    controls: Mapping[str, Any] | None = None,
    llm: Mapping[str, Any] | None = None,
    fidelity: Mapping[str, Any] | str | None = None,
    doubt: Callable[[pl.DataFrame], str | None] | None = None,
    stopping: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What estimates.json says about one policy and one outcome, ready for JSON; undefined is null.

    `pairs` is any table that `check_pairs` takes. `lost` counts pairs that failed and have no row; rows with
    a null half are added to them. `controls` is what `negative_controls` gave; where it failed, or where the
    A/A arm is too noisy, or `doubt` gives a reason for the complete pairs, `claim` is "withheld": the counts
    stay and every causal number is null. `stopping` is what the manifest says of a stopping rule: intervals are
    then anytime-valid, and the mean difference has none, for its unit has no bounds to bet within.
    `ValueError` for a bad table, an undeclared direction, or no complete pair.
    """
    check_direction(direction)
    pairs = check_pairs(pairs)
    whole = complete(pairs)
    if whole.is_empty():
        raise ValueError(
            f"none of the {len(pairs) + lost} pairs is complete: run both arms on the same draws and seeds"
        )
    y0, y1, draw = (whole[name].to_numpy() for name in ("y0", "y1", "draw"))
    anytime = int(stopping["seeds"]) if stopping else None
    found = paired_estimates(y0, y1, direction=direction, draw=draw, confidence=confidence, anytime=anytime)
    halves = [
        (row["y0"], row["y1"]) for row in pairs.select("y0", "y1").rows(named=True) if None in row.values()
    ]
    missing = halves + [(None, None)] * lost
    noise = repeats(pairs)
    reason = _withheld(controls, noise, found) or (doubt(whole) if doubt else None)

    record: dict[str, Any] = {
        "outcome": outcome,
        "direction": direction,
        "threshold": threshold,
        "confidence": confidence,
        "intervals": "anytime-valid" if stopping else "fixed number of draws",
        "stopping": dict(stopping) if stopping else None,
        "claim": "withheld" if reason else "made",
        "claim_reason": reason,
        "caveat": CAVEAT,
        "n_pairs": len(whole),
        "n_draws": whole["draw"].n_unique(),
        "n_lost": len(missing),
        "table": found.table._asdict(),
        "p0": found.p0._asdict(),
        "p1": found.p1._asdict(),
    }
    record |= {name: getattr(found, name)._asdict() for name in ("rd", *QUANTITIES)}
    record["bounds"] = _bounds(found, y0, y1, draw, direction, confidence, anytime)
    record["worst_case"] = (
        {name: _bound(ends) for name, ends in worst_case(found.table, missing, direction).items()}
        if missing
        else None
    )
    record["within_one_draw"] = _within_one_draw(found, y0, y1, draw, direction, confidence, anytime)
    record["questions"] = questions(found, direction)
    record |= _severity(whole, threshold, direction, confidence, anytime)
    record["aa_discordance"] = noise and noise[0] / noise[1]
    record["coupling"] = coupling
    record["variance_ratio"] = variance_ratio(y0, y1)
    record["dowhy"] = None if reason or not dowhy else _dowhy(whole, y0, y1, draw, direction, seed)
    record["controls"] = dict(controls) if controls else None
    record["table_checks"] = table_checks(pairs, whole)
    record["assumptions"] = assumptions(record, found, noise, controls, _seen(y0, y1, draw, confidence))
    record["llm"] = dict(llm) if llm else None
    record["fidelity"] = fidelity if fidelity is not None else NEVER
    return _without_claim(record) if reason else record


def estimate_file(
    path: Path | str,
    *,
    direction: str,
    outcome: str = "outcome",
    out: Path | str | None = None,
    coupling: str = "not stated",
    **options: Any,
) -> dict[str, Any]:
    """The estimates of a CSV or Parquet table of pairs; written to `out` as JSON too when that is given."""
    record = estimate_pairs(
        read_pairs(path), outcome=outcome, direction=direction, coupling=coupling, **options
    )
    if out is not None:
        Folder(Path(out).parent).write_json(Path(out), record)
    return record


def repeats(pairs: pl.DataFrame) -> tuple[int, int] | None:
    """In how many pairs, of how many, the baseline came out otherwise the second time; None without A/A."""
    if "y_aa" not in pairs.columns:
        return None
    twice = pairs.drop_nulls(["y0", "y_aa"])
    return (int((twice["y0"] != twice["y_aa"]).sum()), len(twice)) if len(twice) else None


def severity_curve(
    whole: pl.DataFrame, threshold: float, direction: str, confidence: float, anytime: int | None = None
) -> list[dict[str, Any]]:
    """PN and PS as curves over the threshold of severity (event: severity >= t), the declared one marked.

    Thresholds are quantiles of both arms' severities together; each interval holds at its point, not for the
    curve. Thresholds chosen after a look at this curve are no longer declared ones.
    """
    s0, s1, draw = (whole[name].to_numpy() for name in ("severity0", "severity1", "draw"))
    grid = np.quantile(np.concatenate([s0, s1]), np.linspace(0, 1, CURVE_POINTS)[1:], method="nearest")
    points = []
    for t in sorted({*grid.tolist(), float(threshold)}):
        at = paired_estimates(
            s0 >= t, s1 >= t, direction=direction, draw=draw, confidence=confidence, anytime=anytime
        )
        points.append(
            {"threshold": t, "declared": t == threshold, "table": at.table._asdict()}
            | {name: getattr(at, name)._asdict() for name in ("p0", "p1", *QUANTITIES)}
        )
    return points


def _severity(
    whole: pl.DataFrame, threshold: float | None, direction: str, confidence: float, anytime: int | None
) -> dict[str, Any]:
    """`mean_difference` (policy minus baseline, in the outcome's unit) and `curve`; null if not measured."""
    if not {"severity0", "severity1"} <= set(whole.columns):
        return {"mean_difference": None, "curve": None}
    measured = whole.drop_nulls(["severity0", "severity1"])
    if measured.is_empty():
        return {"mean_difference": None, "curve": None}
    s0, s1 = measured["severity0"].to_numpy(), measured["severity1"].to_numpy()
    mean = mean_difference(s1 - s0, measured["draw"].to_numpy(), confidence)._asdict()
    if anytime:
        mean |= {"low": None, "high": None}
    mean |= {"n_pairs": len(measured), "variance_ratio": variance_ratio(s0, s1)}
    if threshold is None:
        return {"mean_difference": mean, "curve": None}
    _check_threshold(measured, threshold)
    return {
        "mean_difference": mean,
        "curve": severity_curve(measured, threshold, direction, confidence, anytime),
    }


def _check_threshold(measured: pl.DataFrame, threshold: float) -> None:
    """`ValueError` unless y is severity beyond the threshold, with or without the threshold itself."""
    for arm in (0, 1):
        y, severity = measured[f"y{arm}"] == 1, measured[f"severity{arm}"]
        if (y != (severity >= threshold)).any() and (y != (severity > threshold)).any():
            raise ValueError(
                f"y{arm} is not severity{arm} beyond the threshold {threshold:g}: the table and the "
                "declared threshold belong to different outcomes"
            )


def _withheld(controls: Mapping[str, Any] | None, noise: tuple[int, int] | None, found: Paired) -> str | None:
    """Why no causal claim can be made, as a sentence; None where one can."""
    if controls is not None and not controls["passed"]:
        reason = controls.get("reason") or "the arms differ before the policy could act"
        return f"a negative control failed: {reason}"
    if noise and noise[0] > NOISE_SHARE * abs(found.rd.est or 0) * noise[1]:
        effect = abs(found.table.n01 - found.table.n10)
        return (
            f"the baseline run twice differs from itself in {noise[0]} of {noise[1]} pairs, "
            f"more than a quarter of the arms' net difference ({effect} of {sum(found.table)} pairs)"
        )
    return None


def _without_claim(record: dict[str, Any]) -> dict[str, Any]:
    """The record with its counts kept and every causal number null."""
    nothing = Estimate(None, None, None)._asdict()
    record |= {name: nothing for name in ("rd", *QUANTITIES)}
    record |= dict.fromkeys(
        ("bounds", "worst_case", "within_one_draw", "mean_difference", "curve", "variance_ratio")
    )
    record["questions"] = [
        question | nothing | {"sentence": f"withheld: {record['claim_reason']}"}
        for question in record["questions"]
    ]
    return record


def _bounds(
    found: Paired,
    y0: np.ndarray,
    y1: np.ndarray,
    draw: np.ndarray,
    direction: str,
    confidence: float,
    anytime: int | None,
) -> dict[str, Any]:
    """What the rates alone allow under any coupling; `interval` adds the rates' own uncertainty."""
    each = (1 + confidence) / 2  # both rates at once: half of the error for each
    everyone = np.ones(len(y0), bool)
    of_shares, _ = interval_methods(anytime)
    p1, p0 = (of_shares(y, everyone, draw, each) for y in (y1, y0))
    outer = bound_intervals(p1, p0, direction)
    inner = coupling_free(found.p1.est, found.p0.est, direction)
    return {
        name: (_bound(inner[name]) or {}) | {"interval": _bound(outer[name])} if inner[name] else None
        for name in QUANTITIES
    }


def _bound(bound: Sequence[Any] | None) -> dict[str, float] | None:
    return None if bound is None else {"low": float(bound[0]), "high": float(bound[1])}


def _within_one_draw(
    found: Paired,
    y0: np.ndarray,
    y1: np.ndarray,
    draw: np.ndarray,
    direction: str,
    confidence: float,
    anytime: int | None,
) -> dict[str, Any] | None:
    """With one community draw: intervals over its seeds alone, which say nothing of other communities."""
    if len(np.unique(draw)) > 1:
        return None
    here = paired_estimates(y0, y1, direction=direction, confidence=confidence, anytime=anytime)
    return {name: getattr(here, name)._asdict() for name in ("p0", "p1", "rd", *QUANTITIES)}


def _dowhy(
    whole: pl.DataFrame, y0: np.ndarray, y1: np.ndarray, draw: np.ndarray, direction: str, seed: int
) -> dict[str, Any]:
    from windtunnel.analysis.causal.dowhy_layer import dowhy_record, panel
    from windtunnel.analysis.causal.refute import own_checks

    record = dowhy_record(panel(whole), direction=direction, seed=seed)
    record["refuters"] += own_checks(y0, y1, draw, direction=direction, seed=seed)
    return record


def _seen(y0: np.ndarray, y1: np.ndarray, draw: np.ndarray, confidence: float) -> float | None:
    """The difference of the rates that so many draws find in four cases of five; None with few, or where none differs."""
    error = standard_error(y1.astype(float) - y0, draw)
    draws = len(np.unique(draw))
    return seen_difference(error, draws, confidence) if error and draws > FEW else None
