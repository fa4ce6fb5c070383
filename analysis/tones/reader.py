"""What a tone reader is: for each post a probability for each tone, or nothing where it cannot read.

A reader is a plug-in (entry point group `windtunnel.readers`): a function without arguments that makes an object with
the attributes of `Reader`. It reads a post by its words alone and says how far it may be believed: the languages it is
made for, the shares of tones where it was measured (`base`) and its measured error.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from windtunnel.sim.communities.forum.posts import TONES

CIVIL, HEATED, HOSTILE = range(len(TONES))


class Error(NamedTuple):
    """A reader's measured error: area under the ROC curve for uncivil and for hostile posts, the posts, and on what."""

    uncivil_auc: float
    hostile_auc: float
    posts: int
    measured_on: str


class Reader(Protocol):
    """Reads tones: `name` and `version`, `languages` (codes of two letters; none: every language), `base` (the shares of tones where
    its probabilities hold), `error` (None: it is examined first)."""

    name: str
    version: str
    languages: tuple[str, ...]
    base: np.ndarray
    error: Error | None

    def read(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities of civil, heated and hostile, one row a post in 0..1; NaN in a row that is unread."""
        ...


def unread(probabilities: np.ndarray) -> np.ndarray:
    """Which rows are unread."""
    return np.isnan(probabilities).any(axis=1)


def read(reader: Reader, texts: Sequence[str]) -> np.ndarray:
    """What the reader says of the posts that are in a language it is made for; NaN of the others.

    A post whose language cannot be told (too short, only numbers, only emoji) is read.
    """
    from windtunnel.analysis.tones.language import languages

    found = np.full((len(texts), len(TONES)), np.nan)
    told = languages(texts)
    able = [row for row, code in enumerate(told) if not reader.languages or code in ("", *reader.languages)]
    if able:
        found[able] = answers(reader, [texts[row] for row in able])
    return found


def answers(reader: Reader, texts: Sequence[str]) -> np.ndarray:
    """What a reader says of each text, as it is; `ValueError` where that is no probabilities, or where another package's fails."""
    try:
        found = reader.read(texts)
    except Exception as error:
        if type(reader).__module__.partition(".")[0] == "windtunnel":
            raise
        said = (str(error).splitlines() or [""])[0]
        raise ValueError(
            f"the reader {reader.name} failed in its read: {type(error).__name__}: {said}"
        ) from error
    return checked(found, len(texts), reader.name)


def checked(probabilities: np.ndarray, posts: int, name: str) -> np.ndarray:
    """The probabilities as they are; `ValueError` where they are none."""
    try:
        values = np.asarray(probabilities, float)
    except (TypeError, ValueError):  # words, or rows of different length
        values = np.empty(0)
    rows = values[~unread(values)] if values.shape == (posts, len(TONES)) else None
    if rows is None or (rows < -1e-6).any() or (np.abs(rows.sum(axis=1) - 1) > 1e-3).any():
        raise ValueError(
            f"the reader {name} gives no probabilities: it must give one row of three numbers a post "
            f"({', '.join(TONES)}) that add up to 1, or not-a-number for a post that it cannot read"
        )
    return values


def of_log_odds(uncivil_hostile: np.ndarray) -> np.ndarray:
    """Probabilities of the three tones from the log-odds of being uncivil and of being hostile, one row a post."""
    uncivil, hostile = (1 / (1 + np.exp(-uncivil_hostile))).T
    hostile = np.minimum(hostile, uncivil)
    return np.column_stack([1 - uncivil, uncivil - hostile, hostile])


def tones(probabilities: np.ndarray) -> list[str | None]:
    """The likeliest tone of each post, None where it is unread.

    >>> tones(np.array([[.7, .2, .1], [.2, .3, .5], [np.nan] * 3]))
    ['civil', 'hostile', None]
    """
    best = np.nan_to_num(probabilities).argmax(axis=1)
    return [None if skip else TONES[tone] for tone, skip in zip(best, unread(probabilities), strict=True)]


def expected_shares(probabilities: np.ndarray) -> np.ndarray:
    """The expected share of each tone among the posts that were read; NaN where none was."""
    rows = probabilities[~unread(probabilities)]
    return rows.mean(axis=0) if len(rows) else np.full(len(TONES), np.nan)


def at_base(probabilities: np.ndarray, base: np.ndarray, other: np.ndarray) -> np.ndarray:
    """The probabilities for a place where the tones have `other` shares than the `base` they were fitted at (Bayes' rule); a tone
    that `base` has none of stays at 0.

    >>> at_base(np.array([[.5, .25, .25]]), np.array([.5, .25, .25]), np.array([.9, .08, .02])).round(2).tolist()
    [[0.9, 0.08, 0.02]]
    """
    base = np.asarray(base, float)
    odds = probabilities * np.divide(other, base, out=np.zeros(len(base)), where=base > 0)
    return odds / odds.sum(axis=1, keepdims=True)


def estimated_base(probabilities: np.ndarray, base: np.ndarray, steps: int = 200) -> np.ndarray:
    """The shares of tones in this place that fit the reader's probabilities best (Saerens, Latinne & Decaestecker 2002).

    It assumes that each tone sounds here as it does where the reader was fitted; only how often differs.
    """
    rows = probabilities[~unread(probabilities)]
    shares = np.array(base, float)
    for _ in range(steps if len(rows) else 0):
        following = at_base(rows, base, shares).mean(axis=0)
        done = np.abs(following - shares).max() < 1e-6
        shares = following
        if done:
            break
    return shares


def described(reader: Reader) -> Mapping[str, Any]:
    """What a manifest or a profile says of a reader."""
    return {
        "name": reader.name,
        "version": reader.version,
        "languages": list(reader.languages),
        "base": {tone: round(float(share), 4) for tone, share in zip(TONES, reader.base, strict=True)},
        "error": reader.error._asdict() if reader.error else None,
    }
