"""Whether policies meet a goal and its limits: each statement is met, failed or not told apart, by its interval."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from windtunnel import conf
from windtunnel.analysis.causal.intervals import Estimate
from windtunnel.analysis.comparison.effects import Change, mean_family
from windtunnel.analysis.comparison.inputs import Tested
from windtunnel.analysis.comparison.simultaneous import Family
from windtunnel.analysis.comparison.statement import SHARE, Statement, exclude, read_goal, read_statement
from windtunnel.analysis.outcomes.immovable import cannot_move

MEETS, FAILS, UNSURE = "meets", "fails", "not told apart"


class Goal(NamedTuple):
    """What is wanted, first, and the limits on what it may cost; `hours` is how long a run lasts, `step_hours` a step."""

    statements: tuple[Statement, ...]
    hours: float
    step_hours: float

    def words(self) -> str:
        """The goal and its limits, in words."""
        first, *limits = (one.words() for one in self.statements)
        return f"{first}; {', '.join(limits)}" if limits else first


class Measured(NamedTuple):
    """One policy's pairs of the outcome of one statement."""

    policy: str
    statement: int
    draw: np.ndarray
    without: np.ndarray
    under: np.ndarray
    forced: bool = False


def goal_of(goal: str | None, limits: Sequence[str], config: Mapping[str, Any]) -> Goal | None:
    """What is stated, read for the community of a run's settings; None where nothing is. `ValueError` for limits without a goal."""
    if goal is None:
        if limits:
            raise ValueError(
                f"--limit {limits[0]!r} limits a goal that is not stated: add --goal, as 'less NAME'"
            )
        return None
    community = config.get("community") or {}
    name, fixed = community.get("name"), cannot_move(config)
    statements = (read_goal(goal, name, fixed), *(read_statement(one, name, fixed) for one in limits))
    for place, one in enumerate(statements):
        if one in statements[:place]:
            raise ValueError(f"'{one.words()}' is stated twice: give it once")
        for other in statements[:place]:
            if exclude(other, one):
                raise ValueError(
                    f"'{other.words()}' and '{one.words()}' exclude each other: no policy can keep both"
                )
    hours = float(community.get("step_hours") or 1)
    return Goal(statements, hours * int(config.get("steps") or 1), hours)


def judging(goal: Goal | None) -> str | None:
    """The goal's outcome, if its futures can be counted: it has a threshold of its own. Else None."""
    if goal is None:
        return None
    name = goal.statements[0].outcome
    return name if "threshold" in conf.content("outcome", name) else None


def goal_record(goal: Goal, tested: Sequence[Tested], confidence: float) -> dict[str, Any]:
    """The part of a comparison that tells of the goal: a row for each policy and statement, and a verdict for each policy."""
    measured = [
        _measured(one, place, statement)
        for one in tested
        if one.claim_reason is None
        for place, statement in enumerate(goal.statements)
    ]
    rows, family = judge(goal, measured, confidence)
    names = list(dict.fromkeys(one.policy for one in measured))
    return {
        "words": goal.words(),
        "statements": [one.words() for one in goal.statements],
        "rows": rows,
        "verdicts": {
            name: overall([row["verdict"] for row in rows if row["policy"] == name]) for name in names
        },
        "level": family.level,
        "comparisons": family.comparisons,
    }


def _measured(one: Tested, place: int, statement: Statement) -> Measured:
    rows = one.measures.filter(pl.col("outcome") == statement.outcome)
    if rows.is_empty():
        raise ValueError(f"{one.folder} has no pair in which {statement.outcome} was measured: run it again")
    draw, without, under = (rows[name].to_numpy() for name in ("draw", "baseline", "policy"))
    return Measured(one.name, place, draw, without, under, statement.outcome in one.forced)


def judge(goal: Goal, measured: Sequence[Measured], confidence: float) -> tuple[list[dict[str, Any]], Family]:
    """A record for each policy and statement, with its verdict. All intervals hold at once, so that whoever is said to meet all
    does so with the stated confidence, however many policies were tried."""
    columns = [
        Change(
            {},
            one.draw,
            goal.statements[one.statement].slack(one.without, one.under, goal.hours, goal.step_hours),
        )
        for one in measured
    ]
    family, intervals, _ = mean_family(columns, confidence)
    return [
        _row(goal, one, column.difference, interval, len(np.unique(one.draw)))
        for one, column, interval in zip(measured, columns, intervals, strict=True)
    ], family


def overall(verdicts: Sequence[str]) -> str:
    """Of one policy: fails where one statement is failed, meets where all are met."""
    if FAILS in verdicts:
        return FAILS
    return MEETS if verdicts and all(one == MEETS for one in verdicts) else UNSURE


def _row(goal: Goal, one: Measured, slack: np.ndarray, found: Estimate, draws: int) -> dict[str, Any]:
    statement = goal.statements[one.statement]
    without = float(np.mean(one.without)) if len(one.without) else 0.0

    def shown(value: float | None) -> float | None:
        return statement.shown(value, without, goal.hours, goal.step_hours)

    ends = sorted(end for end in (shown(found.low), shown(found.high)) if end is not None)
    low, high = ends if len(ends) == 2 else (None, None)
    said, alike = _verdict(statement, slack, found, draws)
    return {
        "policy": one.policy,
        "statement": statement.words(),
        "role": "goal" if one.statement == 0 else "limit",
        "outcome": statement.outcome,
        "unit": statement.unit,
        "kind": statement.kind,
        "per": statement.per,
        "bound": statement.bound,
        "sense": statement.sense,
        "value": {"est": shown(found.est), "low": low, "high": high},
        "share": statement.kind == SHARE,
        "verdict": said,
        "alike": alike,
        "forced": one.forced,
        "n_pairs": len(slack),
    }


def _verdict(statement: Statement, slack: np.ndarray, found: Estimate, draws: int) -> tuple[str, bool]:
    """The verdict of an interval of the slack; the second is True where all pairs agree, so that there is no interval."""
    if found.low is not None and found.high is not None:
        if found.low > 0 or (found.low == 0 and not statement.strict):
            return MEETS, False
        if found.high < 0 or (found.high == 0 and statement.strict):
            return FAILS, False
        return UNSURE, False
    if draws < 2 or not len(slack) or np.ptp(slack) > 1e-9 * max(1.0, float(np.abs(slack).max())):
        return UNSURE, False
    value = float(slack[0])
    if value > 0 or (value == 0 and not statement.strict):
        return MEETS, True
    return (FAILS, True) if value < 0 else (UNSURE, True)
