"""The whole answer to one question about one incident, as one record."""

from pathlib import Path
from typing import Any

from windtunnel.agents.minds.base import Mind
from windtunnel.analysis.field_experiments import sentence
from windtunnel.analysis.numbers_in_words import number
from windtunnel.analysis.structure.kept import described
from windtunnel.analysis.summary import fidelity
from windtunnel.analysis.why.answer import estimate, pairs, recurrence, replayed
from windtunnel.analysis.why.answer_record import FUTURES_A_MOMENT, basis
from windtunnel.analysis.why.case import WITH, WITHOUT
from windtunnel.analysis.why.forum.case import ForumCase, SimulatedForum
from windtunnel.analysis.why.forum.in_parts import Ask, lived
from windtunnel.analysis.why.forum.notes import notes, too_quiet
from windtunnel.analysis.why.forum.ranking import rank_members, rank_replies
from windtunnel.analysis.why.forum.recorded import RecordedCase
from windtunnel.analysis.why.forum.threads import moderated, parting, side_by_side
from windtunnel.analysis.why.forum.weakness import foretold
from windtunnel.analysis.why.moments import curve
from windtunnel.analysis.why.question import LABEL, Question
from windtunnel.conf import content
from windtunnel.sim.minds import is_learned

FUTURES_A_CANDIDATE = 12
TONE_DRAWS = 8
"""Other readings of a record's tones, each asked with so many fewer futures than the answer itself."""
OTHER_ATTENTION = (0.3, 3.0)
"""How many times as often as the thread's own pace those look in whom the record does not show."""
ASSUMED_LEARNED = (
    "Assumed of this record: members follow the law that was fitted to it (learned.yaml): who comes, for which unanswered reply, to which thread "
    "and post; votes and departures have no effect; of what makes a thread draw without being seen, only this thread's is inferred.",
    "After the act nothing is a record any more: every post is the model's own, by act and tone.",
)
ASSUMED = (
    "Assumed of this record: everybody sees the posts that pull most, of this thread and of the others of its time; votes and "
    "departures have no effect; who else reads along, and how often, is guessed from who wrote in the weeks around.",
    "After the act nothing is a record any more: every post is the model's own, by act and tone.",
)


NAMELESS_LEARNED = (
    "Posts without a name are decisions of strangers, as in the fit: each comes as a newcomer does and comes back for nothing but to answer who "
    "answered it. Opening posts are written as they are in every future."
)
NAMELESS = "Posts without a name are written as they are in every future, whatever is asked."
MODERATED = (
    "Recorded acts of moderators are part of the past, from the minute after theirs on; an absence is taken to end when its member "
    "writes again. Replies that came although such an act forbade them are kept as recorded. What was written nowhere because of an act "
    "stands in no record: without the act it is the model's own."
)


def answer(
    case: ForumCase,
    question: Question,
    mind: Mind,
    *,
    replicates: int,
    confidence: float = 0.95,
    moments: int = 0,
    budget: int = 0,
    members: bool = False,
    by: str = "change",
    enough: float | None = None,
    sensitivity: int = TONE_DRAWS,
) -> tuple[dict[str, Any], Any]:
    """The record of `why --json`, and the thread side by side as a table.

    `moments` fork moments are tried for the curve, and `budget` replies (or members) are left out one by one; 0
    leaves a part out. Of a record, `sensitivity` other readings of its tones are tried; 0 leaves out what is assumed of it.
    """
    if isinstance(case, RecordedCase):
        case.infer([0], mind)
        more = (FUTURES_A_MOMENT if moments else 0, FUTURES_A_CANDIDATE if budget else 0)
        case.infer(range(max(more)), mind)
    told, both = replayed(case, question, mind)
    other = WITHOUT if question.on else WITH
    branches = (question.branch(question.factual()), question.branch(other))
    replaced = question.act.get("posts", ()) if question.act.get("act") == "replace" else ()
    found = parting(case, both, branches, mind, replaced)
    if isinstance(case, RecordedCase):
        numbers, others = range(replicates), [-1 - number for number in range(replicates)]
        (without, with_), anew = lived([Ask(case, numbers), Ask(case, others)], question, mind)
    else:
        without, with_ = anew = pairs(case, question, mind, range(replicates))
    counted = estimate(without, with_, question, confidence)
    new_luck = estimate(*anew, question, confidence) if case.real else counted
    again = recurrence(question, *anew)
    rank = rank_members if members else rank_replies
    record = basis(
        case,
        question,
        estimand="given_record" if case.real else "given_past",
        outcome=outcome_words(case),
        notes=notes(case, question),
        told=told,
        unchanged=both.runs[0],
        counted=counted,
        bounds=new_luck["bounds"],
        again=again,
        replicates=replicates,
    )
    record |= {
        "start": case.start,
        "moderators": moderated(case, both, _moments_said(case, question)),
        "parting": None if found is None else found._asdict(),
        "moments": curve(case, question, mind, moments=moments, futures=FUTURES_A_MOMENT)
        if moments
        else None,
        "which_act": rank(case, mind, budget=budget, futures=FUTURES_A_CANDIDATE, by=by, enough=enough)
        if budget
        else None,
        "new_luck": new_luck,
        "log_score": None,
        "foretold": None,
        "whole_act": [],
        "sensitivity": [],
        "memory": None,
        "tone_errors": None,
        "assumptions": known_of(case),
        "mind": mind.record(),
    }
    if isinstance(case, RecordedCase):
        record |= of_record(case, question, mind, replicates, sensitivity)
    record["notes"] = [*record["notes"], *too_quiet(record)]
    return record, side_by_side(case, both)


