"""A question or two before a run: what the server takes, whether it gives log-probabilities, whether the model answers."""

import math
import re
from collections.abc import Callable
from typing import Any

from windtunnel.agents.llm.connection.takes import RAN_OUT, Takes
from windtunnel.agents.llm.opening import open_model
from windtunnel.agents.llm.reading.letters import COUNT_INSTEAD, NO_LETTER, NO_LOGPROBS
from windtunnel.agents.llm.reading.replies import MORE_TOKENS
from windtunnel.agents.llm.request import LETTERS, Answer, Request
from windtunnel.agents.llm.settings import LLMSettings
from windtunnel.agents.minds.base import Unanswered

THOUGHTS = 1000
"""Tokens of an answer that a model which thinks first is advised to have, and is tried with."""
LEAD = 4
"""Tokens that are asked for where a model begins with a space or a sign."""
_REFUSED = re.compile(r"\bstatus (?!401|408|429)(?:4\d\d|501)\b")


def probed(
    settings: LLMSettings, question: Request, say: Callable[[str], None], words: Request | None = None
) -> LLMSettings:
    """Settings whose `choice` is known, and what their server takes, after `question` was asked.

    It is asked through the store, as a run will ask it; so is `words`, where a run wants texts. What was found is told to
    `say`. `ValueError` if log-probabilities were asked for and the server has none, if no letter can be read in what the
    model says, or if the letters get less than `least_mass`: it shows what was said, and what would work. A server that
    cannot be reached is left for the runs to fail at, each with its reason.
    """
    if settings.kind == "fake":
        if settings.choice == "sampled":
            raise ValueError("llm=fake gives log-probabilities: set llm.choice to logprobs or auto")
        return settings.model_copy(update={"choice": "logprobs"})
    heard = set[str]()
    trying, reply = _chosen(settings, question, heard)
    if isinstance(reply, Unanswered):
        if NO_LETTER.search(reply.reason) or RAN_OUT.search(reply.reason):
            raise ValueError(_unread(trying, question, reply.reason))
        _tell_models(trying, reply.reason, say)
        return trying
    _tell_name(settings.model, heard, say)
    if reply.mass < settings.least_mass:
        raise ValueError(_thin(settings, question, reply))
    if trying.choice == "sampled" and trying.answer_tokens == 1:
        _check_plain(trying, question)
    if words is not None:
        trying, _ = _asked(trying, words)
    if settings.choice == "auto":
        how = (
            "gives log-probabilities"
            if trying.choice == "logprobs"
            else f"gives no log-probabilities: {trying.samples} answers to each question are counted"
        )
        say(f"{settings.model} {how}; its letters had {reply.mass:.0%} of the answer to a probe question")
    if told := trying.takes.told():
        say(
            f"{settings.model} does not take all that is sent as a rule; its questions have {', '.join(told)}"
        )
    return trying


def _chosen(
    settings: LLMSettings, question: Request, heard: set[str]
) -> tuple[LLMSettings, Answer | Unanswered]:
    """Settings with a choice, and the reply (`heard`: the names that the server gave its model): by log-probabilities where they can be had and read, else by counting."""
    chosen = settings.choice if settings.choice != "auto" else "logprobs"
    trying, reply = _guessed(
        settings.model_copy(update={"choice": chosen}), question, settings.choice == "auto", heard
    )
    if isinstance(reply, Answer) or trying.choice != "logprobs":
        return trying, reply
    if NO_LETTER.search(reply.reason):
        further = trying.model_copy(update={"takes": trying.takes.model_copy(update={"least": LEAD})})
        further, again = _asked(further, question, heard)
        if isinstance(again, Answer):
            return further, again
    elif not _lacks(reply) or (COUNT_INSTEAD in reply.reason and settings.store == "none"):
        return trying, reply
    if settings.choice == "logprobs":
        if NO_LETTER.search(reply.reason):
            return trying, reply
        raise ValueError(
            f"llm.choice is logprobs, but {settings.model} gave none ({reply.reason}): "
            "set llm.choice to sampled or auto"
        )
    return _guessed(trying.model_copy(update={"choice": "sampled"}), question, False, heard)


def _guessed(
    settings: LLMSettings, question: Request, may_count: bool, heard: set[str]
) -> tuple[LLMSettings, Answer | Unanswered]:
    """The reply once what the server refuses is left out; guessed, where a refusal does not name it."""
    trying, reply = _asked(settings, question, heard)
    if (
        isinstance(reply, Answer)
        or not _REFUSED.search(reply.reason)
        or "usually ends in /v1" in reply.reason
    ):
        return trying, reply
    if _lacks(reply) or RAN_OUT.search(reply.reason):
        return trying, reply
    for takes in trying.takes.guesses():
        counting = "logprobs" in takes.without
        if counting and trying.choice == "logprobs" and not (may_count and settings.store != "none"):
            continue
        choice = "sampled" if counting else trying.choice
        guess, again = _asked(trying.model_copy(update={"takes": takes, "choice": choice}), question, heard)
        if isinstance(again, Answer) or _lacks(again):
            return guess, again
    return trying, reply


