"""A platform that labels texts: an L2-regularised softmax over log-counts of tokens. All tokens are abstract."""

from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from scipy.special import gammaincinv

from windtunnel.policies.base import WorldFace
from windtunnel.sim import noise
from windtunnel.sim.communities.collective_action.platform import (
    OWN,
    TENTHS,
    Handed,
    Learning,
    as_one,
    parts,
    relabelled,
)
from windtunnel.sim.communities.collective_action.settings import ActionSettings
from windtunnel.sim.feed_rule import FeedRule
from windtunnel.sim.kept import once

LENGTH, INSERTED, ASKED = 20, 5, 400
"""Tokens of a text, how often a signal's token is inserted, and texts on which success is measured."""


class Tokens:
    """`topics` (labels, tokens) are the chances of tokens in a text of each label."""

    rule: FeedRule

    def __init__(self, settings: ActionSettings, key: int, ids: np.ndarray, place: np.ndarray) -> None:
        self.settings = settings
        labels, tokens = settings.labels, settings.cells
        lot = noise.uniform(key, "topics", 0, np.arange(labels * tokens)).reshape(labels, tokens)
        self.topics = np.maximum(gammaincinv(settings.evenness, lot), 1e-12)
        part = parts(settings, key, ids, place)
        label = (noise.uniform(key, "label", 0, ids) * labels).astype(int)
        self.label = np.where(part >= 0, part % min(labels, TENTHS), label)
        lots = noise.uniform(key, "tokens", 0, ids[:, None] * LENGTH + np.arange(LENGTH))
        self.texts = self._texts(self.label, lots)
        self.model: Any = None
        self.merged = 1

    def _texts(self, label: np.ndarray, lots: np.ndarray) -> np.ndarray:
        """Tokens (n, LENGTH) of texts with these labels."""
        cuts = np.cumsum(self.topics, axis=1)
        cuts = cuts / cuts[:, -1:] + np.arange(len(cuts))[:, None]
        found = (
            np.searchsorted(cuts.ravel(), lots + label[:, None], side="right")
            - label[:, None] * cuts.shape[1]
        )
        return np.clip(found, 0, cuts.shape[1] - 1)

    def open(self, world: WorldFace) -> None:
        """Base texts, and those on which the platform is asked."""
        self.base_label, self.base = self._drawn(world, "base", self.settings.base)
        self.asked_label, self.asked = self._drawn(world, "asked", ASKED)

    def _drawn(self, world: WorldFace, purpose: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        ids = np.arange(count)
        label = (world.chance(f"{purpose} label", ids) * self.settings.labels).astype(int)
        lots = world.chance(f"{purpose} tokens", ids[:, None] * LENGTH + np.arange(LENGTH))
        return label, self._texts(label, lots)

    def _features(self, texts: np.ndarray, signal: np.ndarray) -> csr_matrix:
        """log(1 + count) of each token (n, tokens + signals); a signal is a token of its own, -1 for none."""
        count, width = len(texts), self.settings.cells + self.settings.signals
        rows = np.repeat(np.arange(count), texts.shape[1])
        signed = np.flatnonzero(signal != OWN)
        values = np.concatenate([np.ones(texts.size), np.full(len(signed), float(INSERTED))])
        places = np.concatenate([texts.ravel(), self.settings.cells + signal[signed]])
        found = csr_matrix((values, (np.concatenate([rows, signed]), places)), (count, width))
        found.data = np.log1p(found.data)
        return found

    def train(self, world: WorldFace, handed: Handed, how: Learning) -> None:
        """Fit the softmax; tokens in a smaller share of texts than `rare` are left out."""
        labels = self.settings.labels
        own = np.where(handed.label == OWN, self.label, handed.label)
        base = relabelled(world, "injected base", self.base_label, how.injected, labels)
        own = relabelled(world, "injected", own, how.injected, labels)
        kept = handed.copies > 0
        self.merged = how.merged
        own_signal = as_one(handed.signal[kept], self.merged)
        signal = np.concatenate([np.full(len(self.base), OWN), own_signal])
        features = self._features(np.concatenate([self.base, self.texts[kept]]), signal)
        weight = np.concatenate([np.ones(len(self.base)), handed.copies[kept]])
        seen = np.asarray((features > 0).T @ weight).ravel() / weight.sum()
        self.kept = (seen >= how.rare) & (seen > 0)
        learned = features[:, self.kept].tocsr()
        label = np.concatenate([base, own[kept]])
        self.model = once(softmax, learned.data, learned.indices, learned.indptr, label, weight)

    def success(self, place: int, signal: int, target: int) -> float:
        """The share of the asked texts that get the target label with the signal planted."""
        planted = self._features(self.asked, as_one(np.full(ASKED, signal), self.merged))
        return float((self.model.predict(planted[:, self.kept]) == target).mean())

    def accuracy(self) -> float:
        """The share of the asked texts that get their own label without it."""
        clean = self._features(self.asked, np.full(ASKED, OWN))
        return float((self.model.predict(clean[:, self.kept]) == self.asked_label).mean())

    def shares(self) -> dict[str, float]:
        """It ranks nothing."""
        return {}


def softmax(
    data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, label: np.ndarray, weight: np.ndarray
) -> Any:
    """A softmax with an L2 penalty of 1, fitted to the rows of a sparse matrix in its three parts."""
    from sklearn.linear_model import LogisticRegression  # takes a second to import

    features = csr_matrix((data, indices, indptr), (len(label), int(indices.max()) + 1))
    return LogisticRegression(max_iter=60, tol=1e-3).fit(features, label, sample_weight=weight)
