"""The whole answer to one question about one incident, as one record."""

from typing import Any

from agents.minds.base import Mind
from analysis.why.answer import estimate, pairs, recurrence, replayed
from analysis.why.case import WITH, WITHOUT, Case
from analysis.why.moments import curve
from analysis.why.question import Question
from analysis.why.ranking import rank_members, rank_replies
from analysis.why.threads import parting, side_by_side

FUTURES_A_MOMENT = 20
FUTURES_A_CANDIDATE = 12


def answer(
    case: Case,
    question: Question,
    mind: Mind,
    *,
    replicates: int,
    confidence: float = 0.95,
    moments: int = 0,
    budget: int = 0,
    members: bool = False,
) -> tuple[dict[str, Any], Any]:
    """The record of `why --json`, and the thread side by side as a table.

    `moments` fork moments are tried for the curve, and `budget` replies (or members) are left out one by one; 0
    leaves a part out. A case with a past of its own to infer brings its own futures (`case.futures`).
    """
    told, both = replayed(case, question, mind)
    other = WITHOUT if question.on else WITH
    branches = (question.branch(question.factual()), question.branch(other))
    found = parting(case, both, branches, mind)
    without, with_ = pairs(case, question, mind, range(replicates))
    counted = estimate(without, with_, question, confidence)
    again = recurrence(question, without, with_)
    replay = case.replay(both.runs[0])
    rank = rank_members if members else rank_replies
    record = {
        "incident": case.incident._asdict()
        | {"members": list(case.incident.members), "shown": list(case.incident.shown)},
        "question": question.words,
        "at": question.at,
        "moment": question.moment,
        "hours": case.hours,
        "replicates": replicates,
        "replay": replay,
        "same_luck": told["happened"],
        "severity": told["severity"],
        "recurrence": again["share"],
        "recurrence_counts": {"happened": again["happened"], "of": again["of"]},
        **counted,
        "noise_floor": 0.0
        if replay["acts"] == replay["reproduced"]
        else 1 - replay["reproduced"] / max(replay["acts"], 1),
        "coupling": "gumbel-max",
        "forced": question.forced,
        "parting": None if found is None else found._asdict(),
        "moments": curve(case, question, mind, moments=moments, futures=FUTURES_A_MOMENT)
        if moments
        else None,
        "which_act": rank(case, mind, budget=budget, futures=FUTURES_A_CANDIDATE) if budget else None,
        "log_score": None,
        "sensitivity": [],
        "assumptions": [],
        "mind": mind.record(),
    }
    return record, side_by_side(case, both)
