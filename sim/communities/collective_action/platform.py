"""What a platform that learns must offer, and what members hand in to it."""

from typing import NamedTuple, Protocol

import numpy as np

from windtunnel.policies.base import WorldFace
from windtunnel.sim import noise
from windtunnel.sim.communities.collective_action.settings import ActionSettings
from windtunnel.sim.feed_rule import FeedRule

TENTHS = 10
"""Parts of the population from which a collective's members may come."""
OWN = -1
"""In `Handed.label`: the member's own label. In `Handed.signal`: no signal."""


class Handed(NamedTuple):
    """What members hand in, a row a member: its signal (n,), label (n,), and how many copies of it (n,) are counted."""

    signal: np.ndarray
    label: np.ndarray
    copies: np.ndarray


class Learning(NamedTuple):
    """How a platform learns in this round, as policies have set it."""

    rare: float = 0.0
    """Signals, or tokens, in a smaller share of rows are dropped."""
    merged: int = 1
    """Neighbouring signals that it takes for one: those of 0 to `merged` - 1, and so on."""
    injected: float = 0.0
    """Share of labels, or ratings, that the platform replaces by random ones."""


class Platform(Protocol):
    """A platform with its base data and a model of it. Members are told by their rows, in the order of `Handed`."""

    label: np.ndarray
    """Each member's own label (n,)."""

    rule: FeedRule
    """Whose interest a recommender ranks for in this round."""

    def open(self, world: WorldFace) -> None:
        """Draw the base data; called once, in the first step."""
        ...

    def train(self, world: WorldFace, handed: Handed, how: Learning) -> None:
        """Learn anew from base data and what was handed in."""
        ...

    def success(self, place: int, signal: int, target: int) -> float:
        """How far the collective in this place has what it wants, in [0, 1]."""
        ...

    def accuracy(self) -> float:
        """How good the platform is for everybody else, in [0, 1]."""
        ...

    def shares(self) -> dict[str, float]:
        """Push and pull of what it shows, by name; empty where it ranks nothing."""
        ...


def drawn(chances: np.ndarray, lot: np.ndarray) -> np.ndarray:
    """Columns (n,) of a distribution (columns,), or of one a row (n, columns), by uniforms (n,)."""
    cuts = np.cumsum(chances, axis=-1)
    cuts = cuts / cuts[..., -1:]
    if chances.ndim == 1:
        return np.minimum(np.searchsorted(cuts, lot, side="right"), len(chances) - 1)
    return np.minimum((lot[:, None] >= cuts).sum(axis=1), chances.shape[1] - 1)


def parts(settings: ActionSettings, key: int, ids: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The tenth (n,) of the population that each member comes from; -1: from anywhere. `place` is its collective, -1: none."""
    alike = np.array([one.alike for one in settings.acting.values()] + [0.0])
    same = noise.uniform(key, "alike", 0, ids) < alike[place]
    return np.where(same & (place >= 0), place % TENTHS, -1)


def as_one(signal: np.ndarray, merged: int) -> np.ndarray:
    """Signals (n,) as a platform sees them that takes `merged` neighbours for one; no signal stays none."""
    return np.where(signal >= 0, signal // merged * merged, signal)


def relabelled(world: WorldFace, purpose: str, label: np.ndarray, share: float, labels: int) -> np.ndarray:
    """Labels (n,) of which a share is replaced by random ones, addressed by their places."""
    if share <= 0:
        return label
    ids = np.arange(len(label))
    new = (world.chance(f"{purpose} label", ids) * labels).astype(label.dtype)
    return np.where(world.chance(purpose, ids) < share, new, label)
