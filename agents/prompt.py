"""The words of every question to a language model: what members share first, what is personal last.

The order lets a server keep the shared beginning in its cache. Options stand before the situation for the
same reason, and because the small model we embed shifts more with the situation that way.
"""

import hashlib
import json
from collections.abc import Sequence

from agents.llm.request import LETTERS, Request
from agents.situation import Scene, Situations

OPTIONS = "What a member can do:"
SITUATION = "The situation:"
ASK = "Answer with one letter."


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
    """The question of one member: its own lines of memory, thread and persona."""
    return _request(situations.scene, situations.describe(row), order)


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
        f"{letter}) {scene.actions[column].words}" for letter, column in zip(letters, order, strict=True)
    ]
    said = [line for line in lines if line]
    user = [OPTIONS, *options, *([SITUATION, *said] if said else []), f"{scene.question} {ASK}"]
    return Request(system=scene.setting, user="\n".join(user), letters=letters)


def _hash(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()
