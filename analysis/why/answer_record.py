"""The whole answer to one question about one incident of a run, as one record."""

from collections.abc import Sequence
from typing import Any

import polars as pl

from windtunnel.agents.minds.base import Mind
from windtunnel.analysis.summary import fidelity
from windtunnel.analysis.why.answer import estimate, pairs, recurrence, replayed
from windtunnel.analysis.why.case import WITH, WITHOUT, Case, Futures
from windtunnel.analysis.why.moments import curve
from windtunnel.analysis.why.parting import differing, parting
from windtunnel.analysis.why.question import Question
from windtunnel.analysis.why.simulated import SimulatedCase
from windtunnel.sim.run import Run

FUTURES_A_MOMENT = 20


def basis(
    case: Case,
    question: Question,
    *,
    estimand: str,
    outcome: str,
    notes: Sequence[str],
    told: dict[str, Any],
    unchanged: Run,
    counted: dict[str, Any],
    bounds: dict[str, Any] | None,
    again: dict[str, Any],
    replicates: int,
) -> dict[str, Any]:
    """What every answer holds; `told`, `counted` and `again` are those of `replayed`, `estimate` and `recurrence`."""
    replay = case.replay(unchanged)
    return {
        "incident": case.incident._asdict()
        | {"members": list(case.incident.members), "shown": list(case.incident.shown)},
        "estimand": estimand,
        "outcome": outcome,
        "happened": question.happened,
        "threshold": float(case.rules[case.incident.kind]["threshold"]),
        "notes": list(notes),
        "question": question.words,
        "at": question.at,
        "shown": question.shown,
        "moment": question.moment,
        "hours": case.hours,
        "replicates": replicates,
        "replay": replay,
        "same_luck": told["happened"],
        "severity": told["severity"],
        "recurrence": again["share"],
        "recurrence_counts": {"happened": again["happened"], "of": again["of"]},
        **counted,
        "bounds": bounds,
        "noise_floor": 0.0
        if replay["acts"] == replay["reproduced"]
        else 1 - replay["reproduced"] / max(replay["acts"], 1),
        "coupling": "gumbel-max",
        "forced": bool(question.forced),
        "by_construction": question.forced or None,
    }


def answer(
    case: SimulatedCase,
    question: Question,
    mind: Mind,
    *,
    replicates: int,
    confidence: float = 0.95,
    moments: int = 0,
) -> dict[str, Any]:
    """The record of `why --json`; `moments` fork moments are tried for the curve, 0 leaves it out."""
    told, both = replayed(case, question, mind)
    branches = (
        question.branch(question.factual()),
        question.branch(WITHOUT if question.on else WITH),
    )
    found = parting(case, both, branches, mind, case.declared.nouns.member)
    without, with_ = pairs(case, question, mind, range(replicates))
    counted = estimate(without, with_, question, confidence)
    record = basis(
        case,
        question,
        estimand="given_past",
        outcome=outcome_words(case),
        notes=notes(case, question),
        told=told,
        unchanged=both.runs[0],
        counted=counted,
        bounds=counted["bounds"],
        again=recurrence(question, without, with_),
        replicates=replicates,
    )
    return record | {
        "nouns": case.declared.nouns._asdict(),
        "unit": case.kind.unit,
        "parting": None if found is None else found._asdict(),
        "differing": differing(case, both),
        "course": courses(case, both),
        "moments": _curve(case, question, mind, moments) if moments else None,
        "fidelity": list(fidelity({})),
        "mind": mind.record(),
    }


def _curve(case: SimulatedCase, question: Question, mind: Mind, moments: int) -> dict[str, Any]:
    """The curve up to where the threshold was reached, or to the peak where that may be undone."""
    until = case.incident.reached if case.kind.stays else None
    return curve(case, question, mind, moments=moments, futures=FUTURES_A_MOMENT, until=until)


def futures(replicates: int, moments: int = 0) -> int:
    """How many futures `answer` lives: in pairs for the counts and the curve, and two replays."""
    return 2 + 2 * replicates + 2 * moments * FUTURES_A_MOMENT


def outcome_words(case: SimulatedCase) -> str:
    """What the incident is called where it is asked whether it comes."""
    who = case.incident.member
    nouns = case.declared.nouns
    return case.kind.outcome.format(member=f"{nouns.member} {who}" if who else f"a {nouns.member}")


def courses(case: SimulatedCase, both: Futures) -> list[dict[str, Any]]:
    """The measures step by step in both replays, that of the incident's kind first: `measure`, `unit`, `was`, `would`."""
    units, table = case.declared.measures, both.measures()
    names = [case.kind.shows, *(name for name in units if name != case.kind.shows)]
    return [
        {"measure": name, "unit": units[name]}
        | {
            key: table.filter(pl.col("measure") == name, pl.col("seed") == place)
            .sort("step")["value"]
            .to_list()
            for place, key in enumerate(("was", "would"))
        }
        for name in names
        if name in units
    ]


def notes(case: SimulatedCase, question: Question) -> list[str]:
    """What must be read before the answer: that the act came too late for it to be no incident."""
    reached = case.incident.reached
    if reached is None or question.at <= reached or not case.kind.stays:
        return []
    threshold = case.rules[case.kind.name]["threshold"]
    crossed = f"the threshold of {threshold:g} was reached in {case.said(reached)}, before {question.words}"
    return [f"It came too late: {crossed}. Only how bad it gets can still differ. --at onset is in time."]
