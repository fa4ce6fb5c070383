"""From a table of pairs to estimates.json: quantities, bounds, checks, and what they rest on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
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
from windtunnel.analysis.causal.pairs import (
    check_pairs,
    complete,
    panel,
    read_pairs,
    repeats,
    variance_ratio,
    worst_case,
)
from windtunnel.analysis.causal.questions import CAVEAT, questions
from windtunnel.analysis.causal.table_checks import table_checks
from windtunnel.analysis.folder import Folder

NOISE_SHARE = 0.25
"""A/A discordance beyond this share of the effect withholds the claim: noise alone could make most of it."""
CURVE_POINTS = 21
NEVER = "never assessed"


@dataclass(frozen=True)
class Sample:
    """Complete pairs, an entry each, and how they are estimated; see `paired_estimates`."""

    y0: np.ndarray
    y1: np.ndarray
    draw: np.ndarray
    direction: str
    confidence: float
    anytime: int | None

    def estimates(self, *, of_one_draw: bool = False) -> Paired:
        """What the pairs say; `of_one_draw` takes them as independent."""
        return paired_estimates(
            self.y0,
            self.y1,
            direction=self.direction,
            draw=None if of_one_draw else self.draw,
            confidence=self.confidence,
            anytime=self.anytime,
        )


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
    sample = Sample(y0, y1, draw, direction, confidence, int(stopping["seeds"]) if stopping else None)
    found = sample.estimates()
    halves = [
        (row["y0"], row["y1"]) for row in pairs.select("y0", "y1").rows(named=True) if None in row.values()
    ]
    missing = halves + [(None, None)] * lost
    worst = worst_case(found.table, missing, direction) if missing else {}
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
    record["bounds"] = _bounds(found, sample)
    record["worst_case"] = {name: _bound(ends) for name, ends in worst.items()} or None
    record["within_one_draw"] = _within_one_draw(sample)
    record["questions"] = questions(found, direction)
    record |= _severity(whole, threshold, sample)
    record["aa_discordance"] = noise and noise[0] / noise[1]
    record["coupling"] = coupling
    record["variance_ratio"] = variance_ratio(sample.y0, sample.y1)
    record["dowhy"] = None if reason or not dowhy else _dowhy(whole, sample, seed)
    record["controls"] = dict(controls) if controls else None
    record["table_checks"] = table_checks(pairs, whole)
    record["assumptions"] = assumptions(record, found, noise, controls, _seen(sample))
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


def severity_curve(whole: pl.DataFrame, threshold: float, sample: Sample) -> list[dict[str, Any]]:
    """PN and PS as curves over the threshold of severity (event: severity >= t), the declared one marked.

    `sample` says how. Thresholds are quantiles of both arms' severities together; each interval holds at its point,
    not for the curve. Thresholds chosen after a look at this curve are no longer declared ones.
    """
    s0, s1, draw = (whole[name].to_numpy() for name in ("severity0", "severity1", "draw"))
    grid = np.quantile(np.concatenate([s0, s1]), np.linspace(0, 1, CURVE_POINTS)[1:], method="nearest")
    points = []
    for t in sorted({*grid.tolist(), float(threshold)}):
        at = replace(sample, y0=s0 >= t, y1=s1 >= t, draw=draw).estimates()
        points.append(
            {"threshold": t, "declared": t == threshold, "table": at.table._asdict()}
            | {name: getattr(at, name)._asdict() for name in ("p0", "p1", *QUANTITIES)}
        )
    return points


def _severity(whole: pl.DataFrame, threshold: float | None, sample: Sample) -> dict[str, Any]:
    """`mean_difference` (policy minus baseline, in the outcome's unit) and `curve`; null if not measured."""
    if not {"severity0", "severity1"} <= set(whole.columns):
        return {"mean_difference": None, "curve": None}
    measured = whole.drop_nulls(["severity0", "severity1"])
    if measured.is_empty():
        return {"mean_difference": None, "curve": None}
    s0, s1 = measured["severity0"].to_numpy(), measured["severity1"].to_numpy()
    mean = mean_difference(s1 - s0, measured["draw"].to_numpy(), sample.confidence)._asdict()
    if sample.anytime:
        mean |= {"low": None, "high": None}
    mean |= {"n_pairs": len(measured), "variance_ratio": variance_ratio(s0, s1)}
    if threshold is None:
        return {"mean_difference": mean, "curve": None}
    _check_threshold(measured, threshold)
    return {"mean_difference": mean, "curve": severity_curve(measured, threshold, sample)}


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


def _bounds(found: Paired, sample: Sample) -> dict[str, Any]:
    """What the rates alone allow under any coupling; `interval` adds the rates' own uncertainty."""
    each = (1 + sample.confidence) / 2  # both rates at once: half of the error for each
    everyone = np.ones(len(sample.y0), bool)
    of_shares, _ = interval_methods(sample.anytime)
    p1, p0 = (of_shares(y, everyone, sample.draw, each) for y in (sample.y1, sample.y0))
    outer = bound_intervals(p1, p0, sample.direction)
    inner = coupling_free(found.p1.est, found.p0.est, sample.direction)
    return {
        name: (_bound(inner[name]) or {}) | {"interval": _bound(outer[name])} if inner[name] else None
        for name in QUANTITIES
    }


def _bound(bound: Sequence[Any] | None) -> dict[str, float] | None:
    return None if bound is None else {"low": float(bound[0]), "high": float(bound[1])}


def _within_one_draw(sample: Sample) -> dict[str, Any] | None:
    """With one community draw: intervals over its seeds alone, which say nothing of other communities."""
    if len(np.unique(sample.draw)) > 1:
        return None
    here = sample.estimates(of_one_draw=True)
    return {name: getattr(here, name)._asdict() for name in ("p0", "p1", "rd", *QUANTITIES)}


def _dowhy(whole: pl.DataFrame, sample: Sample, seed: int) -> dict[str, Any]:
    from windtunnel.analysis.causal.dowhy_layer import dowhy_record
    from windtunnel.analysis.causal.refute import own_checks

    runs = panel(whole)
    record = dowhy_record(runs, direction=sample.direction, seed=seed)
    record["refuters"] += own_checks(sample.y0, sample.y1, sample.draw, direction=sample.direction, seed=seed)
    return record


def _seen(sample: Sample) -> float | None:
    """The difference of the rates that so many draws find in four cases of five; None with few, or where none differs."""
    error = standard_error(sample.y1.astype(float) - sample.y0, sample.draw)
    draws = len(np.unique(sample.draw))
    return seen_difference(error, draws, sample.confidence) if error and draws > FEW else None
