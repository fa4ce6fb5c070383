"""The numbers of a commons (`settings:` of conf/community/commons.yaml), and what they mean for a stock."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from windtunnel.sim.plain_builder import Settings

Share = Annotated[float, Field(ge=0, le=1)]
Amount = Annotated[float, Field(ge=0)]


class CommonsSettings(Settings):
    """One set of numbers stands for each game of the literature; `conf/experiment` has them."""

    skin: str
    """Which words are used: a name of `skins:`."""
    capacity: Annotated[float, Field(gt=0)]
    """The most that the stock can be."""
    start: Annotated[float, Field(gt=0)]
    collapse: Amount
    """With less than this left after a step's takings the stock is gone."""
    growth: Literal["times", "logistic", "refill"]
    """How what is left becomes the next step's stock: times `rate`, by the logistic law, or full again whatever is left."""
    rate: Annotated[float, Field(gt=0)]
    unit: Literal["units", "share"]
    """What an amount is: units of the stock, or per cent of an equal share of it."""
    most: Amount | None = None
    """The most that one member can take in a step, in units of the stock; null: all of it."""
    own: Amount
    """What a member earns of a unit that it takes."""
    shared: Amount
    """What every member earns of a unit that is left, before it grows."""
    talk: bool
    """Members say what they will take before they take it."""
    shown: bool
    """Each step's mean taking is known to all, and some follow it where no norm was set."""
    learning: Annotated[int, Field(ge=0)]
    """Pairs a step that meet, of whom one may copy the other's greed and readiness to punish."""
    waiting: Annotated[int, Field(ge=0)] = 0
    """Members, among `size`, who wait outside until a policy lets them in."""
    waiting_as: str | None = None
    """The persona of those who wait; null: drawn by the shares like the others."""
    detection: Share
    """Chance that a member sees what another one took, where takings can be punished."""
    reach: Amount
    """Equal shares of the stock that a wholly greedy member wants."""
    heeded: dict[Literal["custom", "talk", "called", "voted"], Annotated[float, Field(gt=0, lt=1)]]
    """Chance that a member who is neither greedy nor modest keeps to a norm with nobody watching, by the norm's origin."""
    threat: Amount
    """Log-odds of keeping to a norm that certain detection adds."""
    temper: Amount
    """Log-odds of keeping to a norm that half of the greed less adds."""
    fear: Amount
    """Log-odds that one punishment adds (or takes, from who had taken less than the norm)."""
    most_fear: Amount
    fades: Share
    """What is left of a fear a step later."""
    bite: Annotated[float, Field(gt=0)]
    """A fine of this much frightens wholly, a smaller one in proportion."""
    bias: float
    """How far a proposed norm leans to its author's greed."""

    def sustainable(self, stock: float) -> float:
        """Takings of all together, in units, after which the stock is as large again.

        Under the logistic law what grows back, at most the maximum sustainable yield; else stock · (1 - 1/rate), which
        in a public good, full again whatever is left, is the part that a member of moderate habits keeps to itself.
        """
        if self.growth != "logistic":
            return stock * (1 - 1 / self.rate)
        full = self.rate * self.capacity / 4
        return full if stock >= self.capacity / 2 else self.rate * stock * (1 - stock / self.capacity)

    def grown(self, left: float) -> float:
        """The next step's stock."""
        if self.growth == "refill":
            return self.capacity
        if self.growth == "times":
            return min(self.capacity, self.rate * left)
        return left + self.rate * left * (1 - left / self.capacity)


def heed(settings: CommonsSettings, heeded: np.ndarray, threat: np.ndarray, greed: np.ndarray) -> np.ndarray:
    """Chance (n,) of keeping to a norm: log-odds of `heeded`, plus the threat, plus modesty; 0 where `heeded` is 0."""
    with np.errstate(divide="ignore"):
        odds = np.log(heeded / (1 - heeded)) + threat + settings.temper * (1 - 2 * greed)
    return 1 / (1 + np.exp(-odds))
