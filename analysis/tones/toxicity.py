"""The toxicity of texts as alt-profanity-check gives it, number for number, in a quarter of its time and without loading scikit-learn.

Its model is a TF-IDF vectorizer under five linear support vector machines with a logistic calibration each, whose
probabilities are averaged. Its two files are read for their numbers alone, since loading the package takes a second.
"""

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.importers.text.plain_words import plain_words

_WORD = re.compile(r"\b\w\w+\b")


class Model(NamedTuple):
    """The columns of the words it knows (`words`: word, column; `places` the same), the rarity of each (columns,), the machines'
    coefficients (columns, 5) and intercepts (5,), and their calibration: slopes and intercepts (5,) each."""

    words: pl.DataFrame
    places: dict[str, int]
    rarity: np.ndarray
    coefficients: np.ndarray
    intercepts: np.ndarray
    slopes: np.ndarray
    shifts: np.ndarray


def toxicity(texts: Sequence[str]) -> np.ndarray:
    """What `profanity_check.predict_prob` gives, 0..1; words of texts in plain ASCII are found all at once."""
    from scipy.sparse import csr_array
    from scipy.special import expit

    known = model()
    rows, columns = _words(texts, known)
    shape = (len(texts), len(known.rarity))
    counts = csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)
    counts.data *= known.rarity[counts.indices]
    of = np.repeat(np.arange(len(texts)), np.diff(counts.indptr))
    length = np.sqrt(np.bincount(of, counts.data**2, minlength=len(texts)))
    counts.data /= length[of]
    margins = counts @ known.coefficients + known.intercepts
    return np.asarray(expit(-(known.slopes * margins + known.shifts)).sum(axis=1) / len(known.slopes))


def _words(texts: Sequence[str], known: Model) -> tuple[np.ndarray, np.ndarray]:
    """For each known word of the texts its text and its column."""
    found = plain_words(texts).join(known.words, on="word", how="inner", maintain_order="left")
    beyond = [
        (row, known.places[word])
        for row, text in enumerate(texts)
        if not text.isascii()
        for word in _WORD.findall(text.lower())
        if word in known.places
    ]
    more = np.array(beyond, np.int64).reshape(-1, 2)
    return (
        np.concatenate([found["row"].to_numpy(), more[:, 0]]),
        np.concatenate([found["column"].to_numpy(), more[:, 1]]),
    )


@cache
def model() -> Model:
    """The model that comes with alt-profanity-check."""
    vectorizer, classifier = _kept("vectorizer"), _kept("model")
    words = dict(vectorizer.vocabulary_)
    machines = [(each.estimator, each.calibrators[0]) for each in classifier.calibrated_classifiers_]
    return Model(
        pl.DataFrame({"word": list(words), "column": pl.Series(list(words.values()), dtype=pl.Int64)}),
        words,
        np.asarray(vectorizer._tfidf.idf_, float),
        np.column_stack([machine.coef_[0] for machine, _ in machines]),
        np.array([machine.intercept_[0] for machine, _ in machines]),
        np.array([calibration.a_ for _, calibration in machines]),
        np.array([calibration.b_ for _, calibration in machines]),
    )


def _kept(name: str) -> Any:
    """What a file of the package holds; objects of scikit-learn come as bare ones with the same attributes."""
    where = find_spec("profanity_check")
    if where is None or where.origin is None:
        raise ModuleNotFoundError(
            "tones are scored with the package alt-profanity-check, which is not installed"
        )
    path = Path(where.origin).parent / "data" / f"{name}.joblib"
    try:
        return _without_sklearn(path)
    except (AttributeError, TypeError, ImportError):  # joblib reads its files another way in this version
        import joblib

        return joblib.load(path)


class _Bare:
    """An object of a class that is not loaded."""


def _without_sklearn(path: Path) -> Any:
    from joblib.numpy_pickle import NumpyUnpickler

    class Reader(NumpyUnpickler):  # type: ignore[misc]
        def find_class(self, module: str, name: str) -> Any:
            return _Bare if module.startswith("sklearn.") else super().find_class(module, name)

    with path.open("rb") as file:
        return Reader(str(path), file, ensure_native_byte_order=True).load()
