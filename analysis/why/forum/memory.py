"""Whether an answer hangs on what members recall: the question asked again with what their memory favours switched on, or off."""

from typing import Any

from windtunnel.agents.minds.base import Mind
from windtunnel.agents.recall import Retriever
from windtunnel.analysis.why.answer import estimate, pairs
from windtunnel.analysis.why.forum.recorded import RecordedCase
from windtunnel.analysis.why.question import Question
from windtunnel.sim.minds import asks_a_model

FAVOURS = Retriever(brevity=0.6, position=1.5, literal=1.0, repetition=0.5)
"""A memory with favourites, where the community's own has none. Chosen: the weights that docs/language-models.md audits."""
MATTERS = 0.1
"""A share of futures that moves by more than this hangs on how memory finds what it recalls."""


def told_what_they_recall(case: RecordedCase) -> bool:
    """Whether a language model is told what each member recalls: only then can the answer hang on it."""
    mind = case.experiment.mind
    return asks_a_model(mind) and mind["prompt"] == "member"


def with_other_memory(case: RecordedCase) -> RecordedCase:
    """The same case with a memory that has favourites where its own has none, and with none where it has some."""
    own = case.experiment.builder().settings.retriever
    return case.with_retriever(Retriever() if own.on else FAVOURS)


def memory_sensitivity(case: RecordedCase, question: Question, mind: Mind, futures: int) -> dict[str, Any]:
    """The answer under the other memory beside that under the community's own, each in the same `futures`.

    `favours` says whether the other one has favourites; `est` and `own` are the shares, None where undefined, `moves` is their difference,
    and `matters` says whether that is more than `least`.
    """
    other, numbers = with_other_memory(case), range(futures)
    for one in (case, other):
        one.infer(numbers, mind, question)
    found = estimate(*pairs(other, question, mind, numbers), question)
    own = estimate(*pairs(case, question, mind, numbers), question)["estimate"]["est"]
    est = found["estimate"]["est"]
    moves = None if est is None or own is None else est - own
    return {
        "favours": other.experiment.builder().settings.retriever.on,
        "futures": futures,
        "table": found["table"],
        "est": est,
        "own": own,
        "moves": moves,
        "least": MATTERS,
        "matters": None if moves is None else abs(moves) > MATTERS + 1e-9,
    }
