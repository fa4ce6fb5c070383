"""The words of every question to a language model: what members share first, what is personal last.

The order lets a server keep the shared beginning in its cache. Options stand before the situation for the
same reason, and because the small model we embed shifts more with the situation that way. Every line that is not
ours is made harmless first: whatever a post or a persona says, the sections, the options and the question stand.
"""

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache

from agents.fitting import fitted, recalled
from agents.harmless import harmless, without
from agents.llm.request import LETTERS, Request
from agents.llm.tokens import tokens_at_most
from agents.situation import Scene, Situations

OPTIONS = "What a member can do:"
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
    """The question of one member: its own lines of thread, memory and persona, however long."""
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
    lines = [
        line._replace(text=_line(situations.scene, line.text))
        for line in situations.describe(row)
        if line.text
    ]
    lines, cut = recalled(lines, recall), 0
    if context is not None:
        bare = _request(situations.scene, [], order)
        used = tokens_at_most("\n".join((bare.system, bare.user, SITUATION)))
        lines, cut = fitted(lines, context - MARGIN - used)
    return _request(situations.scene, [line.text for line in lines], order), cut


def neutral_request(scene: Scene, order: Sequence[int]) -> Request:
    """The question about an unremarkable situation, asked of the persona called ordinary, or of nobody."""
    names = [persona.name for persona in scene.personas]
    persona = names.index("ordinary") if "ordinary" in names else None
    return archetype_request(scene, [feature.neutral for feature in scene.features], persona, order)


def prompt_sha256(scene: Scene) -> str:
    """SHA-256 of everything that questions are made of: our fixed words and the community's."""
    return _hash(
        OPTIONS,
        SITUATION,
        ASK,
        scene.setting,
        scene.question,
        list(scene.actions),
        scene.features,
        [(persona.name, persona.words) for persona in scene.personas],
    )


def _request(scene: Scene, lines: Sequence[str], order: Sequence[int]) -> Request:
    if len(order) > len(LETTERS):
        raise ValueError(f"{len(order)} options are on offer, but there are only {len(LETTERS)} letters")
    letters = LETTERS[: len(order)]
    options = [
        f"{letter}) {_line(scene, scene.actions[column].words)}"
        for letter, column in zip(letters, order, strict=True)
    ]
    said = [_line(scene, line) for line in lines if line]
    user = [OPTIONS, *options, *([SITUATION, *said] if said else []), f"{harmless(scene.question)} {ASK}"]
    return Request(system=harmless(scene.setting, SETTING), user="\n".join(user), letters=letters)


@lru_cache(maxsize=1 << 15)
def _made_safe(line: str, question: str) -> str:
    return without(harmless(line), (OPTIONS, SITUATION, ASK, question))


def _line(scene: Scene, line: str) -> str:
    """A line that is not ours, which can be taken for no part of a question that is."""
    return _made_safe(line, harmless(scene.question))


def _hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
