"""How much evasion a ranking survives: where the line of a policy over its evasion rate crosses another's."""

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from windtunnel.analysis.comparison.deciding import NOTHING
from windtunnel.analysis.comparison.inputs import Tested

KEY = "evasion"


class Line:
    """A policy's net effect at each evasion rate that was run, straight between them."""

    def __init__(self, name: str, points: Mapping[float, tuple[str, float]]) -> None:
        self.name = name
        self.rates = sorted(points)
        self.labels = {rate: points[rate][0] for rate in self.rates}
        self.effects = [points[rate][1] for rate in self.rates]

    def at(self, rate: float) -> float:
        """The net effect at a rate between those that were run."""
        return float(np.interp(rate, self.rates, self.effects))


def evasion(
    tested: Sequence[Tested], effects: Sequence[Mapping[str, Any]], contrasts: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """(points, flips, level). A point is a policy's net effect at a rate that was run: family, rate, rd.

    A flip is a rate at which the order of two policies changes, by straight lines between the rates that were
    run: `family`, `other`, `rate`, `between`, and `told_apart`, whether the two can be told apart at the rates
    run on both sides of it (None where a contrast of the two was not made). Two are `level` at a `rate` that
    was run and not at the next one, `then`, where their effects differ by `gap`.
    """
    lines, flat = _lines(tested, {effect["policy"]: effect for effect in effects})
    points = [
        {"family": line.name, "rate": rate, "policy": line.labels[rate], "rd": effect}
        for line in lines
        for rate, effect in zip(line.rates, line.effects, strict=True)
    ]
    apart = {frozenset((row["a"], row["b"])): row["told_apart"] for row in contrasts}
    alone = {effect["policy"]: effect["told_apart"] for effect in effects}
    flips, level = [], []
    for line in lines:
        for other, value in flat.items():
            known = {
                rate: alone[label] if other == NOTHING else apart.get(frozenset((label, other)))
                for rate, label in line.labels.items()
            }
            crossed, touched = _beside_one(line, other, value, known)
            flips += crossed
            level += touched
    for one, two in combinations(lines, 2):
        flips += _beside_line(one, two, apart)
    return points, flips, level


def _beside_one(
    line: Line, other: str, value: float, known: Mapping[float, bool | None]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Flips and touches of a line beside a policy whose effect is one number, told apart or not by rate (`known`)."""
    gaps = [effect - value for effect in line.effects]
    crossings = _crossings(line.rates, gaps)
    flips = [
        _flip(line.name, other, rate, (low, high), (known[low], known[high])) for low, high, rate in crossings
    ]
    level = [
        {
            "family": line.name,
            "other": other,
            "rate": rate,
            "then": then,
            "gap": gap,
            "told_apart": known[then],
        }
        for rate, then, gap in _touches(line.rates, gaps)
        if not any(low <= rate <= high for low, high, _ in crossings)
    ]
    return flips, level


def _beside_line(one: Line, two: Line, apart: Mapping[frozenset[Any], bool | None]) -> list[dict[str, Any]]:
    """Flips of two lines, over the rates that both span."""
    least, most = max(one.rates[0], two.rates[0]), min(one.rates[-1], two.rates[-1])
    rates = [rate for rate in sorted({*one.rates, *two.rates}) if least <= rate <= most]
    gaps = [one.at(rate) - two.at(rate) for rate in rates]
    flips = []
    for low, high, rate in _crossings(rates, gaps):
        named = [(one.labels.get(end), two.labels.get(end)) for end in (low, high)]
        ends = [apart.get(frozenset(pair)) if None not in pair else None for pair in named]
        flips.append(_flip(one.name, two.name, rate, (low, high), ends))
    return flips


def _lines(
    tested: Sequence[Tested], effects: Mapping[str, Mapping[str, Any]]
) -> tuple[list[Line], dict[str, float]]:
    """Policies run at two rates or more as lines; every other, and doing nothing, as one number."""
    families: dict[str, dict[float, tuple[str, float]]] = {}
    flat = {NOTHING: 0.0}
    for one in tested:
        rd = effects[one.name]["rd"]["est"]
        if rd is None:
            continue
        rates = [given[KEY] for _, given in one.specs if given.get(KEY) is not None]
        rest = repr(
            [(name, sorted((k, v) for k, v in given.items() if k != KEY)) for name, given in one.specs]
        )
        if len(rates) == 1:
            families.setdefault(rest, {})[float(rates[0])] = (one.name, rd)
        else:
            flat[one.name] = rd
    lines = []
    for points in families.values():
        names = [name for name, _ in points.values()]
        if len(points) > 1:
            lines.append(Line(_stem(names), points))
        else:
            flat[names[0]] = next(iter(points.values()))[1]
    return lines, flat


def _stem(names: Sequence[str]) -> str:
    """What a family is called: its members' name without the evasion rate."""
    stem, _, inner = names[0].partition(" (")
    kept = [part for part in inner.rstrip(")").split(", ") if part and part.split(" ")[-2:-1] != [KEY]]
    return f"{stem} ({', '.join(kept)})" if kept else stem


def _crossings(rates: Sequence[float], gaps: Sequence[float]) -> list[tuple[float, float, float]]:
    """(rate below, rate above, rate of the crossing) wherever the gap changes its sign; a touch is no crossing."""
    found = []
    signed = [(rate, gap) for rate, gap in zip(rates, gaps, strict=True) if abs(gap) > 1e-12]
    for (low, before), (high, after) in zip(signed, signed[1:], strict=False):
        if before * after < 0:
            inside = [(r, g) for r, g in zip(rates, gaps, strict=True) if low <= r <= high]
            zeros = [r for r, g in inside if abs(g) <= 1e-12]
            rate = sum(zeros) / len(zeros) if zeros else low + (high - low) * before / (before - after)
            found.append((low, high, float(rate)))
    return found


def _touches(rates: Sequence[float], gaps: Sequence[float]) -> list[tuple[float, float, float]]:
    """(rate with no gap, the next rate or the one before with a gap, that gap)."""
    found = []
    places = range(len(rates) - 1)
    for one, two in [(k, k + 1) for k in places] + [(k + 1, k) for k in places]:
        if abs(gaps[one]) <= 1e-12 < abs(gaps[two]):
            found.append((rates[one], rates[two], float(gaps[two])))
    return found


def _flip(
    name: str, other: str, rate: float, between: tuple[float, float], ends: Sequence[bool | None]
) -> dict[str, Any]:
    known = None if None in ends else all(bool(end) for end in ends)
    return {"family": name, "other": other, "rate": rate, "between": list(between), "told_apart": known}
