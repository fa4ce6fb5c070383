"""The answer: same luck, same past with new luck in pairs, and what these counts allow to say."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from windtunnel.agents.minds.base import Mind
from windtunnel.analysis.causal.necessity import Paired, coupling_free, paired_estimates
from windtunnel.analysis.why.case import WITH, WITHOUT, Case, Futures, simulate_futures
from windtunnel.analysis.why.question import Question

FIELDS = {"ps_prev": "ps", "pn_backfire": "pn_backfire", "pn_prev": "pn", "ps_backfire": "ps_backfire"}
"""What `paired_estimates` calls each quantity of a question."""


class Happened(NamedTuple):
    """For each branch in order: whether the incident happened in it, and how bad it got, below the threshold as well."""

    y: np.ndarray
    severity: np.ndarray


def happened(case: Case, futures: Futures, count: int) -> Happened:
    """Look for the incident in every branch."""
    found = case.severities(futures)
    y, severity = np.zeros(count, int), np.zeros(count)
    place = found["seed"].to_numpy()
    y[place], severity[place] = found["happened"].to_numpy(), found["severity"].to_numpy()
    return Happened(y, severity)


def pairs(
    case: Case, question: Question, mind: Mind, numbers: Sequence[int], at: int | None = None
) -> tuple[Happened, Happened]:
    """The incident without and with the act, future by future: both of a pair share their new luck.

    Where every future of the arm that was is what was (`case.again`), one of them is lived for all.
    """
    lived = {arm: list(numbers) for arm in (WITHOUT, WITH)}
    if numbers and case.again(numbers):
        lived[question.factual()] = list(numbers[:1])
    branches = [question.branch(arm, at, number) for arm, some in lived.items() for number in some]
    seen = happened(case, simulate_futures(case, branches, mind, fingerprints=False), len(branches))
    cut = len(lived[WITHOUT])
    halves = (slice(None, cut), slice(cut, None))
    without, with_ = (
        Happened(*(np.resize(each[half], len(numbers)) for each in (seen.y, seen.severity)))
        for half in halves
    )
    return without, with_


def estimate(
    without: Happened, with_: Happened, question: Question, confidence: float = 0.95
) -> dict[str, Any]:
    """Table, the quantity that the question asks for, its interval, and bounds that need no coupling."""
    found: Paired = paired_estimates(without.y, with_.y, direction="preventive", confidence=confidence)
    p1, p0 = float(with_.y.mean()), float(without.y.mean())
    bounds = coupling_free(p1, p0, "preventive")
    name = FIELDS[question.quantity]
    bound = bounds.get(name)
    return {
        "table": found.table._asdict(),
        "quantity": question.quantity,
        "estimate": getattr(found, name)._asdict(),
        "bounds": None if bound is None else {"low": float(bound[0]), "high": float(bound[1])},
        "backfire": found.backfire._asdict(),
        "p0": found.p0._asdict(),
        "p1": found.p1._asdict(),
        "mean_severity": {"without": float(without.severity.mean()), "with": float(with_.severity.mean())},
    }


def recurrence(question: Question, without: Happened, with_: Happened) -> dict[str, Any]:
    """How often it happens from the same past with nothing changed and chance redrawn."""
    y = with_.y if question.on else without.y
    return {"happened": int(y.sum()), "of": len(y), "share": float(y.mean()) if len(y) else None}


def replayed(case: Case, question: Question, mind: Mind) -> tuple[dict[str, Any], Futures]:
    """The two replays with the incident's own luck, and whether the unchanged one is what happened."""
    arms = (question.factual(), WITHOUT if question.on else WITH)
    both = simulate_futures(case, [question.branch(arm) for arm in arms], mind)
    seen = happened(case, both, 2)
    return {
        "happened": bool(seen.y[1]),
        "severity": {"recorded": float(seen.severity[0]), "replay": float(seen.severity[1])},
        "again": bool(seen.y[0]),
    }, both
