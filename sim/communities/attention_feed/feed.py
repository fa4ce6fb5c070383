"""The rules of an attention feed (arXiv 2405.14614). A step: new objects are ranked for each reader, who looks at one of them.

Each object has a utility for the reader and one for an advocate (who pays for reach, say), both in (0, 1). The platform ranks by a
weight between both, as far as its blocks let it; a reader looks at a place with a chance in proportion to its discount, and
opens what it finds there, or does not. Push and pull of each ranking are reckoned exactly (`sim/attention.py`).
"""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field
from scipy.special import ndtr, ndtri

from windtunnel.policies.base import WorldFace
from windtunnel.sim.attention import discounts, rankings
from windtunnel.sim.community import Declared
from windtunnel.sim.feed_rule import FeedRule
from windtunnel.sim.kept import once
from windtunnel.sim.members import Members
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView
from windtunnel.sim.plain_builder import Settings

PROMOTED = 0.7
"""An object with so much for the advocate is marked, where marks are shown."""


class FeedSettings(Settings):
    """Numbers of `settings:` in conf/community/attention_feed.yaml; `size` is the readers."""

    objects: Annotated[int, Field(ge=2, le=1000)]
    """New objects for each reader in a step."""
    weight: Annotated[float, Field(ge=0, le=1)]
    """Of the reader's utility in the ranking; the rest is the advocate's."""
    block: Annotated[int, Field(ge=1)]
    """Objects that come bundled: a bundle stays together; `objects` is a multiple of it."""
    agreement: Annotated[float, Field(ge=-1, le=1)]
    """Correlation (of normal scores) of both utilities over objects."""


class AttentionFeed(PlainCommunity):
    """Utilities of this step's objects for readers and advocate, (n, objects) each, in the order in which they came.

    Policies set, at each step, what `feed_rule` holds.
    """

    silent = ("skip",)

    def __init__(self, scenes: Any, members: Members, declared: Declared, settings: FeedSettings) -> None:
        super().__init__(scenes, members, declared)
        self.settings = settings
        self.discount = discounts(settings.objects)
        self.own_ranking = np.zeros(len(members), bool)
        self.bundled_objects = settings.objects

    def open_step(self, world: WorldFace) -> None:
        """New objects; nothing is in force until a policy says so."""
        settings, ids = self.settings, self.members.id
        address = ids[:, None] * settings.objects + np.arange(settings.objects)
        mine, other = (ndtri(world.chance(purpose, address)) for purpose in ("reader", "advocate"))
        share = settings.agreement
        self.reader, self.advocate = ndtr(mine), ndtr(share * mine + np.sqrt(1 - share**2) * other)
        self.feed_rule = FeedRule(settings.weight, settings.block)
        self._orders: dict[bytes, np.ndarray] = {}
        self.opened, self.pull, self.push = np.zeros((3, len(ids)))

    def orders(self) -> np.ndarray:
        """Each reader's objects (n, objects) in the order of its feed; who has chosen its own ranking has weight 1."""
        count, objects = self.reader.shape
        if not self.feed_rule.ranked:
            return np.broadcast_to(np.arange(objects), (count, objects))
        weight = np.where(self.own_ranking, 1.0, self.feed_rule.weight)
        if self.feed_rule.block == 1:
            gain = weight[:, None] * self.reader + (1 - weight[:, None]) * self.advocate
            return np.argsort(-gain, axis=1, kind="stable")
        return self._bundled(weight)

    def _bundled(self, weight: np.ndarray) -> np.ndarray:
        """The best orders (n, objects) of bundles for weights (n,): each an assignment problem, solved once a step."""
        key = weight.tobytes() + str(self.feed_rule.block).encode()
        if key not in self._orders:
            size = np.array(self.feed_rule.block)
            self._orders[key] = once(rankings, self.reader, self.advocate, weight, self.discount, size)
        return self._orders[key]

    def looked_at(self, world: WorldFace) -> np.ndarray:
        """The object (n,) that each reader looks at."""
        cuts = np.cumsum(self.discount) / self.discount.sum()
        place = np.searchsorted(cuts, world.chance("place", self.members.id))
        return self.orders()[np.arange(len(place)), np.minimum(place, len(cuts) - 1)]

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        """How well the object fits that the reader looks at, and its mark; another ranking where it may be chosen."""
        seen = self.looked_at(world)[rows]
        rule = self.feed_rule
        marked = rule.marked & (self.advocate[rows, seen] >= PROMOTED)
        view = self.view(world, rows, fits=self.reader[rows, seen], marked=marked, choosing=rule.choosing)
        view.withdraw(self.own_ranking[rows] | (not rule.choosing), "switch")
        return view

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        """What is opened counts for both; who switches has its own ranking from the next step on."""
        seen = self.looked_at(world)
        opens = acts.rows[acts.passed & (acts.kind == "open")]
        self.opened[opens] = 1
        summaries = self.members.summaries
        summaries["enjoyed"][opens] += self.reader[opens, seen[opens]]
        summaries["persuaded"][opens] += self.advocate[opens, seen[opens]]
        self.pull, self.push = self._attention()
        self.own_ranking[acts.rows[acts.passed & (acts.kind == "switch")]] = True

    def close_step(self, world: WorldFace) -> None:
        """The pull of each reader's feeds adds up."""
        self.members.summaries["pull"] += self.pull

    def _attention(self) -> tuple[np.ndarray, np.ndarray]:
        """Pull and push (n,) of each reader's feed, against the best that these blocks allow."""
        both, count = np.stack([self.reader, self.advocate]), len(self.reader)
        got = np.take_along_axis(both, self.orders()[None], axis=2) @ self.discount
        if self.feed_rule.block == 1:
            most = -np.sort(-both, axis=2) @ self.discount
            return got[0] / most[0], got[1] / most[1]
        best = np.stack([self._bundled(np.full(count, share)) for share in (1.0, 0.0)])
        most = np.take_along_axis(both, best, axis=2) @ self.discount
        return got[0] / most[0], got[1] / most[1]

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        """Means over readers."""
        return {
            "pull": float(self.pull.mean()),
            "push": float(self.push.mean()),
            "opened": float(self.opened.mean()),
            "own_ranking": float(self.own_ranking.mean()),
        }
