"""The words of an act: what a language model is asked once the act has been drawn, and what may become of its reply.

The act and its manner are decided before; the words follow them, and nothing that is counted reads the words. Equal
requests get equal words, unequal ones are independent: the nonce is a function of the world's chance, the member and
the step, so that twins share words for as long as they share all that stands in the question (`shared-prefix`).
"""

import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple

from windtunnel.agents.harmless import harmless
from windtunnel.agents.llm.costs.tokens import tokens_at_most
from windtunnel.agents.llm.request import Answer, Model, Request
from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.prompt import (
    MARGIN,
    OPTIONS_TO_YOU,
    RECALL,
    SETTING,
    SITUATION,
    option_lines,
    option_orders,
    people_in,
    spoken_to,
    told_lines,
)
from windtunnel.agents.situation import Line, Scene

COUPLING = "words shared-prefix"
"""How twins share the chance of words, beside the coupling of their choices."""
TOKENS = 80
"""Of a text at the most, its JSON included."""
SIMULATED = "Everybody here is simulated."


class Draft(NamedTuple):
    """Something said that has no words yet: `target` is its id, `act` says in a sentence what the member does by it.

    `task` asks for the words (of a turn of a chat, of a proposal), `manner` says how they are to be, if anything;
    `lines` are what the member was told before it spoke. All sentences are the community's.
    """

    target: int
    act: str
    task: str
    manner: str
    lines: tuple[Line, ...]
    nonce: int


def words_request(
    scene: Scene, draft: Draft, *, context: int | None = None, recall: int = RECALL, tokens: int = TOKENS
) -> tuple[Request, int]:
    """The question for a draft's words in a context of so many tokens, and how many lines were cut to fit it.

    It begins as the question about the choice did, options and all, so that a server has that beginning in its cache.
    `ValueError` if what may not be cut is too long by itself.
    """
    scene = spoken_to(scene)
    system = harmless(scene.setting, SETTING)
    begin = (*option_lines(scene, option_orders(scene, range(len(scene.actions)))[0]), SITUATION)
    ask = " ".join(part for part in (draft.act, draft.task, draft.manner, SIMULATED) if part)
    room = None
    if context is not None:
        room = context - MARGIN - tokens - tokens_at_most("\n".join((system, *begin, ask)))
    lines, cut = told_lines(scene, draft.lines, room, recall)
    user = "\n".join((*begin, *(line.text for line in lines), ask))
    return Request(system, user, "", draft.nonce, tokens, people_in(lines)), cut


def write_words(
    model: Model,
    scene: Scene,
    batches: Sequence[Sequence[Draft]],
    *,
    context: int | None = None,
    recall: int = RECALL,
    tokens: int = TOKENS,
) -> list[list[str] | Unanswered]:
    """The words of each batch of drafts, made harmless, in their order; all are asked for at once, equal ones once.

    `Unanswered` for a batch one of whose texts could not be had: at the stage `words`, or `budget`. Lines left out for
    want of room are counted.
    """
    asked: list[list[Request] | Unanswered] = []
    for drafts in batches:
        try:
            made = [
                words_request(scene, draft, context=context, recall=recall, tokens=tokens) for draft in drafts
            ]
        except ValueError as error:
            asked.append(Unanswered("words", str(error)))
        else:
            model.counts.add(cut=sum(cut for _, cut in made))
            asked.append([request for request, _ in made])
    every = [request for one in asked if not isinstance(one, Unanswered) for request in one]
    distinct = list(dict.fromkeys(every))
    replies = dict(zip(distinct, model.ask(distinct), strict=True)) if distinct else {}
    return [
        one if isinstance(one, Unanswered) else _texts([replies[request] for request in one]) for one in asked
    ]


def _texts(replies: Sequence[Answer | Unanswered]) -> list[str] | Unanswered:
    texts = []
    for reply in replies:
        if isinstance(reply, Unanswered):
            return reply if reply.stage == "budget" else Unanswered("words", reply.reason)
        texts.append(harmless(reply.text))
    return texts


def words_sha256() -> str:
    """SHA-256 of our own fixed words in the question for words."""
    return hashlib.sha256(json.dumps([OPTIONS_TO_YOU, SITUATION, SIMULATED]).encode()).hexdigest()
