"""The rules of a donor game over generations (Vallinder & Hughes 2024, arXiv 2412.10270).

A generation plays two games of as many rounds as it has members, the second with the roles the other way round. In a
round half of the members are donors: each gives a part of what it has to one of the other half, who gets a multiple of it.
No two meet twice in the same direction. The best survive; newcomers take over a survivor's strategy, with an error.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field
from scipy.special import ndtri

from windtunnel.policies.base import WorldFace
from windtunnel.sim.community import Declared
from windtunnel.sim.members import Members
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView
from windtunnel.sim.plain_builder import Settings

UNKNOWN = -1.0
"""What a donor is told of somebody who has given nothing yet."""
DEEPEST = 3


class DonorSettings(Settings):
    """Numbers of `settings:` in conf/community/donor_game.yaml; `size` is the members of a generation, of whom an odd one sits out."""

    size: Annotated[int, Field(ge=2, le=20_000_000)]
    generations: Annotated[int, Field(ge=1, le=1000)]
    endowment: Annotated[float, Field(gt=0)]
    multiplier: Annotated[float, Field(ge=0)]
    survive: Annotated[float, Field(ge=0, le=1)]
    """Share of a generation that plays on in the next one."""
    copied: bool
    """Newcomers begin with a survivor's strategy; else as founders did."""
    drift: float
    """What a newcomer adds to the generosity that it takes over."""
    error: Annotated[float, Field(ge=0)]
    """Standard deviation of the error in taking it over."""
    depth: Annotated[int, Field(ge=0, le=DEEPEST)]
    """Of how many decisions, each that of the one before's partner, a donor is told."""

    @property
    def rounds(self) -> int:
        """Rounds of one game: as many as it has members, one of an odd number left out."""
        return self.size // 2 * 2

    @property
    def span(self) -> int:
        """Steps of one generation."""
        return 2 * self.rounds

    @property
    def kept(self) -> int:
        """Members of a generation who play on."""
        return int(round(self.survive * self.size))


