"""What a negotiation is about: base designs, optional measures with costs, and what each is worth to each group."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from pydantic import Field
from scipy.special import ndtri

from windtunnel.sim import noise
from windtunnel.sim.plain_builder import Settings

WORST, BEST = 1.0, 5.0


class NegotiationSettings(Settings):
    """Numbers of `settings:` in conf/community/negotiation.yaml; `size` is the number of groups."""

    designs: Annotated[int, Field(ge=1, le=100)]
    measures: Annotated[int, Field(ge=1, le=14)]
    """Optional measures; up to 14, so that the best set can be found by trying all."""
    budget: Annotated[float, Field(ge=0)]
    liked: tuple[float, float, float]
    """A base design's worth on a scale of 1 to 5: mean, spread of designs, spread of groups within one."""
    effect: tuple[float, Annotated[float, Field(ge=0)]]
    """What a measure adds for a group: mean and standard deviation."""
    cost: tuple[Annotated[float, Field(gt=0)], Annotated[float, Field(gt=0)]]
    """Least and most that a measure costs."""
    gap: Annotated[float, Field(ge=0)]
    """Standard deviation of the error with which a group knows a measure's effect on itself."""


@dataclass(frozen=True)
class Problem:
    """`base` (n,) utilities of the base design with the greatest total, `effect` (n, m) what measures add, `cost` (m,)."""

    base: np.ndarray
    effect: np.ndarray
    cost: np.ndarray
    budget: float

    def utilities(self, adopted: np.ndarray) -> np.ndarray:
        """What each group has (n,), between 1 and 5, with the adopted measures (m,) bool."""
        return np.clip(self.base + self.effect[:, adopted].sum(axis=1), WORST, BEST)

    def best(self, groups: np.ndarray) -> dict[str, float]:
        """The greatest total, worst and Nash product above the base that any affordable set gives these groups (rows)."""
        count = len(self.cost)
        sets = (np.arange(1 << count)[:, None] >> np.arange(count)) & 1
        sets = sets[sets @ self.cost <= self.budget + 1e-9]
        all_ = np.clip(self.base[groups] + sets @ self.effect[groups].T, WORST, BEST)
        gains = np.maximum(all_ - np.clip(self.base[groups], WORST, BEST), 0).prod(axis=1)
        return {
            "total": float(all_.sum(axis=1).max()),
            "worst": float(all_.min(axis=1).max()),
            "nash": float(gains.max()),
        }


def drawn(key: int, settings: NegotiationSettings, ids: np.ndarray) -> Problem:
    """A problem for groups `ids`, addressed by the draw's key: one group more changes nobody else's worth."""

    def normal(purpose: str, one: np.ndarray, other: np.ndarray | int = 0) -> np.ndarray:
        return np.asarray(ndtri(noise.uniform(key, purpose, 0, noise.pair(*np.broadcast_arrays(one, other)))))

    mean, of_design, of_group = settings.liked
    designs, measures = np.arange(settings.designs), np.arange(settings.measures)
    worth = mean + of_design * normal("design", designs)[None, :]
    worth = worth + of_group * normal("worth", ids[:, None], designs[None, :])
    chosen = int(np.clip(worth, WORST, BEST)[: settings.size].sum(axis=0).argmax())
    centre, spread = settings.effect
    least, most = settings.cost
    return Problem(
        base=np.clip(worth[:, chosen], WORST, BEST),
        effect=centre + spread * normal("effect", ids[:, None], measures[None, :]),
        cost=least + (most - least) * noise.uniform(key, "cost", 0, measures),
        budget=settings.budget,
    )
