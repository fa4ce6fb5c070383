"""Probabilities of necessity and sufficiency: bounds from rates alone, and counts from paired runs.

X is the policy, Y the outcome, p1 = P(Y=1 under do(X=1)), p0 = P(Y=1 under do(X=0)). `generative` asks
about X producing Y: PN = P(Y0=0 | Y1=1), PS = P(Y1=1 | Y0=0), PNS = P(Y0=0, Y1=1) (Pearl, Causality 2009,
section 9.2). `preventive` asks the same of the complement of Y: PN = P(Y0=1 | Y1=0), PS = P(Y1=0 | Y0=1).
Formulas are exact on `fractions.Fraction`; an undefined quantity is None.
"""

from collections.abc import Callable, Sequence
from numbers import Rational
from typing import Any, NamedTuple

import numpy as np

from windtunnel.analysis.causal import sequential
from windtunnel.analysis.causal.intervals import UNDEFINED, Estimate, paired_difference, share

Bound = tuple[Any, Any]
DIRECTIONS = ("generative", "preventive")
_SLACK = 1e-12  # what rounding may cost a float; exact numbers get none


class Bounds(NamedTuple):
    """(low, high) of each quantity; None where the conditioning event has probability 0."""

    pn: Bound | None
    ps: Bound | None
    pns: Bound


class Point(NamedTuple):
    """Each quantity as one number; None where the conditioning event has probability 0."""

    pn: Any
    ps: Any
    pns: Any


class Table(NamedTuple):
    """Counts of pairs, baseline first: n10 pairs had the outcome without the policy and not with it."""

    n00: int
    n01: int
    n10: int
    n11: int


class Paired(NamedTuple):
    """What paired runs show under their coupling; `backfire` is the opposite of the declared direction."""

    table: Table
    p0: Estimate
    p1: Estimate
    rd: Estimate
    pn: Estimate
    ps: Estimate
    pns: Estimate
    backfire: Estimate
    pn_backfire: Estimate
    ps_backfire: Estimate


QUANTITIES = ("pn", "ps", "pns", "backfire", "pn_backfire", "ps_backfire")

CELLS: dict[str, dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "preventive": {
        "pn": (("n10",), ("n00", "n10")),
        "ps": (("n10",), ("n10", "n11")),
        "pns": (("n10",), Table._fields),
        "backfire": (("n01",), Table._fields),
        "pn_backfire": (("n01",), ("n01", "n11")),
        "ps_backfire": (("n01",), ("n00", "n01")),
    },
    "generative": {
        "pn": (("n01",), ("n01", "n11")),
        "ps": (("n01",), ("n00", "n01")),
        "pns": (("n01",), Table._fields),
        "backfire": (("n10",), Table._fields),
        "pn_backfire": (("n10",), ("n00", "n10")),
        "ps_backfire": (("n10",), ("n10", "n11")),
    },
}
"""For each direction and quantity: the cells of its numerator and of its denominator."""


def experimental_bounds(p1: Any, p0: Any, *, direction: str = "generative") -> Bounds:
    """Sharp bounds from the two arms' rates, whatever the coupling; Tian & Pearl (2000), theorem 9.2.10.

    >>> from fractions import Fraction as F
    >>> experimental_bounds(F(30, 100), F(12, 100)).pn
    (Fraction(3, 5), Fraction(1, 1))
    """
    p1, p0 = _oriented(p1, p0, direction)
    low, high = max(0, p1 - p0), min(p1, 1 - p0)
    return Bounds(_over(low, high, p1), _over(low, high, 1 - p0), _ordered(low, high))


def combined_bounds(
    p1: Any, p0: Any, joint: Sequence[Sequence[Any]], *, direction: str = "generative"
) -> Bounds:
    """Sharp bounds from an experiment and observed joint law `joint[x][y]`; Tian & Pearl (2000), eq. 24-26.

    `ValueError` when no model can have both: an experiment must satisfy P(x,y) <= p1 <= 1 - P(x,y') and
    P(x',y) <= p0 <= 1 - P(x',y').
    """
    p1, p0 = _oriented(p1, p0, direction)
    off0, off1, on0, on1 = _checked_joint(p1, p0, joint, direction)
    y = on1 + off1
    return Bounds(
        _over(max(0, y - p0), min(on1, 1 - p0 - off0), on1),
        _over(max(0, p1 - y), min(off0, p1 - on1), off0),
        _ordered(max(0, p1 - p0, y - p0, p1 - y), min(p1, 1 - p0, on1 + off0, p1 - p0 + on0 + off1)),
    )


