"""The rules of norm elicitation: each step everybody is shown two norms and says whether the second is wiser than the first.

How a norm is chosen is `method`: by how many hold it (the vote, with no policy), by the moral graph of what was found wiser
(arXiv 2404.10636), or by giving way to a norm that more people can live with. Norms have a hidden wisdom that nobody reads off.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from windtunnel.policies.base import WorldFace
from windtunnel.policies.moral_graph import edges, page_rank, to_ask, upgrades
from windtunnel.sim.communities.norm_elicitation.settings import ElicitationSettings
from windtunnel.sim.community import Declared
from windtunnel.sim.members import Members
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView

LIVABLE = 0.5
"""A norm seen as less wise than one's own by no more than this is one that one can live with."""


class NormElicitation(PlainCommunity):
    """Counts of judgements (c, c): the first norm of a pair by row, the second by column. Policies set `method`."""

    silent = ("unsure",)

    def __init__(
        self,
        scenes: Any,
        members: Members,
        declared: Declared,
        settings: ElicitationSettings,
        wisdom: np.ndarray,
        errors: np.ndarray,
    ) -> None:
        super().__init__(scenes, members, declared)
        count = settings.norms
        self.settings, self.wisdom = settings, wisdom
        self.held = members.traits["norm"].astype(int)
        self.seen = wisdom[None, :] + errors  # how wise each norm looks to each member (n, c)
        self.seen[np.arange(len(members)), self.held] += settings.loyalty
        self.wiser, self.not_wiser, self.doubted = (np.zeros((count, count)) for _ in range(3))
        self.one, self.other = np.zeros(len(members), int), np.zeros(len(members), int)

    def open_step(self, world: WorldFace) -> None:
        """It is drawn who is asked about which pair: those that are most worth asking, each to some members."""
        self.method = "vote"
        self.here = np.flatnonzero(self.members.present(world.now))
        self.holders = np.bincount(self.held[self.here], minlength=self.settings.norms)
        worth = to_ask(self.wiser, self.not_wiser, self.doubted, self.holders).ravel()
        best = np.argsort(-worth, kind="stable")[: max(1, len(self.wiser) * 2)]
        lot = world.chance("pair", self.members.id)
        picked = best[(lot * len(best)).astype(int)]
        self.one, self.other = np.divmod(picked, self.settings.norms)

    def active(self, world: WorldFace) -> np.ndarray:
        return self.here

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        """How much wiser the second norm looks than the first, and whether one of them is one's own."""
        gap = self.seen[rows, self.other[rows]] - self.seen[rows, self.one[rows]]
        return self.view(
            world,
            rows,
            gap=gap,
            own_first=self.held[rows] == self.one[rows],
            own_second=self.held[rows] == self.other[rows],
            unsure_below=self.settings.unsure,
        )

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        """Judgements are counted; who did not act was unsure."""
        done = acts.passed
        asked = np.zeros((2, len(self.members)), bool)
        for place, kind in enumerate(("wiser", "not_wiser")):
            rows = acts.rows[done & (acts.kind == kind)]
            asked[place, rows] = True
            np.add.at((self.wiser, self.not_wiser)[place], (self.one[rows], self.other[rows]), 1)
        rest = self.here[~asked[:, self.here].any(axis=0)]
        np.add.at(self.doubted, (self.one[rest], self.other[rest]), 1)

    # how a norm is chosen

    def scores(self) -> np.ndarray:
        """What each norm has (c,) under the method in force; the greatest wins, of two alike the first."""
        if self.method == "moral_graph":
            return page_rank(self.graph())
        if self.method == "negotiation":
            own = self.seen[np.arange(len(self.seen)), self.held][:, None]
            return (self.seen >= own - LIVABLE)[self.here].mean(axis=0)
        return self.holders / max(1, len(self.here))

    def graph(self) -> np.ndarray:
        """Weights (c, c) of the edges that people's judgements have made."""
        return edges(self.wiser, self.not_wiser, self.doubted)

    def close_step(self, world: WorldFace) -> None:
        scores = self.scores()
        winner = int(scores.argmax())
        world.log.add(world.now, "norm_ahead", -1, amount=winner)
        near = upgrades(self.graph(), winner)
        own = self.seen[np.arange(len(self.seen)), self.held]
        self.members.summaries["represented"] = near[self.held].astype(float)
        self.members.summaries["regret"] = own - self.seen[:, winner]
        last = self.settings.norms - 1
        fair = self.seen[self.here, winner] - own[self.here]
        self.counts = {
            "winner": float(winner),
            "wisdom": float(self.wisdom[winner]),
            "represented": float(near[self.held[self.here]].mean()),
            "expert_rank": 1.0 + float((scores > scores[last]).sum()),
            "livable": float((fair >= -LIVABLE).mean()),
            "edges": float((self.graph() > 0).sum()),
        }

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        return self.counts
