"""One question before a run: does the server give log-probabilities, and does the model answer with letters?"""

import math
from collections.abc import Callable

from windtunnel.agents.llm.answers import NO_LOGPROBS
from windtunnel.agents.llm.opening import open_model
from windtunnel.agents.llm.request import LETTERS, Answer, Request
from windtunnel.agents.llm.settings import LLMSettings
from windtunnel.agents.minds.base import Unanswered


def probed(settings: LLMSettings, question: Request, say: Callable[[str], None]) -> LLMSettings:
    """Settings whose `choice` is known, after `question` was asked (through the store, as a run will ask it).

    What `choice=auto` found is told to `say`. `ValueError` if log-probabilities were asked for and the server
    has none, or if the letters get less than `least_mass`: it shows the question and the answer. A server that
    cannot be reached is left for the runs to fail at, each with its reason.
    """
    if settings.kind == "fake":
        if settings.choice == "sampled":
            raise ValueError("llm=fake gives log-probabilities: set llm.choice to logprobs or auto")
        return settings.model_copy(update={"choice": "logprobs"})
    chosen = settings.choice if settings.choice != "auto" else "logprobs"
    trying = settings.model_copy(update={"choice": chosen})
    reply = _ask(trying, question)
    if isinstance(reply, Unanswered) and chosen == "logprobs" and _lacks(reply):
        if settings.choice == "logprobs":
            raise ValueError(
                f"llm.choice is logprobs, but {settings.model} gave none ({reply.reason}): "
                "set llm.choice to sampled or auto"
            )
        trying = settings.model_copy(update={"choice": "sampled"})
        reply = _ask(trying, question)
    if isinstance(reply, Answer):
        if reply.mass < settings.least_mass:
            raise ValueError(_thin(settings, question, reply))
        if settings.choice == "auto":
            how = (
                "gives log-probabilities"
                if trying.choice == "logprobs"
                else f"gives no log-probabilities: {trying.samples} answers to each question are counted"
            )
            say(f"{settings.model} {how}; its letters had {reply.mass:.0%} of the answer to a probe question")
    return trying


def _ask(settings: LLMSettings, question: Request) -> Answer | Unanswered:
    model = open_model(settings)
    try:
        return model.ask([question])[0]
    finally:
        model.close()


def _lacks(reply: Unanswered) -> bool:
    """Whether a server, reached, gave no log-probabilities, or refused to be asked for them; a mangled reply says neither."""
    refused = reply.stage == "ask" and "logprob" in reply.reason.lower()
    return refused or (reply.stage == "read" and NO_LOGPROBS in reply.reason)


def _thin(settings: LLMSettings, question: Request, answer: Answer) -> str:
    shares = zip(LETTERS, answer.logp, strict=False)
    listed = ", ".join(f"{letter} {math.exp(value):.2g}" for letter, value in shares)
    return (
        f"{settings.model} gave only {answer.mass:.2g} of its probability to the letters ({listed}) of the question "
        f"{' / '.join(question.user.splitlines())!r}, and llm.least_mass asks for {settings.least_mass:g}: "
        "take a model that follows instructions, another llm.template, or a lower llm.least_mass"
    )
