"""What the report counts beyond estimates.json: other outcomes, trajectories, where twins parted."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.causal.intervals import Estimate, mean_difference
from windtunnel.analysis.causal.questions import PERCENT_FROM
from windtunnel.analysis.outcomes import RUN, Outcome, Runs, find_outcome, known_outcomes, readable, stand_in
from windtunnel.analysis.outcomes.immovable import CANNOT

POINTS = 25
"""A trajectory is measured at so many steps at most: each is a pass over the events."""


class Difference(NamedTuple):
    """One outcome in both arms: means over complete pairs, and the difference (policy minus baseline)."""

    outcome: Outcome
    without: float
    under: float
    change: Estimate
    pairs: int
    changed: int
    """Pairs in which the arms differ at all."""
    forced: bool
    fixed: bool = False
    """Whether no policy can move it in this model."""

    @property
    def reading(self) -> str:
        """`better`, `worse`, `the same`, `unclear` or `cannot move in this model`, by the interval and the outcome's declared polarity."""
        low, high = self.change.low, self.change.high
        if self.fixed:
            return CANNOT
        if not self.changed:
            return "the same"
        if low is None or high is None or low <= 0 <= high:
            return "unclear"
        return "better" if (low > 0) == (self.outcome.polarity == "good") else "worse"


def differences(
    runs: pl.DataFrame, forced: set[str], confidence: float, fixed: Collection[str] = ()
) -> list[Difference]:
    """Every outcome that the runs table holds and some pair has in both arms, in the order of their list."""
    found = []
    for name, outcome in known_outcomes().items():
        if name not in runs.columns:
            continue
        pairs = side_by_side(runs, name)
        if len(pairs):
            step = pairs["policy"] - pairs["baseline"]
            change = mean_difference(step.to_numpy(), pairs["draw"].to_numpy(), confidence)
            without, under = (float(pairs[arm].sum() / len(pairs)) for arm in ("baseline", "policy"))
            found.append(
                Difference(
                    outcome,
                    without,
                    under,
                    change,
                    len(pairs),
                    int((step != 0).sum()),
                    name in forced,
                    name in fixed,
                )
            )
    return found


def side_by_side(runs: pl.DataFrame, column: str) -> pl.DataFrame:
    """draw, seed, baseline, policy: `column` of the pairs that have it in both arms."""
    ok = runs.filter(pl.col("status") == "ok", pl.col(column).is_not_null())
    arms = [
        ok.filter(pl.col("arm") == arm).select("draw", "seed", pl.col(column).alias(arm))
        for arm in ("baseline", "policy")
    ]
    return arms[0].join(arms[1], on=["draw", "seed"]).sort("draw", "seed")


class Trajectory(NamedTuple):
    """`points` has step, arm, mean and a band (low, high) over pairs; `label` says of what.

    The band goes from the 10th to the 90th percentile, and below 20 pairs from the least to the most.
    """

    points: pl.DataFrame
    label: str
    own: bool
    """Whether it is the declared outcome, so far, or another in its stead."""
    band: str


def trajectory(
    runs: pl.DataFrame,
    events: pl.DataFrame,
    members: pl.DataFrame,
    declared: Mapping[str, Any],
    steps: int,
    measures: pl.DataFrame | None = None,
    community: str = "forum",
    step_hours: float = 1.0,
) -> Trajectory | None:
    """The outcome as it stood after each step, in both arms, over complete pairs.

    An outcome that also reads members' summaries, which exist at the end alone, has no course: what the community has
    for that case stands in for it; None where it has nothing.
    """
    outcome = find_outcome(declared["name"])
    pairs = side_by_side(runs, outcome.name).select("draw", "seed")
    both = pl.col("arm").is_in(["baseline", "policy"])
    kept = runs.filter(both).join(pairs, on=["draw", "seed"], how="semi")
    events = events.filter(both).join(pairs, on=["draw", "seed"], how="semi")
    whole = Runs(kept, events, members, declared["horizon"], step_hours=step_hours)
    events = readable(events)  # what nobody could see is left out of every step, not from its removal on
    whole = whole._replace(events=events)
    if measures is not None:
        whole = whole._replace(measures=measures.filter(both).join(pairs, on=["draw", "seed"], how="semi"))
    own = outcome.measure(whole).equals(outcome.measure(whole._replace(members=members.clear())))
    drawn = outcome if own else stand_in(community)
    if drawn is None:
        return None
    so_far = [
        drawn.measure(
            whole._replace(
                events=events.filter(pl.col("step") <= step),
                members=members.clear(),
                measures=whole.measures.filter(pl.col("step") <= step),
            )
        )
        .filter(pl.col("value").is_not_nan())
        .with_columns(step=pl.lit(step))
        for step in _steps(steps)
    ]
    unit = f" ({drawn.unit})" if drawn.unit else ""
    return _banded(pl.concat(so_far), len(pairs), f"{drawn.name.replace('_', ' ')}{unit}", own)


