"""When a run may stop before all its draws: a rule stated beforehand, looked at after whole draws only."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.causal.necessity import CELLS
from windtunnel.analysis.causal.sequential import anytime_difference, anytime_share, evidence
from windtunnel.sim.experiment import ARMS, Experiment, Unit

QUANTITIES = ("rd", "pn", "ps")


class Rule(NamedTuple):
    """Stop once the half-width of `of` is `precision` or less, or once evidence reaches 1 / `evidence`."""

    precision: float | None = None
    of: str = "rd"
    evidence: float | None = None
    every: int = 5
    """Draws between looks."""


def rule_of(given: Mapping[str, Any]) -> Rule | None:
    """The rule that a plan declares, None where it declares none; `ValueError` where it is not one rule."""
    rule = Rule(**given)
    if rule.precision is None and rule.evidence is None:
        return None
    if rule.precision is not None and rule.evidence is not None:
        raise ValueError(
            "stop.precision and stop.evidence are both set: a run has one stopping rule, so set one of them"
        )
    if rule.of not in QUANTITIES:
        raise ValueError(f"stop.of is {rule.of!r}: choose rd, pn or ps")
    return rule


def parts(experiment: Experiment, rule: Rule | None) -> Iterator[list[Unit]]:
    """The experiment's units between two looks, whole draws each; all at once without a rule."""
    every = rule.every if rule else experiment.draws
    for low in range(0, experiment.draws, every):
        draws = range(low, min(low + every, experiment.draws))
        yield [Unit(draw, seed, arm) for draw in draws for seed in range(experiment.seeds) for arm in ARMS]


def look(
    rule: Rule, pairs: pl.DataFrame, draws: int, *, direction: str, confidence: float, seeds: int
) -> dict[str, Any]:
    """What the rule sees in the pairs (draw, y_baseline, y_policy) of the first `draws` draws.

    `reached` says whether the run may stop. A pair that lost a half tells nothing.
    """
    whole = pairs.drop_nulls(["y_baseline", "y_policy"])
    y0, y1, draw = (whole[name].to_numpy() for name in ("y_baseline", "y_policy", "draw"))
    seen: dict[str, Any] = {"draws": draws, "pairs": len(whole)}
    if rule.evidence is not None:
        found = evidence(y0, y1, draw, seeds)
        return seen | {"evidence": found, "reached": found >= 1 / rule.evidence}
    if rule.of == "rd":
        estimate = anytime_difference(y0, y1, draw, confidence, seeds)
    else:
        cell = {f"n{a}{b}": (y0 == a) & (y1 == b) for a in (0, 1) for b in (0, 1)}
        top, bottom = (sum(cell[name] for name in cells) for cells in CELLS[direction][rule.of])
        estimate = anytime_share(top, bottom, draw, confidence, seeds)
    half = None
    if estimate.low is not None and estimate.high is not None:
        half = (estimate.high - estimate.low) / 2
    reached = half is not None and rule.precision is not None and half <= rule.precision
    return seen | estimate._asdict() | {"half_width": half, "reached": reached}


def record(
    rule: Rule, looks: Sequence[Mapping[str, Any]], experiment: Experiment, confidence: float
) -> dict[str, Any]:
    """What the manifest says of the rule: its level, every look, and where the run stopped."""
    level = rule.evidence if rule.evidence is not None else 1 - confidence
    return {
        "rule": "precision" if rule.evidence is None else "evidence",
        "of": rule.of if rule.evidence is None else "rd",
        "precision": rule.precision,
        "evidence": rule.evidence,
        "level": round(level, 12),
        "every": rule.every,
        "draws_at_most": experiment.draws,
        "draws": looks[-1]["draws"],
        "seeds": experiment.seeds,
        "reached": looks[-1]["reached"],
        "looks": list(looks),
    }


def sentence(stopping: Mapping[str, Any]) -> str:
    """How the run ended, for people."""
    names = {"rd": "the net change", "pn": "PN", "ps": "PS"}
    last, n = stopping["looks"][-1], stopping["draws"]
    if stopping["rule"] == "precision":
        rule = f"{names[stopping['of']]} known to within {stopping['precision']:g}"
        half = last["half_width"]
        state = "undefined so far" if half is None else f"to within {half:.3f}"
    else:
        rule = f"evidence of {1 / stopping['evidence']:g} to 1 that the arms differ"
        state = f"{last['evidence']:,.1f} to 1" if last["evidence"] < 1e6 else "above a million to 1"
    looks = f"{len(stopping['looks'])} look{'' if len(stopping['looks']) == 1 else 's'}"
    if stopping["reached"] and n < stopping["draws_at_most"]:
        how = f"Stopped early by the rule {rule}: reached after {n} of {stopping['draws_at_most']} draws"
    elif stopping["reached"]:
        how = f"The stopping rule, {rule}, was reached with the last of {n} draws"
    else:
        how = f"The stopping rule, {rule}, was not reached in {n} draws"
    return f"{how} ({state}, {looks}). Intervals are anytime-valid: they hold however often one looked."
