"""Words that stand for language: vocabularies of places and authors, messages drawn from them, and what tells them apart.

No text is made: a word is a number. Counts are (authors, places, words).
"""

import numpy as np

from windtunnel.sim import noise


def vocabularies(key: int, purpose: str, ids: np.ndarray, size: int, distinct: float) -> np.ndarray:
    """Cumulated word probabilities (n, words), one vocabulary for each id, log-normal weights."""
    from scipy.special import ndtri

    lot = noise.uniform(key, purpose, 0, noise.pair(ids[:, None], np.arange(size)[None, :]))
    weight = np.exp(distinct * ndtri(lot))
    return np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)


def drawn(cumulated: np.ndarray, rows: np.ndarray, lots: np.ndarray) -> np.ndarray:
    """The word (n,) that each lot picks from the vocabulary in its row."""
    count = cumulated.shape[1]
    flat = (cumulated + np.arange(len(cumulated))[:, None]).ravel()
    place = np.searchsorted(flat, lots + rows) - rows * count
    return np.clip(place, 0, count - 1)


def divergence(counts: np.ndarray) -> float:
    """Jensen-Shannon divergence of several texts (k, words) weighted by length, in bits, less its bias from few words.

    What is taken off is (k - 1)(v - 1) / (2 N ln 2), with v words that occur and N in all (Miller 1955); so texts of one
    vocabulary come out at 0 on average.

    >>> divergence(np.array([[5, 0], [0, 5]])) > 0.9
    True
    """
    counts = counts[counts.sum(axis=1) > 0]
    total = counts.sum()
    if len(counts) < 2 or not total:
        return 0.0
    share = counts.sum(axis=1) / total
    entropy = _entropy(counts.sum(axis=0)) - float(share @ [_entropy(one) for one in counts])
    seen = int((counts.sum(axis=0) > 0).sum())
    return float(entropy - (len(counts) - 1) * (seen - 1) / (2 * total * np.log(2)))


def _entropy(counts: np.ndarray) -> float:
    share = counts[counts > 0] / counts.sum()
    return float(-(share * np.log2(share)).sum())


def common_top(counts: np.ndarray, most: int) -> float:
    """Mean overlap (Jaccard) of the `most` words that tell each pair of places (k, words) most, by how much oftener than elsewhere."""
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    telling = share - share.mean(axis=0)
    top = [set(np.argsort(-row, kind="stable")[:most].tolist()) for row in telling]
    pairs = [(a, b) for a in range(len(top)) for b in range(a)]
    return float(np.mean([len(top[a] & top[b]) / len(top[a] | top[b]) for a, b in pairs]))


def place_accuracy(counts: np.ndarray) -> float:
    """How often an author's words name the place where they were written, learned from the *other* half of the authors.

    Naive Bayes, authors of even rows from those of odd ones and the other way round, each author and place counted once; so
    what only authors have in common with themselves does not help.
    """
    halves = [counts[start::2] for start in (0, 1)]
    right, asked = 0, 0
    for learned, told in ((halves[0], halves[1]), (halves[1], halves[0])):
        known = learned.sum(axis=0) + 0.5
        logs = np.log(known / known.sum(axis=1, keepdims=True))
        author, place = np.nonzero(told.sum(axis=2) > 0)
        guessed = (told[author, place] @ logs.T).argmax(axis=1)
        right, asked = right + int((guessed == place).sum()), asked + len(place)
    return right / asked if asked else 0.0


def author_accuracy(first: np.ndarray, second: np.ndarray) -> float:
    """How much oftener than by guessing the words of an author's later messages name it, among authors of the same place.

    `first` and `second` are (authors, places, words): even and odd messages. Within each place naive Bayes learns each author from
    its even messages and names who wrote the odd ones; hits less 1 / (authors there), the mean over authors.
    """
    gains: list[float] = []
    for place in range(first.shape[1]):
        both = np.flatnonzero((first[:, place].sum(axis=1) > 0) & (second[:, place].sum(axis=1) > 0))
        if len(both) < 2:
            continue
        known = first[both, place] + 0.5 * (first[both, place].sum(axis=0) + 1) / (
            first[both, place].sum() + 1
        )
        logs = np.log(known / known.sum(axis=1, keepdims=True))
        hits = (second[both, place] @ logs.T).argmax(axis=1) == np.arange(len(both))
        gains += (hits - 1 / len(both)).tolist()
    return float(np.mean(gains)) if gains else 0.0
