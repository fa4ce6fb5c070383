"""What counts as an incident: one small function a kind, each with a rule whose numbers stand in `conf/incident`.

A detector is given the acts of one run and gives what it found. Times are steps; `hours` is how long one lasts.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

Rule = Mapping[str, Any]
LONGEST_EXCERPT = 6
"""Posts that an excerpt shows at most."""


class Found(NamedTuple):
    """One finding. `place` is a thread, `member` who it happened to or who did it; null where there is none.

    `severity` is in the unit of the rule's threshold; `shown` are the posts that show it.
    """

    place: int | None
    member: str | None
    onset: int
    peak: int
    severity: float
    members: tuple[str, ...]
    shown: tuple[int, ...]


def escalation(acts: pl.DataFrame, rule: Rule, hours: float) -> Iterator[Found]:
    """Hostile replies in one thread, heated ones counting less, within a window of hours."""
    heavy = _weighed(acts.filter(pl.col("kind") == "reply"), rule)
    for (place,), rows in heavy.group_by("place", maintain_order=True):
        yield from _windowed(rows, rule, hours, place=place)  # type: ignore[arg-type]


def pile_on(acts: pl.DataFrame, rule: Rule, hours: float) -> Iterator[Found]:
    """Several members who answer one and the same member with heat or hostility, within a window of hours."""
    heavy = _weighed(acts.filter(pl.col("answered").is_not_null()), rule)
    heavy = heavy.filter(pl.col("member") != pl.col("answered"))
    for (place, target), rows in heavy.group_by("place", "answered", maintain_order=True):
        count = _distinct_within(rows["step"].to_numpy(), rows["member"].to_list(), rule["window"] / hours)
        if count.max(initial=0) >= rule["threshold"]:
            yield _found(rows, count, rule, hours, place=place, member=target)  # type: ignore[arg-type]


def rule_breaking_streak(acts: pl.DataFrame, rule: Rule, hours: float) -> Iterator[Found]:
    """Hostile posts of one member within a window of hours, wherever they are."""
    heavy = _weighed(acts.filter(pl.col("member").is_not_null()), rule)
    for (member,), rows in heavy.group_by("member", maintain_order=True):
        yield from _windowed(rows, rule, hours, member=member)  # type: ignore[arg-type]


def mass_departure(acts: pl.DataFrame, rule: Rule, hours: float) -> Iterator[Found]:
    """Members who leave within a window of hours, over all who ever acted. In a record, where nobody says that
    they leave, somebody with enough posts has left who is not seen again for `gone` hours: a proxy."""
    known = acts.filter(pl.col("member").is_not_null())
    everybody = known["member"].n_unique()
    said = known.filter(pl.col("kind") == "leave").unique("member", keep="first", maintain_order=True)
    if said.is_empty() and not known.is_empty() and known["arm"][0] == "record":
        end = int(known["step"].max())  # type: ignore[arg-type]
        last = known.group_by("member", maintain_order=True).agg(pl.len(), pl.all().last())
        stayed_away = (pl.lit(end) - pl.col("step")) * hours >= rule["gone"]
        said = last.filter((pl.col("len") >= rule["regular"]) & stayed_away).sort("step", "ordinal")
    if said.height < rule["least"]:
        return
    share = _distinct_within(said["step"].to_numpy(), said["member"].to_list(), rule["window"] / hours)
    enough = (share >= rule["least"]) & (share / everybody >= rule["threshold"])
    if enough.any():
        yield _found(said, np.where(enough, share, 0) / everybody, rule, hours)


def newcomer_driven_away(acts: pl.DataFrame, rule: Rule, hours: float) -> Iterator[Found]:
    """A newcomer is answered with heat or hostility and does not write again, though there was time to."""
    known = acts.filter(pl.col("member").is_not_null())
    if known.is_empty():
        return
    end = int(known["step"].max())  # type: ignore[arg-type]
    newcomers = known.filter(pl.col("newcomer"))["member"].unique()
    last = known.filter(pl.col("kind") != "leave").group_by("member").agg(last=pl.col("step").max())
    attacked = _weighed(known.filter(pl.col("answered").is_in(newcomers.implode())), rule)
    attacked = attacked.filter(pl.col("member") != pl.col("answered"))
    attacked = attacked.join(last.rename({"member": "answered"}), on="answered", maintain_order="left")
    reach = rule["window"] / hours
    after = pl.col("step") - pl.col("last")
    hit = attacked.filter((after >= 0) & (after <= reach) & ((end - pl.col("step")) * hours >= rule["gone"]))
    for (target,), rows in hit.group_by("answered", maintain_order=True):
        weight = rows["weight"].to_numpy().cumsum()
        if weight[-1] >= rule["threshold"]:
            yield _found(rows, weight, rule, hours, place=rows["place"][0], member=target)  # type: ignore[arg-type]


DETECTORS: dict[str, Callable[[pl.DataFrame, Rule, float], Iterator[Found]]] = {
    detector.__name__: detector
    for detector in (escalation, pile_on, rule_breaking_streak, mass_departure, newcomer_driven_away)
}


def _weighed(acts: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Acts that count under the rule: hostile ones weigh 1, heated ones `heated`."""
    weight = pl.when(pl.col("tone") == "hostile").then(1.0).when(pl.col("tone") == "heated")
    return acts.with_columns(weight=weight.then(float(rule["heated"])).otherwise(0.0)).filter(
        pl.col("weight") > 0
    )


def _windowed(rows: pl.DataFrame, rule: Rule, hours: float, **where: Any) -> Iterator[Found]:
    """A finding where the weights of `rows` within the rule's window reach its threshold."""
    steps, weight = rows["step"].to_numpy(), rows["weight"].to_numpy()
    total = np.concatenate([[0.0], weight.cumsum()])
    inside = total[1:] - total[_window_start(steps, rule["window"] / hours)]
    if inside.max(initial=0) >= rule["threshold"]:
        yield _found(rows, inside, rule, hours, **where)


def _window_start(steps: np.ndarray, reach: float) -> np.ndarray:
    """For each act the place of the first one less than `reach` steps before it."""
    return np.searchsorted(steps, steps - reach, side="right")


def _distinct_within(steps: np.ndarray, members: list[str], reach: float) -> np.ndarray:
    """How many different members act in the window that ends at each act."""
    start = _window_start(steps, reach)
    return np.array([len(set(members[low : high + 1])) for high, low in enumerate(start)])


def _found(
    rows: pl.DataFrame,
    value: np.ndarray,
    rule: Rule,
    hours: float,
    place: int | None = None,
    member: str | None = None,
) -> Found:
    """The finding whose measure at each row is `value`: it begins with the first window that reaches the threshold."""
    steps = rows["step"].to_numpy()
    reached = int(np.argmax(value >= rule["threshold"]))
    first = int(_window_start(steps, rule["window"] / hours)[reached])
    peak = int(value.argmax())
    involved = rows["member"].drop_nulls().unique(maintain_order=True).to_list()
    posts = [post for post in rows["post"][first : reached + 1].to_list() if post is not None]
    return Found(
        place,
        member,
        int(steps[first]),
        int(steps[peak]),
        float(value[peak]),
        tuple(involved),
        tuple(posts[-LONGEST_EXCERPT:]),
    )
