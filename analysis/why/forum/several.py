"""Several acts asked of one incident, so that they stand in one table: the same futures, each without and with each act."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from windtunnel.analysis.models.asking import probe_of
from windtunnel.analysis.models.serving import serving
from windtunnel.analysis.why.answer import estimate, pairs
from windtunnel.analysis.why.forum.case import ForumCase
from windtunnel.analysis.why.forum.notes import notes
from windtunnel.analysis.why.forum.question import ask, refuse_off
from windtunnel.analysis.why.forum.recorded import RecordedCase
from windtunnel.analysis.why.question import Question
from windtunnel.policies.forum.single_act import FOR_GOOD
from windtunnel.policies.registry import make_policy

SINGLE = ("lock", "remove", "warn", "suspend")
"""Acts of a moderator; every other word names a policy."""
AWAY = 24.0
"""Hours that `suspend` keeps somebody away, where suspend.hours does not say."""
LENGTH = "suspend.hours"
TOO_LATE = "It came too late"


@dataclass(frozen=True)
class Outcome:
    """One act asked of one incident, in `futures` pairs of futures.

    `happened` have the incident without the act, `averted` of these not with it, and `caused` have it with the act alone;
    `net` is how much rarer it is with the act, a share. `late`: the act comes after the threshold was reached. Where it could not
    be asked `reason` says why, and nothing is counted.
    """

    act: str
    incident: str
    futures: int = 0
    happened: int = 0
    averted: int = 0
    caused: int = 0
    share: float | None = None
    low: float | None = None
    high: float | None = None
    net: float | None = None
    severity_without: float | None = None
    severity_with: float | None = None
    moment: str = ""
    forced: bool = False
    late: bool = False
    reason: str = ""


def read_acts_asked(words: str, parameters: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The acts that `--acts lock,slow_mode` names, each with its parameters (slow_mode.hours=2, suspend.hours=72).

    `ValueError` for a word that is no act and no policy, or a parameter of something else.
    """
    names = [one.strip() for one in words.split(",") if one.strip()]
    if not names:
        raise ValueError(
            f"--acts names none: choose from {', '.join(SINGLE)}, or policies, as lock,slow_mode"
        )
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"--acts names {twice[0]} twice")
    found: dict[str, dict[str, Any]] = {name: {} for name in names}
    for key, value in parameters.items():
        name, dot, parameter = key.partition(".")
        if not dot or name not in found or (name in SINGLE and key != LENGTH):
            raise ValueError(
                f"--param {key}: with --acts write POLICY.KEY=VALUE, for a policy that --acts names, or {LENGTH}=HOURS"
            )
        if key == LENGTH and not (type(value) in (int, float) and 0 < value <= FOR_GOOD):
            raise ValueError(f"--param {key}={value}: give a number of hours above 0")
        found[name][parameter] = value
    for name, given in found.items():
        if name not in SINGLE:
            try:
                make_policy(name, given)
            except ValueError as error:
                raise ValueError(f"--acts: {error}; acts are {', '.join(SINGLE)}") from None
    return found


def options_of(name: str, parameters: Mapping[str, Any], case: ForumCase) -> dict[str, Any]:
    """What `ask` takes for an act: it comes right after the first post that counts, on that post or on its author.

    `ValueError` where nobody is known to have written it.
    """
    if name not in SINGLE:
        refuse_off(name, parameters)
        return {"with_": name, "parameters": parameters}
    if name == "lock":
        return {"lock": True}
    shown = case.acts.filter(pl.col("post").is_in(list(case.incident.shown))).sort("step", "post")
    if shown.is_empty():
        raise ValueError("no post counts there, so there is none to remove and nobody to warn")
    if name == "remove":
        return {"remove": int(shown["post"][0])}
    member = shown["member"][0]
    if member is None:
        raise ValueError(f"nobody is known to have written post {shown['post'][0]}")
    return {name: f"{member}:{parameters.get('hours', AWAY):g}h"} if name == "suspend" else {name: member}


def of_incident(name: str, parameters: Mapping[str, Any], case: ForumCase) -> Question:
    """The question that an act makes of an incident."""
    return ask(case, **options_of(name, parameters, case))


def ask_several(
    case: ForumCase,
    llm: Mapping[str, Any],
    acts: Mapping[str, Mapping[str, Any]],
    replicates: int,
    note: Callable[[int], None] | None = None,
    make: Callable[[str, Mapping[str, Any], ForumCase], Question] = of_incident,
) -> list[Outcome]:
    """Each act's outcome in the same `replicates` futures of the incident's past; `note` is told of moments lived, `make` makes the
    question of an act, its parameters and a case."""
    asked: dict[str, Mapping[str, Any]] = {}
    refused: dict[str, Outcome] = {}
    raised: dict[str, None] = {}
    for name, parameters in acts.items():
        try:
            raised |= dict.fromkeys(make(name, parameters, case).raised)
            asked[name] = parameters
        except ValueError as error:
            refused[name] = Outcome(name, case.incident.id, reason=str(error))
    if not asked:
        return list(refused.values())
    case = case.noticing(tuple(raised))
    if getattr(case, "words", None) is not None:
        from windtunnel.analysis.why.forum.words import may_be_told

        may_be_told(llm)
    found: dict[str, Outcome] = {}
    with serving(case.experiment, llm, probe_of(case.experiment)) as experiment:  # type: ignore[attr-defined]
        case.experiment = experiment  # type: ignore[attr-defined]
        case.note = note
        mind = case.mind()
        try:
            if isinstance(case, RecordedCase):
                case.infer(range(replicates), mind)
            for name, parameters in asked.items():
                found[name] = _outcome(name, case, make(name, parameters, case), mind, replicates)
        finally:
            mind.close()
    return [found[name] if name in found else refused[name] for name in acts]


def _outcome(name: str, case: ForumCase, question: Question, mind: Any, replicates: int) -> Outcome:
    without, with_ = pairs(case, question, mind, range(replicates))
    counted = estimate(without, with_, question)
    table, share = counted["table"], counted["estimate"]
    averted, caused = int(table["n10"]), int(table["n01"])
    return Outcome(
        act=name,
        incident=case.incident.id,
        futures=replicates,
        happened=averted + int(table["n11"]),
        averted=averted,
        caused=caused,
        share=share["est"],
        low=share["low"],
        high=share["high"],
        net=(averted - caused) / replicates,
        severity_without=counted["mean_severity"]["without"],
        severity_with=counted["mean_severity"]["with"],
        moment=question.moment,
        forced=bool(question.forced),
        late=any(said.startswith(TOO_LATE) for said in notes(case, question)),
    )
