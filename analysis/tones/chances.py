"""For each post of a record the probabilities of its true tone: a label is certain, a reader's probabilities are taken as they
are, and a mere verdict of `words` is worth what was measured elsewhere, at the shares of an ordinary place.
"""

from functools import cache
from importlib.resources import files

import numpy as np
import polars as pl
import yaml

from windtunnel.analysis.tones.hearing import ORDINARY
from windtunnel.analysis.tones.reader import at_base
from windtunnel.sim.communities.forum.posts import TONES


@cache
def _worth() -> np.ndarray:
    told = yaml.safe_load((files("windtunnel.conf") / "tone_errors.yaml").read_text(encoding="utf-8"))
    counts = np.array([[float(told["counts"][heard][tone]) for tone in TONES] for heard in TONES])
    rows = counts / counts.sum(axis=1, keepdims=True)
    return at_base(rows, counts.sum(axis=0) / counts.sum(), ORDINARY)


def chances(posts: pl.DataFrame) -> np.ndarray:
    """Probabilities of civil, heated and hostile, one row a post of `posts` (columns of posts.parquet); NaN without a tone.

    >>> chances(pl.DataFrame({"tone": ["hostile", None], "labelled": [True, False]})).tolist()[0]
    [0.0, 0.0, 1.0]
    """
    tone = np.array([TONES.index(each) if each else -1 for each in posts["tone"]], int)
    sure = (
        posts["labelled"].fill_null(False).to_numpy()
        if "labelled" in posts.columns
        else np.zeros(len(tone), bool)
    )
    found = np.full((len(tone), 3), np.nan)
    found[tone >= 0] = _worth()[tone[tone >= 0]]
    if "heated" in posts.columns:
        given = posts.select(pl.col("heated", "hostile").cast(pl.Float64)).to_numpy()
        told = ~np.isnan(given).any(axis=1)
        found[told] = np.column_stack([1 - given[told].sum(axis=1), given[told]])
    found[sure & (tone >= 0)] = np.eye(3)[tone[sure & (tone >= 0)]]
    return found


def doubts(chance: np.ndarray) -> np.ndarray:
    """How unsure each tone is (n,): the chance that two draws of it differ; 1 of a post of which nothing is known.

    >>> doubts(np.array([[1, 0, 0], [.5, .5, 0]])).tolist()
    [0.0, 0.5]
    """
    return np.nan_to_num(1 - (chance**2).sum(axis=1), nan=1.0)


def drawn(chance: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """A tone each (0 civil, 1 heated, 2 hostile) from probabilities (n, 3) and uniform numbers (n,); -1 without a tone."""
    tone = np.minimum((uniform[:, None] >= np.nan_to_num(chance).cumsum(axis=1)).sum(axis=1), 2)
    return np.where(np.isnan(chance).any(axis=1), -1, tone)