def monotone_estimates(
    p1: Any, p0: Any, joint: Sequence[Sequence[Any]] | None = None, *, direction: str = "generative"
) -> Point:
    """Closed forms that hold if the policy never acts against the direction (Pearl 2009, 9.21-23, 9.28-30).

    Without monotonicity the same numbers are only lower bounds. Without `joint` the arms are taken as
    randomised. `ValueError` where the rates contradict monotonicity, which asks p1 >= P(y) >= p0.
    """
    sign = "generative" if direction == "generative" else "preventive (both rates are of the complement)"
    p1, p0 = _oriented(p1, p0, direction)
    if p1 < p0 - _slack(p1, p0):
        raise ValueError(
            f"p1={p1} is below p0={p0}, which contradicts monotonicity in the {sign} direction: "
            "use experimental_bounds, or the other direction"
        )
    pns = max(0, p1 - p0)
    if joint is None:
        return Point(_ratio(pns, p1), _ratio(pns, 1 - p0), pns)
    off0, off1, on0, on1 = _checked_joint(p1, p0, joint, direction)
    y = on1 + off1
    slack = _slack(p1, p0, y)
    if not p0 - slack <= y <= p1 + slack:
        raise ValueError(
            f"P(y)={y} lies outside [p0, p1]=[{p0}, {p1}], which contradicts monotonicity: "
            "use combined_bounds"
        )
    return Point(_ratio(y - p0, on1), _ratio(p1 - y, off0), pns)


def benefit_bounds(p1: Any, p0: Any, *, complier: Any, always: Any, never: Any, defier: Any) -> Bound:
    """Bounds of the mean payoff when each response type has its own; unit selection, Li & Pearl (2019).

    A complier has Y only under the policy, a defier only without it. The mean is linear in PNS, so its
    extremes stand at the bounds of PNS.
    """
    p1, p0 = _oriented(p1, p0, "generative")

    def payoff(pns: Any) -> Any:
        return complier * pns + always * (p1 - pns) + never * (1 - p0 - pns) + defier * (pns - (p1 - p0))

    ends = [payoff(pns) for pns in experimental_bounds(p1, p0).pns]
    return min(ends), max(ends)


def coupling_free(p1: Any, p0: Any, direction: str) -> dict[str, Bound | None]:
    """Bounds of every quantity, backfire included, that hold under any coupling with these rates.

    >>> coupling_free(0.25, 0.5, "preventive")["backfire"]
    (0, 0.25)
    """
    with_it = experimental_bounds(p1, p0, direction=direction)
    against = experimental_bounds(p1, p0, direction=opposite(direction))
    return {
        "pn": with_it.pn,
        "ps": with_it.ps,
        "pns": with_it.pns,
        "backfire": against.pns,
        "pn_backfire": against.pn,
        "ps_backfire": against.ps,
    }


def bound_intervals(p1: Estimate, p0: Estimate, direction: str) -> dict[str, Bound | None]:
    """Outer limits of the bounds when each rate is only known to lie in its interval.

    The rates' intervals must hold simultaneously (give each half of the error). Every bound is monotone in
    each rate, so its extremes stand at the corners; an undefined corner widens to [0, 1].
    """
    if None in p1 or None in p0:
        return dict.fromkeys(QUANTITIES)
    corners = [coupling_free(a, b, direction) for a in p1[1:] for b in p0[1:]]

    def widest(name: str) -> Bound:
        ends = [corner[name] or (0.0, 1.0) for corner in corners]
        return min(low for low, _ in ends), max(high for _, high in ends)

    return {name: widest(name) for name in QUANTITIES}


def paired_estimates(
    y0: Any,
    y1: Any,
    *,
    direction: str,
    draw: Any = None,
    confidence: float = 0.95,
    anytime: int | None = None,
) -> Paired:
    """PN, PS and their companions, counted in paired runs of 0/1 outcomes (baseline `y0`, policy `y1`).

    They hold for this model under this coupling of its noise. `draw` labels each pair's community draw and
    widens the intervals to it; None takes pairs as independent. See `intervals.share` for one draw. With
    `anytime`, the declared pairs of a full draw, they are those of `windtunnel.analysis.causal.sequential`, which hold where
    somebody looked before all draws had run.
    """
    check_direction(direction)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; it must lie between 0 and 1, as 0.95 does")
    y0, y1 = _binary("y0", y0), _binary("y1", y1)
    if len(y0) != len(y1) or (draw is not None and len(np.asarray(draw)) != len(y0)):
        raise ValueError(
            f"y0 has {len(y0)} runs, y1 {len(y1)}{'' if draw is None else f', draw {len(np.asarray(draw))}'}"
            ": give one of each for every pair"
        )
    cell = {"n00": ~y0 & ~y1, "n01": ~y0 & y1, "n10": y0 & ~y1, "n11": y0 & y1}
    everyone = np.ones(len(y0), bool)

    of_shares, of_difference = interval_methods(anytime)

    def counted(name: str) -> Estimate:
        top, bottom = (np.logical_or.reduce([cell[c] for c in cells]) for cells in CELLS[direction][name])
        return of_shares(top, bottom, draw, confidence)

    return Paired(
        Table(*(int(cell[name].sum()) for name in Table._fields)),
        of_shares(y0, everyone, draw, confidence) if len(y0) else UNDEFINED,
        of_shares(y1, everyone, draw, confidence) if len(y1) else UNDEFINED,
        of_difference(y0, y1, draw, confidence),
        *(counted(name) for name in QUANTITIES),
    )


