"""Outcomes: each one function of the events and member summaries of runs, with a polarity declared here.

A new outcome is one function in this file with an entry in `OUTCOMES`, and a yaml in `conf/outcome` for its
threshold. Out-of-tree outcomes register under the entry point group `windtunnel.outcomes`.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from importlib.metadata import entry_points
from math import isfinite
from typing import Any, NamedTuple

import polars as pl

from windtunnel.sim.events import MEASURES

RUN = ["draw", "seed", "arm"]
ENTRY_POINTS = "windtunnel.outcomes"
RETURN_GAP = 6
"""A newcomer has returned when active again this many steps after being active first."""


class Runs(NamedTuple):
    """What an outcome reads: one row a run (`RUN`), the events, the members, and when counting ends."""

    runs: pl.DataFrame
    events: pl.DataFrame
    members: pl.DataFrame
    horizon: int | None = None
    """Steps after the spark within which a focal-thread outcome counts; None: to the end."""
    steps: int | None = None
    """Length of each run; None: to the last event of all of them."""
    measures: pl.DataFrame = pl.DataFrame(schema=MEASURES)
    """What the community counted at the end of each step: `RUN`, `step`, `measure`, `value`."""


class Outcome(NamedTuple):
    """`measure` gives a frame of `RUN` and `value`, a row for each run (null where undefined).

    A `cost` is what a policy may cost: a harm that it adds, or a good that it takes away.
    """

    name: str
    polarity: str  # "harm" or "good"
    unit: str
    cost: bool
    measure: Callable[[Runs], pl.DataFrame]


def _per_run(runs: Runs, found: pl.DataFrame, empty: float | None = 0.0) -> pl.DataFrame:
    """`found` (RUN, value) with a row for every run; runs that it lacks get `empty`."""
    whole = runs.runs.select(RUN).join(found.select(*RUN, "value"), on=RUN, how="left", maintain_order="left")
    return (
        whole.with_columns(pl.col("value").cast(pl.Float64).fill_null(empty)) if empty is not None else whole
    )


def _count(runs: Runs, rows: pl.DataFrame) -> pl.DataFrame:
    return _per_run(runs, rows.group_by(RUN).agg(value=pl.len()))


def published(events: pl.DataFrame) -> pl.DataFrame:
    """Posts and replies that others could read, each with its author: written and not held, or approved later."""
    written = events.filter(pl.col("kind").is_in(["reply", "post"]))
    authors = written.filter(pl.col("status") == "held").select(*RUN, "target", author="member")
    approved = events.filter(pl.col("kind") == "approve").join(authors, on=[*RUN, "target"], how="left")
    approved = approved.with_columns(member=pl.coalesce("member", "author")).drop("author")
    return pl.concat([written.filter(pl.col("status").is_in(["done", "evaded"])), approved])


def _focal(runs: Runs) -> pl.DataFrame:
    """Published replies in the focal thread within the horizon."""
    sparks = runs.events.filter(pl.col("kind") == "spark").select(*RUN, focal="place", sparked="step")
    replies = published(runs.events).filter(pl.col("target") != pl.col("place")).join(sparks, on=RUN)
    here = replies.filter(pl.col("place") == pl.col("focal"))
    return here if runs.horizon is None else here.filter(pl.col("step") - pl.col("sparked") <= runs.horizon)


def escalation(runs: Runs) -> pl.DataFrame:
    """Hostile replies in the focal thread within the horizon."""
    return _count(runs, _focal(runs).filter(pl.col("tone") == "hostile"))


def hostility_elsewhere(runs: Runs) -> pl.DataFrame:
    """Hostile posts and replies outside the focal thread: where hostility may have moved to."""
    sparks = runs.events.filter(pl.col("kind") == "spark").select(*RUN, focal="place")
    hostile = published(runs.events).filter(pl.col("tone") == "hostile")
    return _count(
        runs, hostile.join(sparks, on=RUN, how="left").filter(pl.col("place").ne_missing(pl.col("focal")))
    )


def hostile_share(runs: Runs) -> pl.DataFrame:
    """Hostile share of the posts and replies that others could read; null where there are none."""
    share = published(runs.events).group_by(RUN).agg(value=(pl.col("tone") == "hostile").mean())
    return _per_run(runs, share, None)


def hostile_exposures(runs: Runs) -> pl.DataFrame:
    """Hostile posts shown to a member in its feed, mean over members who were ever active."""
    return _per_run(runs, _active(runs).group_by(RUN).agg(value=pl.col("saw_hostile").mean()), None)


def worst_group_exposure(runs: Runs) -> pl.DataFrame:
    """`hostile_exposures` of the group (newcomers, regulars) that has most of it."""
    groups = _active(runs).group_by(*RUN, "group").agg(value=pl.col("saw_hostile").mean())
    return _per_run(runs, groups.group_by(RUN).agg(pl.col("value").max()), None)


def newcomer_return(runs: Runs) -> pl.DataFrame:
    """Share of newcomers, first active early enough to tell, who are active again some hours later."""
    steps = runs.steps or 1 + int(runs.events["step"].max() or 0)  # type: ignore[arg-type]
    new = _active(runs).filter(
        (pl.col("group") == "newcomer") & (pl.col("first_active") + RETURN_GAP < steps)
    )
    back = (pl.col("last_active") - pl.col("first_active") >= RETURN_GAP).mean()
    return _per_run(runs, new.group_by(RUN).agg(value=back), None)


def active_members(runs: Runs) -> pl.DataFrame:
    """Members who were active at least once."""
    return _count(runs, _active(runs))


def posts_kept(runs: Runs) -> pl.DataFrame:
    """Posts and replies that others could read and that nobody removed."""
    gone = runs.events.filter(pl.col("kind") == "remove").select(*RUN, "target")
    return _count(runs, published(runs.events).join(gone, on=[*RUN, "target"], how="anti"))


def civil_posts(runs: Runs) -> pl.DataFrame:
    """Civil posts and replies that others could read and that nobody removed."""
    gone = runs.events.filter(pl.col("kind") == "remove").select(*RUN, "target")
    kept = published(runs.events).join(gone, on=[*RUN, "target"], how="anti")
    return _count(runs, kept.filter(pl.col("tone") == "civil"))


def gini_posts(runs: Runs) -> pl.DataFrame:
    """Gini coefficient of published posts over members who wrote at least one; null where nobody did."""
    each = (
        published(runs.events)
        .filter(pl.col("member").is_not_null())
        .group_by(*RUN, "member")
        .agg(wrote=pl.len())
        .sort(*RUN, "wrote")
    )
    rank, count, wrote = pl.int_range(1, pl.len() + 1), pl.len(), pl.col("wrote")
    gini = (2 * (rank * wrote).sum() / (count * wrote.sum())) - (count + 1) / count
    return _per_run(runs, each.group_by(RUN, maintain_order=True).agg(value=gini), None)


MODERATOR_ACTS = ("remove", "approve", "lock", "warn", "explain", "suspend", "ban")


def moderator_actions(runs: Runs) -> pl.DataFrame:
    """Acts that moderators had to take."""
    return _count(runs, runs.events.filter(pl.col("kind").is_in(MODERATOR_ACTS)))


def wrongful_removals(runs: Runs) -> pl.DataFrame:
    """Civil posts that were removed."""
    return _count(runs, runs.events.filter((pl.col("kind") == "remove") & (pl.col("tone") == "civil")))


def civil_posts_lost(runs: Runs) -> pl.DataFrame:
    """Civil posts that members wrote and that were removed, cancelled or held to the end."""
    civil = runs.events.filter(pl.col("tone") == "civil")
    written = civil.filter(pl.col("kind").is_in(["reply", "post"]))
    approved = civil.filter(pl.col("kind") == "approve").select(*RUN, "target")
    held = written.filter(pl.col("status") == "held").join(approved, on=[*RUN, "target"], how="anti")
    removed = civil.filter(pl.col("kind") == "remove")
    # A cancelled one never became a post: its target is the post that it would have answered.
    cancelled = written.filter(pl.col("status") == "cancelled")
    return _count(runs, pl.concat([pl.concat([removed, held]).unique([*RUN, "target"]), cancelled]))


def _active(runs: Runs) -> pl.DataFrame:
    return runs.members.filter(pl.col("active_steps") > 0)


OUTCOMES = {
    outcome.name: outcome
    for outcome in (
        Outcome("escalation", "harm", "hostile replies in the focal thread", False, escalation),
        Outcome("hostile_share", "harm", "share of posts", False, hostile_share),
        Outcome("hostile_exposures", "harm", "hostile posts shown to a member", False, hostile_exposures),
        Outcome(
            "worst_group_exposure", "harm", "hostile posts shown to a member", False, worst_group_exposure
        ),
        Outcome("newcomer_return", "good", "share of newcomers", False, newcomer_return),
        Outcome("active_members", "good", "members", False, active_members),
        Outcome("posts_kept", "good", "posts", False, posts_kept),
        Outcome("gini_posts", "harm", "Gini coefficient", False, gini_posts),
        Outcome("moderator_actions", "harm", "acts", True, moderator_actions),
        Outcome("wrongful_removals", "harm", "posts", True, wrongful_removals),
        Outcome("civil_posts_lost", "harm", "posts", True, civil_posts_lost),
        Outcome("civil_posts", "good", "civil posts", True, civil_posts),
        Outcome("hostility_elsewhere", "harm", "hostile posts", True, hostility_elsewhere),
    )
}


def known_outcomes() -> dict[str, Outcome]:
    """All outcomes by name, out-of-tree ones included."""
    return OUTCOMES | {point.name: point.load() for point in entry_points(group=ENTRY_POINTS)}


def find_outcome(name: str) -> Outcome:
    """The outcome called so; `ValueError` names the nearest one."""
    known = known_outcomes()
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(known)}"
        raise ValueError(f"no outcome is called {name!r}: {hint}")
    return known[name]


def direction(outcome: Outcome) -> str:
    """A policy is to prevent a harm and to generate a good; declared, never guessed from numbers."""
    return "preventive" if outcome.polarity == "harm" else "generative"


def threshold_of(spec: Mapping[str, Any], size: int) -> float:
    """The severity at which an outcome has happened: `threshold`, or at least `least` and `per_member` · size."""
    given = spec.get("threshold")
    parts: Mapping[str, Any] = given if isinstance(given, Mapping) else {"least": given, "per_member": 0}
    if set(parts) != {"least", "per_member"} or not all(map(_is_number, parts.values())):
        raise ValueError(
            f"outcome.threshold is {given!r}: give a number, or outcome.threshold.least and .per_member as numbers"
        )
    return float(max(parts["least"], parts["per_member"] * size))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def measure_all(runs: Runs) -> pl.DataFrame:
    """One row a run, one column an outcome."""
    table = runs.runs.select(RUN)
    for name, outcome in known_outcomes().items():
        table = table.join(
            outcome.measure(runs).rename({"value": name}), on=RUN, how="left", maintain_order="left"
        )
    return table
