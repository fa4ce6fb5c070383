"""What posts say: which of them still lack words, what their writers were told, and the words of those that have some."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from windtunnel.agents.situation import Line
from windtunnel.agents.words import Draft
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.member_prompt import Thread, thread_lines
from windtunnel.sim.communities.forum.place import Place
from windtunnel.sim.communities.forum.posts import TONES

OPENS = "You now open a new thread."
ANSWERS = "You now answer the post that you are looking at."
TASK = "Write the words of this post and nothing else, in one to three short sentences."
MANNER = {
    "civil": "The tone is civil: calm and polite.",
    "heated": "The tone is heated: angry, without an insult.",
    "hostile": "The tone is hostile: it insults.",
}
"""By tone: how the words are to be."""


class Speech:
    """The words of a forum's posts, and the posts that have none yet."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}
        """What each post (by its id) says; a post without words is not in it."""
        self.about: dict[int, tuple[str, str]] = {}
        """Of posts whose words are a real person's: whose, as `Line.about` has it."""
        self._waiting: list[tuple[Draft, int]] = []
        self._drafted: list[tuple[Draft, int]] = []

    def told(self, forum: Place, world: Any, rows: np.ndarray, focus: np.ndarray) -> list[tuple[Line, ...]]:
        """What members `rows` that look at posts `focus` are told now, before what they write is there."""
        threads: dict[int, Thread] = {}
        persona = forum.personas(rows, world.now)
        return [
            (
                *thread_lines(forum, world.now, int(row), int(post), threads),
                Line("member", forum.scene.personas[kind].told),
            )
            for row, post, kind in zip(rows, focus, persona, strict=True)
        ]

    def wrote(
        self, forum: Place, world: Any, lines: list[tuple[Line, ...]], new: np.ndarray, logged: np.ndarray
    ) -> None:
        """Posts `new`, whose writers were told `lines` and whose events are the log's rows `logged`, want words."""
        posts, key = forum.posts, world.key
        for told, post, row in zip(lines, new, logged, strict=True):
            member = int(forum.members.id[posts.author[post]])
            draft = Draft(
                target=int(posts.id[post]),
                act=OPENS if posts.parent[post] < 0 else ANSWERS,
                task=TASK,
                manner=MANNER[TONES[posts.tone[post]]],
                lines=told,
                nonce=noise.key("words", key, member, world.now),
            )
            self._waiting.append((draft, int(row)))

    def again(self, world: Any, old: np.ndarray, new: np.ndarray, logged: int) -> None:
        """Posts (by id) that say once more what others said; `logged` is the first one's row in the log."""
        for place, (before, post) in enumerate(zip(old.tolist(), new.tolist(), strict=True)):
            if before in self.texts:
                self.texts[post] = self.texts[before]
                world.log.say(logged + place, self.texts[before])

    def drafts(self) -> list[Draft]:
        """What wants words; `say` must follow before the next."""
        self._drafted, self._waiting = self._waiting, []
        return [draft for draft, _ in self._drafted]

    def say(self, world: Any, texts: Sequence[str]) -> None:
        """The words of the last drafts."""
        for (draft, row), text in zip(self._drafted, texts, strict=True):
            self.texts[draft.target] = text
            world.log.say(row, text)
        self._drafted = []
