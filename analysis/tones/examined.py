"""A reader whose error nobody has measured is examined first, on sentences of our own, and counts for what it shows there.

Its log-odds are stretched or shrunk so that they fit the sentences best (Platt 1999). One that does not tell uncivil sentences from
civil ones, by the lower limit of its AUC, says nothing: it can neither make an incident nor take one away.
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from windtunnel.analysis.tones.hearing import ORDINARY
from windtunnel.analysis.tones.reader import (
    CIVIL,
    HOSTILE,
    Error,
    Reader,
    answers,
    at_base,
    of_log_odds,
    unread,
)

LEAST = 1e-4
"""Probabilities are cut off here before their log-odds are taken."""
PENALTY = 1.0
SURE = 2.58
"""Standard errors by which the AUC must be above even odds: of 200 readers that guess one passes."""
SENTENCES = "sentences of ours"


class Examination(NamedTuple):
    """How many sentences were read, the AUC of uncivil ones with 99 % limits and of hostile ones, the logits (2, 2), the shares."""

    sentences: int
    auc: float
    low: float
    high: float
    hostile_auc: float
    numbers: np.ndarray
    base: np.ndarray

    @property
    def tells(self) -> bool:
        """Whether the reader tells uncivil sentences from civil ones at all."""
        return self.low > 0.5

    def applied(self, probabilities: np.ndarray) -> np.ndarray:
        """A reader's probabilities for what they are worth, at ordinary shares; rows of NaN stay."""
        if not self.tells:
            return np.where(np.isnan(probabilities), np.nan, ORDINARY)
        said = _log_odds(probabilities) * self.numbers[:, 1] + self.numbers[:, 0]
        return at_base(of_log_odds(said), self.base, ORDINARY)

    @property
    def words(self) -> str:
        """One sentence for the user."""
        told = f"On {self.sentences} {SENTENCES} its AUC is {self.auc:.2f} [{self.low:.2f}, {self.high:.2f}, 99 %]"
        return told + (
            ", and its answers count for as much."
            if self.tells
            else ": it cannot tell tones, and nothing was changed."
        )


@cache
def questions() -> tuple[list[str], np.ndarray]:
    """One sentence of each of our patterns, and their tones."""
    from windtunnel.analysis.tones.training import own_texts

    texts, tones = own_texts(first=True)
    return texts, tones


def examine(read: Callable[[Sequence[str]], np.ndarray]) -> Examination:
    """What a reader makes of our sentences; those that it leaves unread do not count."""
    from sklearn.metrics import roc_auc_score

    texts, tones = questions()
    found = np.asarray(read(texts), float)
    known = ~unread(found)
    found, tones = found[known], tones[known]
    uncivil, hostile = tones > 0, tones == HOSTILE
    if not uncivil.any() or uncivil.all() or not hostile.any():
        return Examination(len(tones), 0.5, 0.0, 1.0, 0.5, np.zeros((2, 2)), ORDINARY)
    auc = float(roc_auc_score(uncivil, 1 - found[:, CIVIL]))
    error = _error_of_auc(auc, int(uncivil.sum()), int((~uncivil).sum()))
    low = max(auc - SURE * error, 0.0)
    said = _log_odds(found)
    heads = (uncivil, hostile) if low > 0.5 else ()
    numbers = np.array([_platt(said[:, head], truth) for head, truth in enumerate(heads)])
    return Examination(
        len(tones),
        auc,
        low,
        min(auc + SURE * error, 1.0),
        float(roc_auc_score(hostile, found[:, HOSTILE])),
        numbers,
        np.bincount(tones, minlength=3) / len(tones),
    )


class Examined:
    """Another reader, its probabilities taken for what they showed."""

    def __init__(self, reader: Reader) -> None:
        self.examination = examine(lambda texts: answers(reader, texts))
        self.name, self.version, self.languages = reader.name, reader.version, reader.languages
        self.base = ORDINARY
        found = self.examination
        self.error: Error | None = Error(found.auc, found.hostile_auc, found.sentences, SENTENCES)
        self._reader = reader

    def read(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities of civil, heated and hostile, one row a post, at ordinary shares."""
        return self.examination.applied(answers(self._reader, texts))


def _log_odds(probabilities: np.ndarray) -> np.ndarray:
    two = np.column_stack([1 - probabilities[:, CIVIL], probabilities[:, HOSTILE]])
    two = np.clip(two, LEAST, 1 - LEAST)
    return np.asarray(np.log(two / (1 - two)))


def _platt(said: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Intercept and slope; a reader that says the opposite of what is true gets the slope 0."""
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=PENALTY).fit(said[:, None], truth)
    if fitted.coef_[0, 0] > 0:
        return np.array([fitted.intercept_[0], fitted.coef_[0, 0]])
    return np.array([np.log(truth.mean() / (1 - truth.mean())), 0.0])


def _error_of_auc(auc: float, some: int, others: int) -> float:
    """Its standard error (Hanley & McNeil 1982)."""
    one, two = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    spread = auc * (1 - auc) + (some - 1) * (one - auc**2) + (others - 1) * (two - auc**2)
    return float(np.sqrt(max(spread, 1e-9) / (some * others)))
