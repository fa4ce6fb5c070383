"""The words of every question to a language model: what members share first, what is personal last.

The order lets a server keep the shared beginning in its cache. Options stand before the situation for the
same reason, and because the small model we embed shifts more with the situation that way. Every line that is not
ours is made harmless first: whatever a text or a persona says, the sections, the options and the question stand.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import lru_cache

from windtunnel.agents.fitting import fitted, recalled
from windtunnel.agents.harmless import harmless, without
from windtunnel.agents.llm.costs.tokens import tokens_at_most
from windtunnel.agents.llm.request import LETTERS, Request
from windtunnel.agents.situation import About, Line, Scene, Situations

OPTIONS = "What a member can do:"
OPTIONS_TO_YOU = "What you can do:"
SITUATION = "The situation:"
ASK = "Answer with one letter."
SETTING = 4000
"""Characters that the setting may have."""
RECALL = 160
"""Tokens (a cautious count) of what a member recalls, unless a mind says otherwise."""
MARGIN = 96
"""Tokens of the context that are left for the chat template and the answer."""


def option_orders(scene: Scene, options: Sequence[int], permute: int = 1) -> list[tuple[int, ...]]:
    """Up to `permute` orders of the options on offer (columns of the vocabulary).

    The first order comes from a hash of the community's question and of the options, the others rotate it, so
    that with as many orders as options each option holds each letter once. It does not depend on the situation:
    the neutral situation is then asked under the same letters, and their bias cancels in the difference.
    """
    names = [scene.actions[column].name for column in options]
    base = sorted(options, key=lambda column: _hash(scene.question, names, scene.actions[column].name))
    count = max(1, min(permute, len(base)))
    turns = [round(turn * len(base) / count) for turn in range(count)]
    return [tuple(base[turn:] + base[:turn]) for turn in turns]


def archetype_request(
    scene: Scene, bins: Sequence[int], persona: int | None, order: Sequence[int]
) -> Request:
    """The question that all members of one persona in the same bins share; `persona` None leaves it out."""
    sentences = [feature.words[index] for feature, index in zip(scene.features, bins, strict=True)]
    who = [] if persona is None else [scene.personas[persona].words]
    return _request(scene, [*sentences, *who], order)


def member_request(situations: Situations, row: int, order: Sequence[int]) -> Request:
    """The question of one member: its own lines of what is on show, memory and persona, however long."""
    return fitted_member_request(situations, row, order)[0]


def fitted_member_request(
    situations: Situations,
    row: int,
    order: Sequence[int],
    *,
    context: int | None = None,
    recall: int = RECALL,
) -> tuple[Request, int]:
    """The question of one member in a context of so many tokens, and how many lines were cut to fit it.

    `ValueError` if what may not be cut is too long by itself.
    """
    scene = spoken_to(situations.scene)
    bare = _request(scene, [], order)
    room = None if context is None else context - MARGIN - _tokens(bare)
    lines, cut = told_lines(scene, situations.describe(row), room, recall)
    return _request(scene, [line.text for line in lines], order)._replace(about=people_in(lines)), cut


def spoken_to(scene: Scene) -> Scene:
    """The scene as a member is asked that is told its own lines: it says "you" throughout, where the community has such words."""
    if not scene.ask_you:
        return scene
    personas = tuple(persona._replace(words=persona.told) for persona in scene.personas)
    return scene._replace(question=scene.ask_you, personas=personas, offer=OPTIONS_TO_YOU)


def told_lines(scene: Scene, lines: Iterable[Line], room: int | None, recall: int) -> tuple[list[Line], int]:
    """The lines made harmless, as many as `room` tokens hold (None: any number), and how many were cut."""
    safe = [line._replace(text=line_of(scene, line.text)) for line in lines if line.text]
    kept = recalled(safe, recall)
    return fitted(kept, room) if room is not None else (kept, 0)


def people_in(lines: Iterable[Line]) -> tuple[About, ...]:
    """Whose imported words these lines hold."""
    return tuple(sorted({About(*line.about) for line in lines if line.about}))


def _tokens(bare: Request) -> int:
    """Tokens (a cautious count) of a question before anything is told in it."""
    return tokens_at_most("\n".join((bare.system, bare.user, SITUATION)))


def neutral_request(scene: Scene, order: Sequence[int]) -> Request:
    """The question about an unremarkable situation, asked of the persona called ordinary, or of nobody."""
    names = [persona.name for persona in scene.personas]
    persona = names.index("ordinary") if "ordinary" in names else None
    return archetype_request(scene, [feature.neutral for feature in scene.features], persona, order)


def prompt_sha256(scene: Scene) -> str:
    """SHA-256 of everything that questions are made of: our fixed words and the community's."""
    return _hash(
        scene.offer or OPTIONS,
        SITUATION,
        ASK,
        scene.setting,
        scene.question,
        [action[:2] for action in scene.actions],
        [feature[:4] for feature in scene.features],
        [(persona.name, persona.words) for persona in scene.personas],
    )


def _request(scene: Scene, lines: Sequence[str], order: Sequence[int]) -> Request:
    if len(order) > len(LETTERS):
        raise ValueError(f"{len(order)} options are on offer, but there are only {len(LETTERS)} letters")
    said = [line_of(scene, line) for line in lines if line]
    asked = f"{harmless(scene.question)} {ASK}"
    user = [*option_lines(scene, order), *([SITUATION, *said] if said else []), asked]
    return Request(
        system=harmless(scene.setting, SETTING), user="\n".join(user), letters=LETTERS[: len(order)]
    )


def option_lines(scene: Scene, order: Sequence[int]) -> list[str]:
    """The lines that name what a member can do, the options (columns of the vocabulary) in this order."""
    options = (
        f"{letter}) {line_of(scene, scene.actions[column].words)}"
        for letter, column in zip(LETTERS, order, strict=False)
    )
    return [scene.offer or OPTIONS, *options]


@lru_cache(maxsize=1 << 15)
def _made_safe(line: str, question: str) -> str:
    return without(harmless(line), (OPTIONS, OPTIONS_TO_YOU, SITUATION, ASK, question))


def line_of(scene: Scene, line: str) -> str:
    """A line that is not ours, which can be taken for no part of a question that is."""
    return _made_safe(line, harmless(scene.question))


def _hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
