"""The picture of a comparison: what each policy buys in futures, against the change in one cost, as a drawing of the server."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from windtunnel.analysis.comparison.charts import trade_off_rows
from windtunnel.analysis.summary import event_words

WIDE, HIGH, LEFT, LOW = 720, 340, 56, 44
PAD = 0.08
NEAR = 14
"""Pixels between two dots whose numbers would cover each other."""


class Dot(NamedTuple):
    """A policy in the picture: its place, the ends of its intervals (None: no interval), and what is said of it."""

    number: int
    policy: str
    x: float
    y: float
    across: tuple[float, float] | None
    upright: tuple[float, float] | None
    kind: str
    said: str
    aside: int = 0
    """How far its number is put aside, where another dot stands in the same place."""


class Drawn(NamedTuple):
    """All that the template needs to draw."""

    cost: str
    costs: list[str]
    words: str
    axis: str
    dots: list[Dot]
    zero: tuple[float, float]
    x_marks: list[tuple[float, str]]
    y_marks: list[tuple[float, str]]


def picture(record: Mapping[str, Any], cost: str = "") -> Drawn | None:
    """The picture for the cost that is chosen (the first one otherwise); None where no policy has both."""
    rows = trade_off_rows(record)
    costs = list(dict.fromkeys(row["cost"] for row in rows))
    if not costs:
        return None
    cost = cost if cost in costs else costs[0]
    shown = [row for row in rows if row["cost"] == cost]
    x_of, x_marks = _scale([row[end] for row in shown for end in ("x", "x_low", "x_high")], LEFT, WIDE - 12)
    y_of, y_marks = _scale([row[end] for row in shown for end in ("y", "y_low", "y_high")], HIGH - LOW, 12)
    dots = [
        Dot(
            row["number"],
            row["policy"],
            x_of(row["x"]) + row["aside"],
            y_of(row["y"]),
            None if row["x_low"] is None else (x_of(row["x_low"]), x_of(row["x_high"])),
            None if row["y_low"] is None else (y_of(row["y_low"]), y_of(row["y_high"])),
            row["standing"].replace(" ", "-"),
            f"{row['policy']}: {row['averted']}; {cost} {row['change']}; {row['standing']}",
        )
        for row in shown
    ]
    dots = [dot._replace(aside=16 * _covered(dots[:at], dot)) for at, dot in enumerate(dots)]
    event = event_words({"outcome": record["outcome"]["name"], "threshold": record["outcome"]["threshold"]})
    fewer = "fewer" if record["direction"] == "preventive" else "more"
    cheaper = "left" if shown[0]["polarity"] == "harm" else "right"
    return Drawn(
        cost,
        costs,
        f"Up: in how many {fewer} futures {event}. Hollow dot: doing nothing. Lines: intervals.",
        f"change in {cost} ({shown[0]['unit']}) a future; cheaper to the {cheaper}",
        dots,
        (x_of(0), y_of(0)),
        x_marks,
        y_marks,
    )


def _covered(before: Sequence[Dot], dot: Dot) -> int:
    """How many of the earlier dots stand where this one does."""
    return sum(abs(one.x - dot.x) < NEAR and abs(one.y - dot.y) < NEAR for one in before)


def _scale(values: Sequence[float | None], start: float, end: float) -> tuple[Any, list[tuple[float, str]]]:
    """From a value to its place between two pixels, zero always among them, and a few marks with their words."""
    known = [0.0, *(value for value in values if value is not None)]
    low, high = min(known), max(known)
    room = (high - low or 1.0) * PAD
    low, high = low - room, high + room

    def place(value: float) -> float:
        return round(start + (value - low) / (high - low) * (end - start), 1)

    step = _round_step((high - low) / 5)
    first = int(low // step) + 1
    marks = [step * k for k in range(first, int(high // step) + 1)]
    return place, [(place(mark), f"{mark:.4g}".replace("-", "\u2212")) for mark in marks]


def _round_step(rough: float) -> float:
    """
    >>> _round_step(0.7), _round_step(3.1), _round_step(12)
    (1.0, 5.0, 20.0)
    """
    scale = 1.0
    while scale > rough:
        scale /= 10
    while scale * 10 <= rough:
        scale *= 10
    return next(scale * times for times in (1, 2, 5, 10) if scale * times >= rough)