class DonorGame(PlainCommunity):
    """Resources, strategies and last gifts; arrays (n,) by row of `members`, who hold all generations.

    Policies set, at each step, `multiplier`, `depth`, `survive`, `copied` and `punishing`.
    """

    silent = ("donate",)

    def __init__(self, scenes: Any, members: Members, declared: Declared, settings: DonorSettings) -> None:
        super().__init__(scenes, members, declared)
        count = len(members)
        self.settings = settings
        self.base = members.traits["generosity"].copy()  # b: what one gives to who is in good standing
        self.has, self.score = np.zeros(count), np.zeros(count)
        self.gave, self.partner = np.full(count, UNKNOWN), np.full(count, -1)
        self.alive = np.arange(settings.size)  # rows of this generation, by seat
        self.born = settings.size

    def open_step(self, world: WorldFace) -> None:
        """Each game begins with equal endowments; then it is drawn who meets whom."""
        settings = self.settings
        self.multiplier, self.depth = settings.multiplier, settings.depth
        self.survive, self.copied = settings.kept, settings.copied
        self.punishing: Any = None
        step = world.now % settings.span
        if step == 0:
            here = self.alive[self.members.present(world.now)[self.alive]]
            seats = world.chance("seat", self.members.id[here])
            self.alive = here[np.argsort(seats, kind="stable")][: len(here) // 2 * 2]
            self.score[self.alive] = 0
        if step % settings.rounds == 0:
            self.has[self.alive] = settings.endowment
            self.gave[:], self.partner[:] = UNKNOWN, -1
        self.donors, self.recipients = self._pairs(step)
        self.punished = np.zeros(len(self.members), bool)

    def _pairs(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows of donors and of their recipients in a step of a generation; each direction of each pair comes once a game."""
        half = len(self.alive) // 2
        one, two = self.alive[:half], self.alive[half:]
        game, turn = divmod(step, self.settings.rounds)
        shift = turn // 2
        if (turn + game) % 2 == 0:
            return one, two[(np.arange(half) + shift) % half]
        return two, one[(np.arange(half) - shift - half // 2) % half]

    def active(self, world: WorldFace) -> np.ndarray:
        """The donors of this round; who has punished does not give as well."""
        if world.phase == "punish":
            return self.donors if self.punishing is not None else np.empty(0, np.int64)
        return self.donors[~self.punished[self.donors]]

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        """What the recipient gave last, and, as deep as the trace goes, what its partner had given, and so on; in per cent."""
        if not len(rows):
            return self.view(world, rows)
        to = dict(zip(self.donors.tolist(), self.recipients.tolist(), strict=True))
        at = np.array([to[row] for row in rows.tolist()])
        recipient, traced = at, []
        for depth in range(DEEPEST):
            known = (at >= 0) & (depth < self.depth)
            traced.append(np.where(known, self.gave[at], UNKNOWN))
            at = np.where(known, self.partner[at], -1)
        view = self.view(
            world,
            rows,
            gave=traced[0],
            partner_gave=traced[1],
            partners_partner_gave=traced[2],
            has=self.has[rows],
            theirs=self.has[recipient],
            base=100 * self.base[rows],
            depth=self.depth,
        )
        view.about = recipient if world.phase == "punish" else None
        return view

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        """A gift is a part of what the donor has, and worth a multiple; a punishment costs the donor and takes more."""
        rows = acts.rows[acts.passed]
        if not len(rows):
            return
        where = {row: k for k, row in enumerate(self.donors.tolist())}
        to = self.recipients[[where[row] for row in rows.tolist()]]
        acts.target[acts.passed] = to
        if world.phase == "punish":
            spent = self.punishing.spend * self.has[rows]
            self.has[rows] -= spent
            self.has[to] = np.maximum(0, self.has[to] - self.punishing.factor * spent)
            self.punished[rows] = True
            self.members.summaries["punished"][to] += 1
            return
        share = acts.amount[acts.passed] / 100
        gift = share * self.has[rows]
        self.has[rows] -= gift
        self.has[to] += self.multiplier * gift
        self.gave[rows], self.partner[rows] = 100 * share, to
        self.members.summaries["given"][rows] += 100 * share / self.settings.span * 2

    def close_step(self, world: WorldFace) -> None:
        """After a game its resources are scored, half of each; after a generation the best go on."""
        settings, step = self.settings, world.now % self.settings.span
        given = self.gave[self.donors[~self.punished[self.donors]]]
        self.given = float(given.mean()) / 100 if len(given) else 0.0
        self.mean = float(self.has[self.alive].mean())
        if (step + 1) % settings.rounds == 0:
            self.score[self.alive] += self.has[self.alive] / 2
        if step + 1 == settings.span:
            self.mean = float(self.score[self.alive].mean())
            self.members.summaries["earned"][self.alive] = self.score[self.alive]
            self.members.summaries["generous"][self.alive] = 100 * self.base[self.alive]
            self._next_generation(world)

    def _next_generation(self, world: WorldFace) -> None:
        """The best survive, of two alike who is drawn first; newcomers take over a drawn survivor's generosity."""
        settings, ids = self.settings, self.members.id
        rank = np.lexsort([world.chance("tie", ids[self.alive]), -self.score[self.alive]])
        stay, go = self.alive[rank[: self.survive]], self.alive[rank[self.survive :]]
        new = np.arange(self.born, min(self.born + len(go), len(ids)))
        self.born += len(go)
        if not len(new):
            return
        self.members.left[go] = world.now + 1
        if self.copied and len(stay):
            model = stay[(world.chance("model", ids[new]) * len(stay)).astype(int)]
            error = settings.error * ndtri(world.chance("error", ids[new]))
            self.base[new] = np.clip(self.base[model] + settings.drift + error, 0, 1)
        self.alive = np.concatenate([stay, new])

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        """Mean resources (at the end of a generation its mean score), and the part that was given."""
        return {
            "remaining": self.mean,
            "given": self.given,
            "generation": world.now // self.settings.span + 1.0,
        }
