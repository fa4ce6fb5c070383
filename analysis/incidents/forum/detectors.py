"""What counts as an incident: one small function a kind, each with a rule whose numbers stand in `conf/incident`.

A detector is given the acts of one run and gives what it found. Times are steps; `hours` is how long one lasts.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import polars as pl

from windtunnel.analysis.incidents.base import Found, Rule
from windtunnel.analysis.incidents.forum.acts import RECORD

MOST_SHOWN = 6
"""Last posts that the excerpt of a departure shows at most."""
DIGITS = 9
"""Decimals of a sum of weights that count: ten times 0.1 is 1."""


def escalation(acts: pl.DataFrame, rule: Rule, hours: float) -> Iterator[Found]:
    """Hostile replies in one thread, heated ones counting less, within a window of hours."""
    heavy = _weighed(acts.filter(pl.col("kind") == "reply"), rule)
    for (place,), rows in _enough(heavy, rule, "place").group_by("place", maintain_order=True):
        yield from _windowed(rows, rule, hours, place=place)  # type: ignore[arg-type]


def pile_on(acts: pl.DataFrame, rule: Rule, hours: float) -> Iterator[Found]:
    """Several members who answer one and the same member with heat or hostility, within a window of hours."""
    heavy = _weighed(acts.filter(pl.col("answered").is_not_null()), rule)
    heavy = heavy.filter(pl.col("member") != pl.col("answered"))
    heavy = heavy.filter(pl.col("member").n_unique().over("place", "answered") >= rule["threshold"])
    for (place, target), rows in heavy.group_by("place", "answered", maintain_order=True):
        count = _distinct_within(rows["step"].to_numpy(), rows["member"].to_list(), rule["window"] / hours)
        if count.max(initial=0) >= rule["threshold"]:
            counted = int(np.ceil(rule["threshold"]))
            yield _found(rows, count, rule, hours, place=place, member=target, counted=counted)  # type: ignore[arg-type]


def rule_breaking_streak(acts: pl.DataFrame, rule: Rule, hours: float) -> Iterator[Found]:
    """Hostile posts of one member within a window of hours, wherever they are."""
    heavy = _weighed(acts.filter(pl.col("member").is_not_null()), rule)
    for (member,), rows in _enough(heavy, rule, "member").group_by("member", maintain_order=True):
        yield from _windowed(rows, rule, hours, member=member)  # type: ignore[arg-type]


def mass_departure(acts: pl.DataFrame, rule: Rule, hours: float) -> Iterator[Found]:
    """Members who leave within a window of hours, over those who act within `present` hours before or after.

    In a record, where nobody says that they leave, somebody with enough posts has left who is not seen again though
    the record goes on: a proxy.
    """
    known = acts.filter(pl.col("member").is_not_null())
    said = known.filter(pl.col("kind") == "leave").unique("member", keep="first", maintain_order=True)
    if said.is_empty() and not known.is_empty() and known["arm"][0] == RECORD:
        last = known.group_by("member", maintain_order=True).agg(pl.len(), pl.all().last())
        last = last.filter(pl.col("len") >= rule["regular"]).sort("step", "ordinal")
        said = last.filter(_goes_on(known, last, rule, hours))
    if said.height < rule["least"]:
        return
    leaving = _distinct_within(said["step"].to_numpy(), said["member"].to_list(), rule["window"] / hours)
    share = np.zeros(len(leaving))
    for row in np.flatnonzero(leaving >= rule["least"]):
        share[row] = leaving[row] / _present(known, said["step"][int(row)], rule["present"] / hours)
    if share.max() >= rule["threshold"]:
        yield _found(said, share, rule, hours, counted=MOST_SHOWN)


def newcomer_driven_away(acts: pl.DataFrame, rule: Rule, hours: float) -> Iterator[Found]:
    """A newcomer is answered with heat or hostility within a window of its last post, and leaves or does not write
    again though the acts go on."""
    known = acts.filter(pl.col("member").is_not_null())
    if known.is_empty():
        return
    leaves, step = pl.col("kind") == "leave", pl.col("step")
    each = known.group_by(answered="member").agg(
        last=step.filter(~leaves).last(),
        still_new=pl.col("newcomer").filter(~leaves).last(),
        left=step.filter(leaves).last(),
    )
    attacked = _weighed(known.filter(pl.col("member") != pl.col("answered")), rule)
    attacked = attacked.join(each.filter("still_new"), on="answered", maintain_order="left")
    after = step - pl.col("last")
    silent = pl.col("left").is_null() & _goes_on(known, attacked, rule, hours)
    went = (pl.col("left") >= step) | silent
    hit = attacked.filter((after >= 0) & (after < rule["window"] / hours) & went)
    for (target,), rows in hit.group_by("answered", maintain_order=True):
        weight = rows["weight"].to_numpy().cumsum().round(DIGITS)
        if weight[-1] >= rule["threshold"]:
            yield _found(rows, weight, rule, hours, place=rows["place"][0], member=target)  # type: ignore[arg-type]


DETECTORS: dict[str, Callable[[pl.DataFrame, Rule, float], Iterator[Found]]] = {
    detector.__name__: detector
    for detector in (escalation, pile_on, rule_breaking_streak, mass_departure, newcomer_driven_away)
}


def _weighed(acts: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Acts that count under the rule: hostile ones weigh 1, heated ones `heated`; of a removed post `removed` of that."""
    tone = pl.when(pl.col("tone") == "hostile").then(1.0).when(pl.col("tone") == "heated")
    there = pl.when(pl.col("removed")).then(float(rule.get("removed", 1))).otherwise(1.0)
    weight = tone.then(float(rule["heated"])).otherwise(0.0) * there
    return acts.with_columns(weight=weight).filter(pl.col("weight") > 0)


