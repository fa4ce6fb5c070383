"""The whole answer to one question about one incident, as one record."""

from typing import Any

from agents.minds.base import Mind
from analysis.why.answer import estimate, pairs, recurrence, replayed
from analysis.why.case import WITH, WITHOUT, Case
from analysis.why.moments import curve
from analysis.why.question import Question
from analysis.why.ranking import rank_members, rank_replies
from analysis.why.recorded import RecordedCase
from analysis.why.threads import moderated, parting, side_by_side

FUTURES_A_MOMENT = 20
FUTURES_A_CANDIDATE = 12
OTHER_ATTENTION = (0.3, 3.0)
"""How many times as often as the thread's own pace those look in whom the record does not show."""
ASSUMED = (
    "Assumed of this record: everybody saw the posts of the thread that pull most; votes, departures and new threads elsewhere "
    "had no part in it; who else read along is guessed from who wrote that week.",
    "After the act nothing is a record any more: every post is the model's own, by act and tone.",
)


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
    if isinstance(case, RecordedCase):
        case.infer(range(replicates), mind)
    told, both = replayed(case, question, mind)
    other = WITHOUT if question.on else WITH
    branches = (question.branch(question.factual()), question.branch(other))
    found = parting(case, both, branches, mind)
    without, with_ = pairs(case, question, mind, range(replicates))
    counted = estimate(without, with_, question, confidence)
    anew = (without, with_)
    if isinstance(case, RecordedCase):
        anew = pairs(case, question, mind, [-1 - number for number in range(replicates)])
    again = recurrence(question, *anew)
    replay = case.replay(both.runs[0])
    rank = rank_members if members else rank_replies
    record: dict[str, Any] = {
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
        "moderators": moderated(case, both),
        "parting": None if found is None else found._asdict(),
        "moments": curve(case, question, mind, moments=moments, futures=FUTURES_A_MOMENT)
        if moments
        else None,
        "which_act": rank(case, mind, budget=budget, futures=FUTURES_A_CANDIDATE) if budget else None,
        "new_luck": estimate(*anew, question, confidence),
        "log_score": None,
        "sensitivity": [],
        "assumptions": [],
        "mind": mind.record(),
    }
    if isinstance(case, RecordedCase):
        record |= of_record(case, question, mind, replicates)
    return record, side_by_side(case, both)


def of_record(case: RecordedCase, question: Question, mind: Mind, replicates: int) -> dict[str, Any]:
    """What only a real incident has: the mind's held-out score, other assumptions about who read along, and these in words."""
    from analysis.why.score import log_score

    varied = []
    for attention in OTHER_ATTENTION:
        other = case.with_attention(attention)
        few = range(max(replicates // 4, 1))
        other.infer(few, mind)
        found = estimate(*pairs(other, question, mind, few), question)
        varied.append({"assumption": f"{attention:g} times as many looks", **found["table"]})
    return {"log_score": log_score(case, mind), "sensitivity": varied, "assumptions": list(ASSUMED)}
