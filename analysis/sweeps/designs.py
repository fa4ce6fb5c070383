"""Designs over a policy's parameters: every combination, a Latin hypercube, or a Sobol sequence.

A factor is `KEY=LOW:HIGH`, a range, or `KEY=a,b,c`, values by name. Screening designs spread their points over
all factors at once; McKay, Beckman & Conover (1979) for the hypercube, Sobol (1967), scrambled by Owen (1998).
"""

import re
from collections.abc import Sequence
from itertools import product
from math import log2
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from windtunnel.analysis.terminal.shell import ALONE, TEXTS
from windtunnel.sim.noise import key

KINDS = ("full", "lhs", "sobol")
LEVELS = 3
"""Points of a range in a full design, ends included, unless `KEY=LOW:HIGH:LEVELS` says otherwise."""
MOST = 100_000
_RANGE = re.compile(r"^([-+]?[0-9.][0-9.eE+-]*):([-+]?[0-9.][0-9.eE+-]*)(?::([0-9]+))?$")


class Factor(NamedTuple):
    """A setting that varies: between `low` and `high`, or over `values`; `whole` where it counts something."""

    key: str
    low: float = 0.0
    high: float = 1.0
    levels: int = LEVELS
    values: tuple[str, ...] = ()
    whole: bool = False


def read_factors(words: Sequence[str]) -> tuple[list[Factor], list[str]]:
    """The factors among these words, and the settings that are the same everywhere; `ValueError` for a bad range."""
    factors, rest = [], []
    for word in words:
        name, _, value = word.partition("=")
        if name in ALONE or (name in TEXTS and Path(value).exists()):
            rest.append(word)
        elif found := _RANGE.match(value):
            factors.append(_range(name, *found.groups()))
        elif "," in value and not value.startswith(("[", "{", '"', "'")):
            values = tuple(value.split(","))
            if "" in values or len(set(values)) < len(values):
                raise ValueError(f"{word!r} names a value twice, or none: write it as {name}=a,b,c")
            factors.append(Factor(name, values=values))
        else:
            rest.append(word)
    doubled = {one.key for one in factors if [other.key for other in factors].count(one.key) > 1}
    doubled |= {one.key for one in factors} & {word.partition("=")[0] for word in rest}
    if doubled:
        raise ValueError(f"{sorted(doubled)[0]} is set twice: give each setting once")
    return factors, rest


def points(kind: str, factors: Sequence[Factor], n: int | None, root: int) -> list[list[str]]:
    """The design's points, each as override words `KEY=VALUE` in the order of the factors; drawn from `root` alone."""
    if kind not in KINDS:
        raise ValueError(f"design {kind!r} is not known: choose {', '.join(KINDS)}")
    if not factors:
        raise ValueError(
            "a design needs a setting that varies: KEY=LOW:HIGH, as in policy_with.thread_lock.heat=1:4, or KEY=a,b"
        )
    if kind == "full":
        if n is not None:
            raise ValueError(
                "a full design has as many points as its levels make: leave n out, or set levels"
            )
        return [list(words) for words in product(*(_levels(one) for one in factors))]
    if n is None:
        raise ValueError(f"{kind} needs n, its number of points, for example n=32")
    if not 1 <= n <= MOST:
        raise ValueError(f"n is {n}: a design has between 1 and {MOST:,} points")
    return [
        [_at(one, u) for one, u in zip(factors, row, strict=True)]
        for row in _unit(kind, len(factors), n, root)
    ]


def _unit(kind: str, dimensions: int, n: int, root: int) -> np.ndarray:
    """n points of the unit cube, (n, dimensions)."""
    from scipy.stats import qmc

    chance = np.random.default_rng(key("design", kind, root))
    if kind == "lhs":
        return qmc.LatinHypercube(dimensions, rng=chance).random(n)
    if log2(n) % 1:
        raise ValueError(
            f"n is {n}: a Sobol design is balanced at powers of two, such as {2 ** round(log2(n))}"
        )
    return qmc.Sobol(dimensions, rng=chance).random(n)


def _levels(one: Factor) -> list[str]:
    if one.values:
        return [f"{one.key}={value}" for value in one.values]
    at = np.linspace(0, 1, one.levels) if one.levels > 1 else [0.5]
    return list(dict.fromkeys(_at(one, float(u), closed=True) for u in at))


def _at(one: Factor, u: float, closed: bool = False) -> str:
    """The setting at place u of [0, 1); a whole one has equal shares for each number, ends included."""
    if one.values:
        return f"{one.key}={one.values[min(int(u * len(one.values)), len(one.values) - 1)]}"
    if one.whole:
        low, high = round(one.low), round(one.high)
        number = round(low + u * (high - low)) if closed else min(low + int(u * (high - low + 1)), high)
        return f"{one.key}={number}"
    return f"{one.key}={float(f'{one.low + u * (one.high - one.low):.6g}'):g}"


def _range(name: str, low: str, high: str, levels: str | None) -> Factor:
    try:
        ends = float(low), float(high)
    except ValueError:
        raise ValueError(f"{name}={low}:{high} is no range: write numbers, as in {name}=1:4") from None
    if not np.isfinite(ends).all() or ends[0] >= ends[1]:
        raise ValueError(f"{name}={low}:{high}: the first number must be below the second")
    if levels is not None and not 2 <= int(levels) <= 1000:
        raise ValueError(f"{name} has {levels} levels: give 2 to 1000")
    whole = is_whole(name)
    if whole and any(end % 1 for end in ends):
        raise ValueError(f"{name} counts something: give whole numbers, not {low}:{high}")
    return Factor(name, *ends, levels=int(levels or LEVELS), whole=whole)


def is_whole(name: str) -> bool:
    """Whether a setting takes whole numbers only, by its declared type or its default."""
    from windtunnel.analysis.configuration import known_settings
    from windtunnel.policies.registry import policy_class

    parts = name.split(".")
    if parts[0] in ("policy_with", "baseline_with"):
        if len(parts) != 3:
            raise ValueError(f"{name} names no parameter: write {parts[0]}.POLICY.PARAMETER")
        fields = policy_class(parts[1]).model_fields
        if parts[2] not in fields:
            raise ValueError(f"{parts[1]} has no parameter {parts[2]!r}: choose {', '.join(fields)}")
        return "int" in str(fields[parts[2]].annotation)
    default: Any = {row["setting"]: row["default"] for row in known_settings()}.get(name)
    return isinstance(default, int) and not isinstance(default, bool)
