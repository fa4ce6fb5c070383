"""What `windtunnel optimise` is asked, from its words: settings, what varies, the score or the goal, and the number of trials."""

from collections.abc import Sequence
from typing import NamedTuple

from windtunnel.analysis.configuration import Plan, compose
from windtunnel.analysis.outcomes import find_outcome
from windtunnel.analysis.sweeps.designs import read_factors
from windtunnel.analysis.sweeps.goal_objective import GoalObjective
from windtunnel.analysis.sweeps.objective import Objective, read_objective, split_words
from windtunnel.analysis.sweeps.search import Question, checked


class Asked(NamedTuple):
    """A question, the plan of one of its trials, and the folder that `out=` names (None: none)."""

    question: Question
    plan: Plan
    out: str | None

    @property
    def forced(self) -> bool:
        """Whether a policy that is tried itself decides the outcome that is counted."""
        return self.plan.outcome.name in self.plan.experiment.forced()


def read_question(words: Sequence[str], goal: str | None, limits: Sequence[str]) -> Asked:
    """The question that these words make; `ValueError` says what is wrong before anything is run."""
    from windtunnel.analysis.comparison.goal import goal_of

    own, rest = split_words(list(words), ("trials",))
    factors, fixed = read_factors(rest)
    if not any(word.startswith("dowhy=") for word in fixed):
        fixed.append("dowhy=false")
    composed = compose(fixed)
    outcome = find_outcome(str(composed["outcome"]["name"]))
    weights = {name: value for name, value in own.items() if name != "trials"}
    trials = _trials(own.get("trials"))
    if goal is None and not limits:
        question = Question(fixed, factors, read_objective(weights, outcome), trials)
        return Asked(question, checked(question), composed["out"])
    if weights:
        raise ValueError(f"{next(iter(weights))} and --goal are two scores: state one of them")
    made = checked(Question(fixed, factors, Objective(1.0, {}), trials))
    stated = goal_of(goal, limits, made.resolved)
    assert stated is not None
    return Asked(Question(fixed, factors, GoalObjective(stated), trials), made, composed["out"])


def _trials(given: str | None) -> int:
    if given is None or not given.isdigit():
        found = "not stated" if given is None else repr(given)
        raise ValueError(f"trials is {found}: say how many, for example trials=30")
    return int(given)