def _enough(rows: pl.DataFrame, rule: Rule, group: str) -> pl.DataFrame:
    """Those rows whose whole group has the weight that the rule asks for; few groups are left to look through."""
    return rows.filter(pl.col("weight").sum().over(group).round(DIGITS) >= rule["threshold"])


def _windowed(rows: pl.DataFrame, rule: Rule, hours: float, **where: Any) -> Iterator[Found]:
    """A finding where the weights of `rows` within the rule's window reach its threshold."""
    steps, weight = rows["step"].to_numpy(), rows["weight"].to_numpy()
    total = np.concatenate([[0.0], weight.cumsum()])
    inside = (total[1:] - total[_window_start(steps, rule["window"] / hours)]).round(DIGITS)
    if inside.max(initial=0) >= rule["threshold"]:
        yield _found(rows, inside, rule, hours, **where)


def _window_start(steps: np.ndarray, reach: float) -> np.ndarray:
    """For each act the place of the first one less than `reach` steps before it."""
    return np.searchsorted(steps, steps - reach, side="right")


def _distinct_within(steps: np.ndarray, members: list[str], reach: float) -> np.ndarray:
    """How many different members act in the window that ends at each act."""
    start = _window_start(steps, reach)
    return np.array([len(set(members[low : high + 1])) for high, low in enumerate(start)])


def _goes_on(known: pl.DataFrame, since: pl.DataFrame, rule: Rule, hours: float) -> pl.Series:
    """For each act of `since`, whether others are seen for `gone` hours more.

    A record may have gaps, in which silence says nothing: it goes on up to the first one longer than `gap` hours.
    """
    steps, start = known["step"].to_numpy(), since["step"].to_numpy()
    broken = (
        np.diff(steps) > rule["gap"] / hours if known["arm"][0] == RECORD else np.zeros(len(steps) - 1, bool)
    )
    ends = np.append(steps[:-1][broken], steps[-1])
    return pl.Series(ends[np.searchsorted(ends, start)] >= start + rule["gone"] / hours)


def _present(known: pl.DataFrame, step: int, reach: float) -> int:
    """How many different members act within `reach` steps of this one, before or after."""
    steps = known["step"].to_numpy()
    low, high = np.searchsorted(steps, step - reach, "right"), np.searchsorted(steps, step + reach, "left")
    return known["member"][int(low) : int(high)].n_unique()


def _found(
    rows: pl.DataFrame,
    value: np.ndarray,
    rule: Rule,
    hours: float,
    place: int | None = None,
    member: str | None = None,
    counted: int | None = None,
) -> Found:
    """The finding whose measure at each row is `value`: it begins with the first window that reaches the threshold.

    Its members are those of the rows from there to the peak. `counted` members are shown with a post each, where the
    rule counts members and not weight.
    """
    steps = rows["step"].to_numpy()
    reached = int(np.argmax(value >= rule["threshold"]))
    first = int(_window_start(steps, rule["window"] / hours)[reached])
    peak = int(value.argmax())
    involved = rows["member"][first : max(reached, peak) + 1].drop_nulls().unique(maintain_order=True)
    window = rows[first : reached + 1]
    shown = _heaviest(window, rule["threshold"]) if counted is None else _one_each(window, counted)
    return Found(
        place,
        member,
        int(steps[first]),
        int(steps[peak]),
        float(value[peak]),
        tuple(involved),
        shown,
        int(steps[reached]),
        rows["post"][reached],
    )


def _heaviest(window: pl.DataFrame, needed: float) -> tuple[int, ...]:
    """The fewest posts whose weights reach what is needed, in their order."""
    weight = window["weight"].to_numpy()
    order = np.argsort(-weight, kind="stable")
    count = 1 + int(np.argmax(weight[order].cumsum().round(DIGITS) >= needed))
    return tuple(window["post"].gather(np.sort(order[:count])).to_list())


def _one_each(window: pl.DataFrame, most: int) -> tuple[int, ...]:
    """A post of each of so many members, in their order; none of those who left without one."""
    posts = window.unique("member", keep="first", maintain_order=True)["post"].drop_nulls()
    return tuple(posts.head(most).to_list())
