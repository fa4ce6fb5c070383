"""The rules: authors write so many messages a step, most of them at home; where a place is closed they move or fall silent.

How much an author writes is its rate, heavy-tailed; how many of its messages go to its second place is its habit; words come
from its own vocabulary, from the place's and from common ones.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from windtunnel.policies.base import WorldFace
from windtunnel.sim.communities.places.settings import PlacesSettings
from windtunnel.sim.communities.places.words import (
    author_accuracy,
    common_top,
    divergence,
    drawn,
    place_accuracy,
)
from windtunnel.sim.community import Declared
from windtunnel.sim.members import Members
from windtunnel.sim.noise import pair
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView

TOP = 20
"""Words of a place that are compared."""
MOST = 1 << 12
"""More messages than anybody writes in a step."""


class Places(PlainCommunity):
    """Where each author is at home (n,), and each word that was written, as its place in counts (2, n, places, words) by even and odd messages.

    Policies set `closed` places, who may write (`let`), `crossing`, and change amounts.
    """

    silent = ("write_0",)

    def __init__(
        self,
        scenes: Any,
        members: Members,
        declared: Declared,
        settings: PlacesSettings,
        vocabularies: Mapping[str, np.ndarray],
        crosses: np.ndarray,
        steps: int,
    ) -> None:
        super().__init__(scenes, members, declared)
        count = len(members)
        self.settings, self.vocabularies, self.crosses, self.steps = settings, vocabularies, crosses, steps
        self.home = members.traits["home"].astype(int)
        self.second = members.traits["second"].astype(int)
        self.gone = np.zeros(count, bool)  # fell silent when their place was closed
        self.written = np.zeros((count, settings.places), int)
        self.shape = (2, count, settings.places, settings.vocabulary)
        self.said: list[np.ndarray] = []  # each word's place in `shape`, one array a step
        self.counted = np.empty(
            0, np.int32
        )  # how often each place was said before those, once that is shorter

    def open_step(self, world: WorldFace) -> None:
        """Nothing is closed and everybody may write until a policy says otherwise."""
        self.here = self.members.present(world.now) & ~self.gone
        self.closed = np.zeros(self.settings.places, bool)
        self.let, self.crossing = np.ones(len(self.members), bool), 1.0
        self.sent = np.zeros(self.settings.places)

    def active(self, world: WorldFace) -> np.ndarray:
        """Who has lost its home decides about moving; then all write who have a rate worth asking about."""
        if world.phase == "move":
            return np.flatnonzero(self.here & self.closed[self.home])
        return np.flatnonzero(self.here & self.let & ~self.closed[self.home])

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        """One's own pace, and how many have written in one's place."""
        return self.view(
            world,
            rows,
            pace=self.members.traits["pace"][rows],
            busy=self.written.sum(axis=0)[self.home[rows]],
            attached=np.minimum(self.written[rows, self.home[rows]], 100),
            closing=self.closed.any(),
        )

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        done = acts.passed
        if world.phase == "move":
            leaving, moving = (acts.rows[done & (acts.kind == kind)] for kind in ("leave", "move"))
            self.gone[leaving] = True
            self.here[leaving] = False
            other = self.second[moving]
            other = np.where(self.closed[other], (other + 1) % self.settings.places, other)
            self.home[moving] = other
            return
        rows = acts.rows[done & (acts.amount > 0)]
        self._write(world, rows, acts.amount[done & (acts.amount > 0)])

    def _write(self, world: WorldFace, rows: np.ndarray, amounts: np.ndarray) -> None:
        """So many messages of each: where each goes and which words it has, all addressed by author and number."""
        author = np.repeat(rows, amounts)
        number = np.arange(len(author)) - np.repeat(np.cumsum(amounts) - amounts, amounts)
        ids = pair(self.members.id[author], number)
        away = world.chance("away", ids) < self.crossing * self.crosses[author]
        away &= ~self.closed[self.second[author]]
        place = np.where(away, self.second[author], self.home[author])
        np.add.at(self.written, (author, place), 1)
        self.sent = np.bincount(place, minlength=self.settings.places).astype(float)
        self.members.summaries["wrote"][rows] += amounts
        settings = self.settings
        word_ids = pair(ids[:, None].astype(np.int64), np.arange(settings.words)[None, :])
        source = world.chance("source", word_ids).ravel()
        lots = world.chance("word", word_ids).ravel()
        who, where, which = (np.repeat(one, settings.words) for one in (author, place, number % 2))
        own, local = (
            source < settings.own,
            (source >= settings.own) & (source < settings.own + settings.local),
        )
        rest = ~own & ~local
        word = np.zeros(len(lots), int)
        word[own] = drawn(self.vocabularies["author"], who[own], lots[own])
        word[local] = drawn(self.vocabularies["place"], where[local], lots[local])
        word[rest] = drawn(self.vocabularies["common"], np.zeros(int(rest.sum()), int), lots[rest])
        self.said.append(np.ravel_multi_index((which, who, where, word), self.shape))
        self.counted_up()

    def counted_up(self) -> None:
        """Once more words were said than there are counts, only the counts are kept."""
        if sum(map(len, self.said)) > np.prod(self.shape):
            self.counted, self.said = self.counts().ravel().astype(np.int32), []

    def counts(self) -> np.ndarray:
        """How often each author has written each word in each place, in even and in odd messages: (2, n, places, words)."""
        said = np.concatenate(self.said) if self.said else np.empty(0, np.int64)
        found = np.bincount(said, minlength=int(np.prod(self.shape)))
        if len(self.counted):
            found += self.counted
        return found.reshape(self.shape)

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        """How many write how much and where; what words tell, at the last step alone (0 before)."""
        each = self.written.sum(axis=1)
        writers = each[each > 0]
        shared = (self.written > 0).sum(axis=1) > 1
        found = {
            "messages": float(self.sent.sum()),
            "first_place": float(self.sent[0]),
            "elsewhere": float(self.sent[1:].sum()),
            "authors": float(len(writers)),
            "mean_messages": float(writers.mean()) if len(writers) else 0.0,
            "overlap": float(shared.sum() / len(writers)) if len(writers) else 0.0,
            "silenced": float(self.gone.sum()),
        }
        told = dict.fromkeys(
            ("divergence", "unshared_divergence", "place_told", "author_told", "top_common"), 0.0
        )
        if world.now == self.steps - 1:
            counts = self.counts()
            whole = counts.sum(axis=0)
            told = {
                "divergence": divergence(whole.sum(axis=0)),
                "unshared_divergence": divergence(whole[~shared].sum(axis=0)),
                "place_told": place_accuracy(whole) - 1 / self.settings.places,
                "author_told": author_accuracy(counts[0], counts[1]),
                "top_common": common_top(whole.sum(axis=0), TOP),
            }
        return found | told
