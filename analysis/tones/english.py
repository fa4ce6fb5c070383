"""A reader of English: a logit of 74 features and one of hashed n-grams, weighed by a third, fitted on labelled threads.

Trained on comments of GitHub threads that were locked (`training.py`), where a quarter is uncivil: its probabilities
hold for a place with those shares (`base`) and are shifted elsewhere.
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array, hstack

from windtunnel.analysis.tones import features
from windtunnel.analysis.tones.decoded import decoded
from windtunnel.analysis.tones.own_words import all_own_words, without_identity
from windtunnel.analysis.tones.reader import Error, of_log_odds
from windtunnel.analysis.tones.softened import softened

PARAMETERS = "english.npz"
ERROR = Error(0.79, 0.83, 3_275, "comments of locked GitHub threads, left out by whole threads")
"""As `bench/tones.py` prints it."""
BLOCK = 2_000
"""So many posts are read at once: it bounds the memory."""
BITS = 15
"""Words and their pairs are hashed to 2**BITS places, pieces of two to four letters to as many again."""
RARE = 3
"""An n-gram of fewer posts is not weighed: it may be a name."""
OUTLYING = 10
"""Features are cut off so many standard deviations from their mean."""
RARITY_STEPS = 25
"""Steps of one that a kept rarity has; the largest is about 8."""
GRAM_CHARACTERS = 4_000
"""N-grams are counted in so much of a post."""
INSULT = np.array([0.04, 0.19, 0.77])
"""Civil, heated and hostile for a plain insult: chosen, so that three in four are uncivil at the shares of an ordinary place. Of #ubuntu's
22 posts it touches 19 are, read by eye; of labelled comments 3 of 3."""


class Prepared(NamedTuple):
    """Posts made ready: `table` of features and `grams`, the logarithms of their numbers."""

    table: np.ndarray
    grams: csr_array

    def take(self, rows: np.ndarray) -> "Prepared":
        """Some of the posts."""
        return Prepared(self.table[rows], self.grams[rows])


class Parameters(NamedTuple):
    """The numbers: rarity of n-grams, scales of features, coefficients (head, 1 + columns), the weights (head, 3), and the shares of tones."""

    rarity: np.ndarray
    middle: np.ndarray
    spread: np.ndarray
    of_features: np.ndarray
    of_grams: np.ndarray
    weights: np.ndarray
    base: np.ndarray
    civil: float = 1.0
    """The median probability of being uncivil that civil posts get, of threads on which nothing was fitted."""

    def write(self, path: Path) -> None:
        """Keep them, the n-grams' in one byte each."""
        scale = np.abs(self.of_grams[:, 1:]).max(1, keepdims=True) / 127
        small = np.rint(self.of_grams[:, 1:] / scale).astype(np.int8)
        rest = {name: getattr(self, name).astype(np.float32) for name in _PLAIN}
        rarity = np.rint(self.rarity * RARITY_STEPS).astype(np.uint8)
        first = self.of_grams[:, :1]
        np.savez_compressed(
            path, small=small, scale=scale, first=first, rarity=rarity, civil=self.civil, **rest
        )

    @staticmethod
    def read(path: Path) -> "Parameters":
        """What `write` kept."""
        with np.load(path) as kept:
            grams = np.hstack([kept["first"], kept["small"] * kept["scale"]])
            rest = {name: kept[name].astype(float) for name in _PLAIN}
            return Parameters(
                of_grams=grams, rarity=kept["rarity"] / RARITY_STEPS, civil=float(kept["civil"]), **rest
            )


_PLAIN = ("middle", "spread", "of_features", "weights", "base")


@cache
def parameters() -> Parameters:
    """The numbers that come with the package."""
    return Parameters.read(Path(str(files(__package__).joinpath(PARAMETERS))))


def prepare(texts: Sequence[str]) -> Prepared:
    """Features and n-grams of the authors' own words, who anybody is read as "person"."""
    own = all_own_words(texts)
    said = [softened(without_identity(decoded(each.text))) for each in own]
    return Prepared(features.table(own, said), _grams([text[:GRAM_CHARACTERS] for text in said]))


