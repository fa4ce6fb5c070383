"""What a policy is worth at payoffs that the designer states: Li & Pearl's benefit over the bounds of PNS."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np

from windtunnel.analysis.causal.intervals import mean_difference
from windtunnel.analysis.causal.necessity import benefit_bounds
from windtunnel.analysis.comparison.inputs import Tested

KINDS = {
    "preventive": ("averted", "backfire", "always", "never"),
    "generative": ("brought_about", "backfire", "always", "never"),
}
"""The four kinds of future. `always` had the outcome in both arms and `never` in neither, whatever it is."""


def read_payoff(words: str, direction: str | None = None) -> dict[str, float]:
    """The payoffs of `averted=1,backfire=-1,always=0,never=0`; none of the four has a default."""
    found: dict[str, float] = {}
    for part in words.split(","):
        name, _, value = part.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = float("nan")
        if not isfinite(number):
            raise ValueError(f"--payoff holds {part!r}: write each as NAME=NUMBER, as in averted=1")
        if name.strip() in found:
            raise ValueError(f"--payoff states {name.strip()} twice: give each once")
        found[name.strip()] = number
    return check_payoff(found, direction) if direction else found


def check_payoff(payoff: Mapping[str, float], direction: str) -> dict[str, float]:
    """The payoffs as floats; `ValueError` unless all four of the direction are stated, and no other."""
    wanted = KINDS[direction]
    missing = [name for name in wanted if name not in payoff]
    stray = [name for name in payoff if name not in wanted]
    if stray or missing:
        what = f"states {stray[0]}" if stray else f"does not state {missing[0]}"
        raise ValueError(f"the payoff {what}: state {', '.join(wanted)}; none has a default")
    return {name: float(payoff[name]) for name in wanted}


def benefit(one: Tested, payoff: Mapping[str, float], direction: str, confidence: float) -> dict[str, Any]:
    """Mean payoff of a future under the policy: as counted in the pairs, and over all couplings with these rates.

    `paired` is {est, low, high}; `bounds` {low, high} stand at the bounds of PNS (Li & Pearl 2019).
    """
    y0, y1 = (one.pairs[name].to_numpy().astype(bool) for name in ("y0", "y1"))
    value = np.select(
        [y0 & y1, ~y0 & ~y1, y1 != (direction == "preventive")],
        [payoff["always"], payoff["never"], payoff[KINDS[direction][0]]],
        payoff["backfire"],
    )
    found = mean_difference(value, one.pairs["draw"].to_numpy(), confidence)
    p1, p0 = float(y1.mean()), float(y0.mean())
    if direction == "preventive":  # of the complement, calm: `never` had it in both arms, `always` in neither
        ends = benefit_bounds(
            1 - p1,
            1 - p0,
            complier=payoff["averted"],
            always=payoff["never"],
            never=payoff["always"],
            defier=payoff["backfire"],
        )
    else:
        ends = benefit_bounds(
            p1,
            p0,
            complier=payoff["brought_about"],
            always=payoff["always"],
            never=payoff["never"],
            defier=payoff["backfire"],
        )
    return {"paired": found._asdict(), "bounds": {"low": float(ends[0]), "high": float(ends[1])}}