def _asked(
    settings: LLMSettings, question: Request, heard: set[str] | None = None, *, plain: bool = False
) -> tuple[LLMSettings, Answer | Unanswered]:
    """The reply, and the settings with what the server was found to take."""
    while True:
        model = open_model(settings, plain=plain)
        try:
            reply = model.ask([question])[0]
            learnt = _learnt(model)
            if heard is not None and (name := _innermost(model, "answered_as", None)):
                heard.add(name)
        finally:
            model.close()
        if learnt == settings.takes or "logprobs" in learnt.without and isinstance(reply, Unanswered):
            return settings, reply
        settings = settings.model_copy(update={"takes": learnt})
        if isinstance(reply, Answer):
            return settings, reply


def _learnt(model: object) -> Takes:
    found = _innermost(model, "learnt", Takes())
    return found if isinstance(found, Takes) else Takes()


def _innermost(model: object, name: str, default: Any) -> Any:
    while hasattr(model, "inner"):
        model = model.inner
    return getattr(model, name, default)


def _tell_name(wanted: str, heard: set[str], say: Callable[[str], None]) -> None:
    """Say by which name the server answers, where that is not the one that was asked for, nor a path to it."""

    def bare(name: str) -> str:
        return f"/{name}".casefold().removesuffix(".gguf")

    others = [name for name in sorted(heard) if not bare(name).endswith(bare(wanted))]
    others = [name for name in others if not bare(wanted).endswith(bare(name))]
    if others:
        say(
            f"llm.model is {wanted}, and the server answers as {', '.join(others)}: another model, or another name of it"
        )


def _lacks(reply: Answer | Unanswered) -> bool:
    """Whether a server, reached, gave no log-probabilities, or refused to be asked for them; a mangled reply says neither."""
    if isinstance(reply, Answer):
        return False
    if COUNT_INSTEAD in reply.reason:
        return True
    said = reply.stage == "ask" or "no choices but an error" in reply.reason
    refused = said and re.search(r"log_?prob", reply.reason, re.IGNORECASE) is not None
    return refused or (reply.stage == "read" and NO_LOGPROBS in reply.reason)


def _check_plain(settings: LLMSettings, question: Request) -> None:
    """`ValueError` where a model, given room for more than a token, does not begin with its letter.

    Its first token may then be the "A" of a sentence. A server that cannot be asked just now says nothing about that.
    """
    room = settings.model_copy(update={"samples": 4, "answer_tokens": 16})
    _, reply = _asked(room, question, plain=True)
    if isinstance(reply, Unanswered) and NO_LETTER.search(reply.reason):
        raise ValueError(_unread(settings, question, reply.reason))


def _unread(settings: LLMSettings, question: Request, reason: str) -> str:
    """That no letter could be read, and a setting that was tried and works, or what else may."""
    lead = f"{settings.model} does not begin its answer with an option's letter: {reason}. "
    if "token's number" in reason and settings.choice == "logprobs":
        lead += "Let the server send tokens as text (vLLM: without --return-tokens-as-token-ids). "
    if settings.store == "none":
        return f"{lead}Set llm.store to a file and llm.choice=sampled, so that its answers are counted"
    tokens = max(THOUGHTS, settings.answer_tokens)
    update = {"choice": "sampled", "answer_tokens": tokens, "samples": 1}
    if settings.choice == "logprobs":
        counted = settings.model_copy(update={**update, "answer_tokens": settings.answer_tokens})
        _, reply = _asked(counted, question, plain=True)
        if isinstance(reply, Answer):
            return f"{lead}Set llm.choice=sampled: its answers are then counted (tried with one question)"
    if tokens > settings.answer_tokens:
        _, reply = _asked(settings.model_copy(update=update), question)
        if isinstance(reply, Answer):
            return (
                f"{lead}Set llm.choice=sampled llm.answer_tokens={tokens}, so that it may think first and its answers are "
                "counted (tried with one question)"
            )
        reason = reply.reason
    if MORE_TOKENS in reason or RAN_OUT.search(reason):
        return f"{lead}Switch its thinking off in the server, or raise llm.answer_tokens above {tokens}"
    return f"{lead}Take a model that follows instructions, or another llm.template"


def _tell_models(settings: LLMSettings, reason: str, say: Callable[[str], None]) -> None:
    """Say which models the server offers, where it refused and has none of that name."""
    if not _REFUSED.search(reason):
        return
    from windtunnel.agents.llm.reading.offered import offered

    names = offered(settings)
    if names and settings.model not in names:
        say(f"llm.model is {settings.model}; the server offers {', '.join(names[:6])}")


def _thin(settings: LLMSettings, question: Request, answer: Answer) -> str:
    shares = zip(LETTERS, answer.logp, strict=False)
    listed = ", ".join(f"{letter} {math.exp(value):.2g}" for letter, value in shares)
    return (
        f"{settings.model} gave only {answer.mass:.2g} of its probability to the letters ({listed}) of the question "
        f"{' / '.join(question.user.splitlines())!r}, and llm.least_mass asks for {settings.least_mass:g}: "
        "take a model that follows instructions, another llm.template, or a lower llm.least_mass"
    )