def interval_methods(anytime: int | None) -> tuple[Callable[..., Estimate], Callable[..., Estimate]]:
    """What gives the interval of a share, and of a difference: for a fixed number of draws, or for any look.

    `anytime` is the declared pairs of a full draw: the most that were seen in one would depend on the data.
    """
    if anytime is None:
        return share, paired_difference
    return (
        _not_of_one_draw(sequential.anytime_share, anytime),
        _not_of_one_draw(sequential.anytime_difference, anytime),
    )


def _not_of_one_draw(method: Callable[..., Estimate], pairs_a_draw: int) -> Callable[..., Estimate]:
    """The same, without limits where a single draw was seen, as `intervals` has it."""

    def found(one: Any, two: Any, draw: Any, confidence: float) -> Estimate:
        estimate = method(one, two, draw, confidence, 1 if draw is None else pairs_a_draw)
        return estimate if draw is None or len(np.unique(draw)) > 1 else Estimate(estimate.est, None, None)

    return found


def check_direction(direction: str) -> None:
    """`ValueError` unless the direction is one of the two; there is no default to fall back on."""
    if direction not in DIRECTIONS:
        raise ValueError(
            f"direction is {direction!r}: give 'preventive' for a harm that the policy should avert, "
            "or 'generative' for a good that it should bring about"
        )


def opposite(direction: str) -> str:
    """The other direction, in which a policy backfires."""
    check_direction(direction)
    return DIRECTIONS[1 - DIRECTIONS.index(direction)]


def _oriented(p1: Any, p0: Any, direction: str) -> tuple[Any, Any]:
    """Checked rates of Y, or of its complement when the direction is preventive."""
    check_direction(direction)
    for name, p in (("p1", p1), ("p0", p0)):
        if not -_slack(p) <= p <= 1 + _slack(p):
            raise ValueError(f"{name} is {p}; a probability lies between 0 and 1")
    p1, p0 = (min(max(p, 0 * p), 1 + 0 * p) for p in (p1, p0))
    return (p1, p0) if direction == "generative" else (1 - p1, 1 - p0)


def _checked_joint(
    p1: Any, p0: Any, joint: Sequence[Sequence[Any]], direction: str
) -> tuple[Any, Any, Any, Any]:
    """P(x',y'), P(x',y), P(x,y'), P(x,y) after the checks; y is the complement when preventive."""
    (off0, off1), (on0, on1) = ((joint[x][0], joint[x][1]) for x in (0, 1))
    cells = (off0, off1, on0, on1)
    slack = _slack(p1, p0, *cells)
    if min(cells) < -slack or abs(sum(cells) - 1) > slack * 4:
        raise ValueError(
            f"joint is {joint}, whose entries sum to {sum(cells)}: give joint[x][y] as four "
            "probabilities that sum to 1"
        )
    if direction == "preventive":
        off0, off1, on0, on1 = off1, off0, on1, on0
    for name, p, low, high in (("p1", p1, on1, 1 - on0), ("p0", p0, off1, 1 - off0)):
        if not low - slack <= p <= high + slack:
            raise ValueError(
                f"the experiment and the observed joint law contradict each other: {name}={p} "
                f"should lie in [{low}, {high}], so they do not describe one population"
            )
    return off0, off1, on0, on1


def _slack(*numbers: Any) -> float:
    return 0 if all(isinstance(number, Rational) for number in numbers) else _SLACK


def _nothing(p: Any) -> bool:
    """Whether an event has probability 0, up to what 1 - p loses when p is a float."""
    return bool(p <= _slack(p) / 1000)


def _ratio(top: Any, bottom: Any) -> Any:
    """top / bottom clipped to [0, 1], exact for integers too; None when bottom is 0."""
    if _nothing(bottom):
        return None
    if isinstance(top, int) and isinstance(bottom, int):
        from fractions import Fraction

        return min(max(Fraction(top, bottom), 0), 1)
    return min(max(top / bottom, 0), 1)


def _over(low: Any, high: Any, given: Any) -> Bound | None:
    """Bounds of a joint probability turned into those of a conditional one."""
    if _nothing(given):
        return None
    return _ordered(_ratio(low, given), _ratio(high, given))


def _ordered(low: Any, high: Any) -> Bound:
    """The pair, with a low end that rounding put a hair above the high one put back."""
    return min(low, high), high


def _binary(name: str, values: Any) -> np.ndarray:
    array = np.asarray(values)
    if array.ndim != 1 or not np.isin(array, (0, 1)).all():
        odd = next((v for v in array.reshape(-1).tolist() if v not in (0, 1)), array.shape)
        raise ValueError(f"{name} holds {odd!r}: give a flat sequence of 0 and 1, one for each pair")
    return array.astype(bool)