def futures(
    case: ForumCase, replicates: int, *, moments: int = 0, budget: int = 0, sensitivity: int = TONE_DRAWS
) -> int:
    """About how many futures `answer` lives at most: in pairs for the counts, the curve and the ranking. Of a record the arm that was is
    lived once, and futures are lived once more with new luck, other attention, other memory and other tones; its chance must be inferred before.
    """
    ranked = 2 * budget * FUTURES_A_CANDIDATE
    if not case.real:
        return 2 + 2 * replicates + 2 * moments * FUTURES_A_MOMENT + ranked
    few = max(replicates // max(sensitivity, 1), 1)
    readings = 2 * sensitivity * (2 * few + 1)
    from windtunnel.analysis.why.forum.memory import told_what_they_recall

    varied = len(OTHER_ATTENTION) + 2 * told_what_they_recall(case)  # type: ignore[arg-type]
    others = varied * (2 * max(replicates // 4, 1) + 1) if sensitivity else 0
    more = FUTURES_A_MOMENT if moments else FUTURES_A_CANDIDATE if budget else 0
    return 4 + 4 * replicates + more + moments * (FUTURES_A_MOMENT + 1) + ranked + readings + others


def outcome_words(case: ForumCase) -> str:
    """What the incident is called where it is asked whether it comes."""
    of = case.incident.member
    member = "a member" if of is None else f"member {of}"
    return {
        "escalation": "an escalation",
        "pile_on": f"a pile-on on {member}",
        "rule_breaking_streak": f"a streak of rule-breaking of {member}",
        "mass_departure": "a mass departure",
        "newcomer_driven_away": f"newcomer {of} to be driven away" if of else "a newcomer to be driven away",
    }[case.incident.kind]


def _moments_said(case: ForumCase, question: Question) -> dict[str, tuple[int, int]]:
    """For each single act its first step and the one by which it is spoken of, by its label."""
    recorded = {act.name: (act.minute, act.minute - 1) for act in case.moderators}
    return recorded | {LABEL: (question.at, question.shown)}


def whole_act(folder: Path, mind: str) -> list[str]:
    """How well members learned from the folder's record foretell the whole of an act, part by part; a sentence each."""
    from windtunnel.analysis.learned.told import learned_of, of_parts

    learned = learned_of(folder)
    if learned is None:
        return []
    head = "How well the whole of an act is foretold by members learned from this record (windtunnel fit):"
    if not is_learned(mind):
        head = f"{head[:-1]}; in this answer members decide by {mind}, of whom the line above tells:"
    return [head, *of_parts(learned)]


def known_of(case: ForumCase) -> list[str]:
    """The two lines on how far these members are like real ones: in what they do, and in what policies do to them."""
    if isinstance(case, RecordedCase):
        mind = dict(case.experiment.mind)
        community = dict(case.experiment.community)
        if learned := community.get("learned"):
            moments = content("mind", "learned")[
                "steps_an_hour"
            ]  # a record has one a tick; its law is fitted to none
            community["learned"] = learned | {"steps_an_hour": moments}
            mind["steps_an_hour"] = moments
        found = described({"community": community, "mind": mind, "llm": case.llm}, case.folder.path)
    else:
        assert isinstance(case, SimulatedForum)
        found = case.folder.read_json(case.folder.manifest).get("described") or {}
    return list(fidelity({"fidelity": {**found, "experiments": sentence()}}))


def of_record(
    case: RecordedCase, question: Question, mind: Mind, replicates: int, tone_draws: int
) -> dict[str, Any]:
    """What only a real incident has: the mind's held-out score, other assumptions, and the assumptions in words."""
    from windtunnel.analysis.why.forum.memory import memory_sensitivity, told_what_they_recall
    from windtunnel.analysis.why.forum.score import log_score
    from windtunnel.analysis.why.forum.tones import label_command, tone_sensitivity

    varied, few = [], range(max(replicates // 4, 1))
    looking = OTHER_ATTENTION if tone_draws else ()
    others = [Ask(case.with_attention(attention), few) for attention in looking]
    for attention, told in zip(looking, lived(others, question, mind), strict=True):
        found = estimate(*told, question)
        varied.append(
            {
                "assumption": f"{attention:g} times as many looks",
                **found["table"],
                "est": found["estimate"]["est"],
            }
        )
    few_futures = max(replicates // max(tone_draws, 1), 1)
    tones = None
    if tone_draws:
        tones = tone_sensitivity(case, question, mind, draws=tone_draws, futures=few_futures)
        posts, command = tones["to_label"], label_command(case.incident.place)
        tones["lift"] = f"{number(posts, 'post')} of the thread ({command})" if posts else None
    score, name = log_score(case, mind), str(case.experiment.mind["name"])
    return {
        "log_score": score,
        "foretold": foretold(case.folder.path, name, score),
        "whole_act": whole_act(case.folder.path, name),
        "sensitivity": varied,
        "memory": memory_sensitivity(case, question, mind, len(few))
        if tone_draws and told_what_they_recall(case)
        else None,
        "tone_errors": tones,
        "assumptions": [
            *([case.relived] if case.relived else []),
            *(ASSUMED_LEARNED if is_learned(name) else ASSUMED),
            *([NAMELESS_LEARNED if is_learned(name) else NAMELESS] if case.nameless else []),
            *([MODERATED] if case.moderators else []),
            *known_of(case),
        ],
    }
