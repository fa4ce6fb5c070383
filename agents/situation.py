"""What a mind is told at one decision: declared, typed features, and the options on offer.

A community gives a whole batch at once, one row a decision. `rules` reads the raw feature columns; a
language model asked by archetype reads each feature's bin, and one asked by member reads `describe`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, NamedTuple

import numpy as np

from windtunnel.agents.actions import Vocabulary


class Feature(NamedTuple):
    """One column of a situation: where its bins part, what each bin is called and says, and what is neutral.

    `edges` are the inner bin borders (a value x falls in bin `searchsorted(edges, x, side="right")`), so
    `words` has one more entry; an empty sentence says nothing. `neutral` is the bin of an unremarkable
    situation, against which a language model's shift is measured. `telling`, where it is not empty, is what
    `describe` says in place of the bin's sentence: it may hold `{value}`, with a format.
    """

    name: str
    edges: tuple[float, ...]
    words: tuple[str, ...]
    neutral: int = 0
    telling: str = ""

    def sentence(self, value: float) -> str:
        """What the bin that holds `value` says."""
        return self.words[int(np.searchsorted(self.edges, value, side="right"))]


class Persona(NamedTuple):
    """One of the few kinds of person that members are drawn from; `share` of members, `words` in prompts."""

    name: str
    share: float
    words: str
    traits: Mapping[str, float] = {}
    to_you: str = ""
    """The same words as one who is so is told them; empty: `words`."""

    @property
    def told(self) -> str:
        """What a member that is so is told of itself."""
        return self.to_you or self.words


class About(NamedTuple):
    """Whose imported words something holds: keys of the place it stood in and of its author, never a name.

    Both are strings that the caller supplies, `COMMUNITY/HASH`: what the import calls itself at random, and a keyed hash
    of the source's own name for the place or the author (`COMMUNITY/nobody` where there is none). So the folder may
    be moved or imported again, and its numbers and pseudonyms may change: a key finds the same answers, and tells nobody.
    """

    place: str
    author: str


class Line(NamedTuple):
    """One line of what a member is told, and what it is: that decides what is left out where room is short.

    `shown` is something on show (oldest first, the oldest are cut first), `memory` something the member recalls (most
    relevant first), `looking` and `member` are always told. `about` is set where the text is a real person's: keys of
    the place and the author, by which everything made of the line can be forgotten.
    """

    kind: Literal["shown", "looking", "memory", "member"]
    text: str
    about: tuple[str, str] | None = None


class Scene(NamedTuple):
    """What a community tells every mind about itself once: the words that all questions of one phase share.

    `phase` is its name; "" where a step has one.
    """

    community: str
    actions: Vocabulary
    features: tuple[Feature, ...]
    personas: tuple[Persona, ...]
    setting: str
    question: str
    phase: str = ""
    ask_you: str = ""
    """The question as a member is asked that is told its own lines; empty: `question`."""
    offer: str = ""
    """What stands above the options; empty: the usual line."""
    at_once: bool = False
    """Decided at the same moment as the phase before: nobody in it sees what that phase does."""


@dataclass(frozen=True)
class Situations:
    """A batch of n decisions of one world at one step, all reading the same state.

    `features` is (n, len(scene.features)) float64, `options` (n, len(scene.actions)) bool with at least
    two options a row, `persona` and `member` (n,) integers. `describe(row)` gives the lines that
    `prompt: member` shows: who the member is and what stands before it, most shared first. A community that has no
    lines of its own leaves it out: then they are the sentences of the row's bins, and of its persona.
    """

    scene: Scene
    features: np.ndarray
    options: np.ndarray
    persona: np.ndarray
    member: np.ndarray
    describe: Callable[[int], Sequence[Line]] = field(repr=False, default=None)  # type: ignore[assignment]

    def __post_init__(self) -> None:
        if self.describe is None:
            lines = partial(described, self.scene, self.features, self.persona)
            object.__setattr__(self, "describe", lines)

    def __len__(self) -> int:
        return len(self.member)


def described(scene: Scene, features: np.ndarray, persona: np.ndarray, row: int) -> list[Line]:
    """The plain lines of one decision: what each feature (n, features) says of it, then who the member is."""
    said = [
        feature.telling.format(value=value) if feature.telling else feature.sentence(value)
        for feature, value in zip(scene.features, features[row].tolist(), strict=True)
    ]
    who = [scene.personas[int(persona[row])].told] if scene.personas else []
    return [
        *(Line("looking", text) for text in said if text),
        *(Line("member", text) for text in who if text),
    ]
