"""A platform that recommends: a factorisation of synthetic ratings with biases, by alternating least squares."""

import numpy as np
from scipy.special import ndtri

from windtunnel.policies.base import WorldFace
from windtunnel.sim import noise
from windtunnel.sim.attention import discounts, ranking
from windtunnel.sim.communities.collective_action.platform import TENTHS, Handed, Learning, parts
from windtunnel.sim.communities.collective_action.settings import ActionSettings
from windtunnel.sim.feed_rule import FeedRule
from windtunnel.sim.kept import once

TASTES, DENSITY, POPULARITY = 5, 0.06, 0.9
FACTORS, PENALTY, SWEEPS = 8, 2.0, 12
PROMOTED = 0.7
"""An item worth so much to the advocate is marked, where marks are shown."""
SHOWN, TARGETS, RANKS = 10, 10, (20, 40)
"""Items that are recommended, target items of a collective, and the places by mean prediction that they are drawn from."""


def places(items: int) -> np.ndarray:
    """What each place of a list counts (items,): as in a feed for those that are shown, nothing after."""
    return np.where(np.arange(items) < SHOWN, discounts(items), 0.0)


def factorised(ratings: np.ndarray, known: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Predicted ratings (users, items) from those known (bool), by alternating least squares from item factors `start`."""
    mean = ratings[known].mean()
    weight, left = known.astype(float), np.where(known, ratings - mean, 0.0)
    users, items = np.zeros((len(ratings), FACTORS)), start
    user_bias, item_bias = np.zeros(len(ratings)), np.zeros(ratings.shape[1])
    for _ in range(SWEEPS):
        users, user_bias = _half(weight, left, users, items, item_bias)
        items, item_bias = _half(weight.T, left.T, items, users, user_bias)
    return mean + user_bias[:, None] + item_bias + users @ items.T


def _half(
    weight: np.ndarray, left: np.ndarray, mine: np.ndarray, theirs: np.ndarray, bias: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Biases, then factors, of one side given the other's: ridge regressions, all at once."""
    rest = left - weight * bias
    own = (rest - weight * (mine @ theirs.T)).sum(axis=1) / (weight.sum(axis=1) + PENALTY)
    squares = weight @ (theirs[:, :, None] * theirs[:, None, :]).reshape(len(theirs), -1)
    squares = squares.reshape(-1, FACTORS, FACTORS) + PENALTY * np.eye(FACTORS)
    aim = (rest - weight * own[:, None]) @ theirs
    return np.linalg.solve(squares, aim[:, :, None])[:, :, 0], own


class Recommender:
    """Base users first, then members; `true` (users, items) are the ratings that all would give, `known` those given."""

    rule: FeedRule

    def __init__(self, settings: ActionSettings, key: int, ids: np.ndarray, place: np.ndarray) -> None:
        self.settings, self.place = settings, place
        base, items = settings.base, settings.cells
        self.ids = np.concatenate([np.arange(base), base + ids])

        def normal(purpose: str, *shape: int) -> np.ndarray:
            return ndtri(noise.uniform(key, purpose, 0, np.arange(int(np.prod(shape))))).reshape(shape)

        def of_users(purpose: str, width: int) -> np.ndarray:
            return ndtri(noise.uniform(key, purpose, 0, self.ids[:, None] * width + np.arange(width)))

        part = (noise.uniform(key, "part", 0, self.ids) * TENTHS).astype(int)
        own = parts(settings, key, ids, place)
        part[base:] = np.where(own >= 0, own, part[base:])
        tastes = normal("centres", TENTHS, TASTES)[part] + 0.5 * of_users("tastes", TASTES)
        quality = 0.4 * normal("quality", items)
        mood = 0.3 * of_users("mood", 1)
        true = 3.5 + mood + quality + 0.4 * tastes @ normal("items", TASTES, items)
        self.true = np.clip(np.rint(true + 0.5 * of_users("rating", items)), 1, 5)
        popularity = np.exp(POPULARITY * normal("popularity", items))
        seen = np.minimum(1.0, DENSITY * popularity / popularity.mean())
        lot = noise.uniform(key, "seen", 0, self.ids[:, None] * items + np.arange(items))
        self.known = lot < seen
        self.start = 0.1 * normal("factors", items, FACTORS)
        self.promoted = noise.uniform(key, "promoted", 0, np.arange(items))
        self.keen = noise.uniform(key, "own ranking", 0, np.arange(base))
        self.looks_at_marks = noise.uniform(key, "wary", 0, np.arange(base))
        self.label = np.zeros(len(ids), int)
        self.targets: list[np.ndarray] = []

    def open(self, world: WorldFace) -> None:
        """Target items: drawn from those of middling rank in what is learned without any collective."""
        self.predicted = once(factorised, self.true, self.known, self.start)
        ranked = np.argsort(-self.predicted[: self.settings.base].mean(axis=0), kind="stable")
        there = ranked[RANKS[0] : RANKS[1]]
        order = there[np.argsort(world.chance("targets", there))]
        shared = round(self.settings.overlap * TARGETS)
        rest = order[shared:]
        for place in range(len(self.settings.acting)):
            own = np.roll(rest, -place * (TARGETS - shared))[: TARGETS - shared]
            self.targets.append(np.concatenate([order[:shared], own]))

    def train(self, world: WorldFace, handed: Handed, how: Learning) -> None:
        """Members who take part rate their targets 5, or 1; a copied account counts once, for it is one user."""
        if how.rare > 0 or how.merged > 1:
            raise ValueError(
                "robustify drops rare signals and merges those that are alike, and a recommender has none: use platform cells or tokens"
            )
        ratings, known = self.true.copy(), self.known.copy()
        base = self.settings.base
        for place, one in enumerate(self.settings.acting.values()):
            rows = base + np.flatnonzero((handed.signal >= 0) & (self.place == place))
            cells = np.ix_(rows, self.targets[place])
            ratings[cells], known[cells] = (5.0 if one.strategy == "promote" else 1.0), True
        present = np.concatenate([np.full(base, True), handed.copies > 0])
        known &= present[:, None]
        if how.injected > 0:
            address = self.ids[:, None] * ratings.shape[1] + np.arange(ratings.shape[1])
            random = 1 + (world.chance("injected rating", address) * 5).astype(int)
            ratings = np.where(world.chance("injected", address) < how.injected, random, ratings)
        self.predicted = once(factorised, ratings, known, self.start)

    def hits(self, place: int) -> float:
        """The share of base users who have a target item among the ten that they are recommended."""
        shown = self.shown()
        hit = np.isin(shown, self.targets[place])
        if self.rule.marked:
            wary = self.looks_at_marks < self.rule.wary
            hit &= ~(wary[:, None] & (self.promoted[shown] >= PROMOTED))
        return float(hit.any(axis=1).mean())

    def shown(self) -> np.ndarray:
        """The ten items (users, 10) that each base user is recommended of those that it has not rated."""
        base = self.settings.base
        unseen = np.where(self.known[:base], -np.inf, self.predicted[:base])
        if self.rule.weight == 1 and self.rule.ranked and self.rule.block == 1:
            return np.argpartition(-unseen, SHOWN, axis=1)[:, :SHOWN]
        weight = np.where(self.keen < self.rule.takers, 1.0, self.rule.weight)
        return self._ranked(weight)[:, :SHOWN]

    def utilities(self) -> np.ndarray:
        """What items are worth to each base user (users, items), in [0, 1], as predicted; 0 for one that it has rated."""
        base = self.settings.base
        return np.where(self.known[:base], 0.0, np.clip((self.predicted[:base] - 1) / 4, 1e-9, 1.0))

    def _ranked(self, weight: np.ndarray) -> np.ndarray:
        """Items (users, items) in order, by the weight (users,) of the user's own interest; those rated are worth nothing."""
        mine = self.utilities()
        theirs = np.where(self.known[: len(mine)], 0.0, self.promoted)
        count = mine.shape[1]
        if not self.rule.ranked:
            return np.argsort(self.known[: len(mine)], axis=1, kind="stable")
        if self.rule.block == 1:
            gain = weight[:, None] * mine + (1 - weight[:, None]) * theirs
            return np.argsort(-gain, axis=1, kind="stable")
        blocks, discount = np.arange(count) // self.rule.block, places(count)
        return np.stack(
            [
                ranking(u, v, float(share), discount, blocks)
                for u, v, share in zip(mine, theirs, weight, strict=True)
            ]
        )

    def shares(self) -> dict[str, float]:
        """Mean push and pull over base users of their ten places, by what is predicted."""
        mine = self.utilities()
        theirs = np.where(self.known[: len(mine)], 0.0, self.promoted)
        discount = places(mine.shape[1])
        weight = np.where(self.keen < self.rule.takers, 1.0, self.rule.weight)
        orders = [self._ranked(one) for one in (weight, np.ones(len(mine)), np.zeros(len(mine)))]
        if not self.rule.ranked:
            orders[1:] = [np.argsort(-value, axis=1, kind="stable") for value in (mine, theirs)]
        got, best_mine, best_theirs = orders

        def worth(value: np.ndarray, order: np.ndarray) -> np.ndarray:
            return np.take_along_axis(value, order, axis=1) @ discount

        return {
            "pull": float((worth(mine, got) / worth(mine, best_mine)).mean()),
            "push": float((worth(theirs, got) / worth(theirs, best_theirs)).mean()),
        }

    def success(self, place: int, signal: int, target: int) -> float:
        """Of who promotes, `hits`; of who demotes, the share without one."""
        one = list(self.settings.acting.values())[place]
        found = self.hits(place)
        return found if one.strategy == "promote" else 1 - found

    def accuracy(self) -> float:
        """1 less the root mean squared error of base users' ratings that were not given, over the widest error of 4."""
        base = self.settings.base
        wrong = (self.predicted[:base] - self.true[:base])[~self.known[:base]]
        return float(1 - np.sqrt((wrong**2).mean()) / 4)