def counted(runs: pl.DataFrame, measures: pl.DataFrame, units: Mapping[str, str]) -> dict[str, Trajectory]:
    """The course of each measure that the community declares with its unit, in both arms, over pairs that finished."""
    ok = runs.filter(pl.col("status") == "ok").select(RUN)
    both = ok.filter(pl.col("arm") == "baseline").join(
        ok.filter(pl.col("arm") == "policy"), on=["draw", "seed"], how="semi"
    )
    mine = measures.filter(pl.col("arm").is_in(["baseline", "policy"]), pl.col("value").is_not_nan())
    mine = mine.join(both, on=["draw", "seed"], how="semi")
    return {
        name: _banded(rows, len(both), f"{name.replace('_', ' ')} ({unit})", True)
        for name, unit in units.items()
        if len(rows := mine.filter(pl.col("measure") == name))
    }


def _banded(values: pl.DataFrame, pairs: int, label: str, own: bool) -> Trajectory:
    """Means and bands of `value` by `step` and `arm`."""
    tail = 0.1 if pairs >= PERCENT_FROM else 0.0
    points = (
        values.group_by("step", "arm")
        .agg(
            mean=pl.col("value").mean(),
            low=pl.col("value").quantile(tail, "linear"),
            high=pl.col("value").quantile(1 - tail, "linear"),
        )
        .sort("arm", "step")
    )
    band = f"{tail:.0%} to {1 - tail:.0%} of them" if tail else "the least to the most"
    return Trajectory(points, label, own, band)


def _steps(steps: int) -> list[int]:
    """All steps of a short run; of a long one `POINTS` of them, first and last included."""
    if steps <= POINTS:
        return list(range(steps))
    return sorted({round(point * (steps - 1) / (POINTS - 1)) for point in range(POINTS)})


class Divergence(NamedTuple):
    """In how many `pairs` the twins first differed at each `step`, in events, measures or members, and in how many never."""

    points: pl.DataFrame
    never: int
    pairs: int


def never_acted(runs: pl.DataFrame, policy: str) -> str | None:
    """Where twins never parted in some pairs, in how many; None where all parted or none ran.

    Where none did the policy, called so, never acted.
    """
    found = divergence(runs)
    if not found.never:
        return None
    said = f"twins never parted in {found.never} of {found.pairs} pair{'' if found.pairs == 1 else 's'}"
    if found.never < found.pairs:
        return f"{said[:1].upper()}{said[1:]}: {policy} did nothing there."
    return f"{policy[:1].upper()}{policy[1:]} never acted: {said}."


def divergence(runs: pl.DataFrame) -> Divergence:
    """Where twins parted, over the pairs of which both halves ran."""
    keys = [
        runs.filter(pl.col("arm") == arm, pl.col("status") == "ok").select("draw", "seed", "first_divergence")
        for arm in ("policy", "baseline")
    ]
    policy = keys[0].join(keys[1].select("draw", "seed"), on=["draw", "seed"], how="semi")
    parted = policy.drop_nulls("first_divergence")
    points = parted.group_by(step="first_divergence").agg(pairs=pl.len()).sort("step")
    return Divergence(points, len(policy) - len(parted), len(policy))