def _grams(texts: Sequence[str]) -> csr_array:
    from sklearn.feature_extraction.text import HashingVectorizer

    shared = {"n_features": 2**BITS, "alternate_sign": False, "norm": None}
    words = HashingVectorizer(ngram_range=(1, 2), token_pattern=r"(?u)\b\w[\w']*\b|[!?]+|\.\.\.+", **shared)
    pieces = HashingVectorizer(ngram_range=(2, 4), analyzer="char_wb", **shared)
    if not len(texts):
        return csr_array((0, 2 * 2**BITS))
    counts = csr_array(hstack([each.transform(texts) for each in (words, pieces)]))
    counts.data = 1 + np.log(counts.data)
    return counts


def rarity(grams: csr_array) -> np.ndarray:
    """The weight of each n-gram, more the fewer posts have it (inverse document frequency); 0 under RARE posts."""
    posts = np.bincount(grams.indices, minlength=grams.shape[1])
    return np.where(posts < RARE, 0, 1 + np.log((1 + grams.shape[0]) / (1 + posts)))


def weighed(grams: csr_array, rarity: np.ndarray) -> csr_array:
    """The n-grams by their rarity; words and pieces are rows of unit length each."""
    from sklearn.preprocessing import normalize

    scaled = csr_array(grams.multiply(rarity[None]).tocsr())
    halves = scaled[:, : 2**BITS], scaled[:, 2**BITS :]
    return csr_array(hstack([normalize(each, copy=False) for each in halves]))


def margins(fitted: Parameters, posts: Prepared) -> np.ndarray:
    """What each logit says: posts by head (uncivil, hostile) by logit (features, n-grams)."""
    scaled = np.clip((posts.table - fitted.middle) / fitted.spread, -OUTLYING, OUTLYING)
    one = scaled @ fitted.of_features[:, 1:].T + fitted.of_features[:, 0]
    two = weighed(posts.grams, fitted.rarity) @ fitted.of_grams[:, 1:].T + fitted.of_grams[:, 0]
    return np.stack([one, two], axis=2)


def log_odds_of(fitted: Parameters, posts: Prepared) -> np.ndarray:
    """Log-odds of being uncivil and of being hostile, one row a post."""
    said = margins(fitted, posts)
    return fitted.weights[:, 0] + (said * fitted.weights[:, 1:]).sum(2)


def probabilities(fitted: Parameters, posts: Prepared) -> np.ndarray:
    """Probabilities of civil, heated and hostile, one row a post.

    Who somebody is says nothing about the tone: a post that says no more (`features.tells_who`) is uncivil with the
    median probability of civil posts at most. A short post that is a plain insult (`features.insulting`) has `INSULT` at least.
    """
    found = of_log_odds(log_odds_of(fitted, posts))
    uncivil = found[:, 1:].sum(axis=1)
    most = np.where(features.tells_who(posts.table), min(fitted.civil, 1.0), 1.0)
    found[:, 1:] *= np.minimum(most / np.maximum(uncivil, 1e-12), 1)[:, None]
    found[:, 0] = 1 - found[:, 1:].sum(axis=1)
    plain = features.insulting(posts.table) & (found[:, 0] > INSULT[0])
    found[plain] = INSULT
    return found


class EnglishReader:
    """Reads English better and slower: some 500 to 2,000 posts a second."""

    name = "english"
    version = "4"
    languages: tuple[str, ...] = ("en",)
    error: Error | None = ERROR

    def __init__(self) -> None:
        self.base = parameters().base

    def read(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities of civil, heated and hostile, one row a post."""
        parts = [texts[start : start + BLOCK] for start in range(0, len(texts), BLOCK)]
        if not parts:
            return np.empty((0, 3))
        return np.vstack([probabilities(parameters(), prepare(part)) for part in parts])
