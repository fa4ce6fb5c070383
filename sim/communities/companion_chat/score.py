"""A DelusionScore read from words: a logistic regression over hashed word and character n-grams of sentences of our own.

It measures how something is put, and is no diagnosis. All sentences are ours and synthetic (`sentences.yaml`); no text of real
people is in it. It counts only if it tells levels apart that it has not seen: see `LEAST_AUROC`.
"""

from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import numpy as np
import yaml

LEAST_AUROC = 0.9
"""On sentences held out, of the two upper levels against the two lower; below it a text score is refused."""


class TextScore(NamedTuple):
    """Scores of all sentences that users may say: (themes, levels, most) in (0, 1), and how many each theme and level has."""

    table: np.ndarray
    many: np.ndarray
    auroc: float
    """Of the sentences held out."""

    def scores(self, theme: np.ndarray, level: np.ndarray, lot: np.ndarray) -> np.ndarray:
        """The score (n,) of one sentence for each theme and level, drawn by `lot` in (0, 1)."""
        theme = theme.astype(int)
        return self.table[theme, level, (lot * self.many[theme, level]).astype(int)]


@cache
def text_score(themes: tuple[str, ...]) -> TextScore:
    """Trained on one half of the sentences and checked on the other, which is what users say.

    `ValueError` for a theme without sentences, or a score that does not tell the levels apart.
    """
    known = sentences()
    if lacking := [theme for theme in themes if theme not in known]:
        raise ValueError(
            f"community.settings.score=text has no sentences on {lacking[0]!r}: there are {', '.join(known)}; or set score=level"
        )
    model = trained(
        [
            (text, level)
            for levels in known.values()
            for level, texts in enumerate(levels)
            for text in texts[::2]
        ]
    )
    said = [[texts[1::2] for texts in known[theme]] for theme in themes]
    count = np.array([[len(texts) for texts in levels] for levels in said])
    table = np.zeros((*count.shape, count.max()))
    for i, levels in enumerate(said):
        for j, texts in enumerate(levels):
            table[i, j, : len(texts)] = model(texts)
    auroc = held_out(table, count)
    if auroc < LEAST_AUROC:
        raise ValueError(
            f"the text score tells apart held-out sentences with an AUROC of {auroc:.2f}, below {LEAST_AUROC}: set "
            "community.settings.score=level"
        )
    return TextScore(table, count, auroc)


def sentences() -> dict[str, list[list[str]]]:
    """By theme, a list of sentences for each of the five levels."""
    file = files("windtunnel.sim.communities.companion_chat") / "sentences.yaml"
    return dict(yaml.safe_load(file.read_text(encoding="utf-8")))


def trained(labelled: list[tuple[str, int]]) -> Any:
    """A function from texts to scores (n,), learned from texts with a level from 0 to 4; level 2 teaches nothing."""
    from sklearn.feature_extraction.text import HashingVectorizer  # takes a second to import
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    grams = make_union(
        HashingVectorizer(n_features=1 << 12, ngram_range=(1, 2)),
        HashingVectorizer(n_features=1 << 12, analyzer="char_wb", ngram_range=(3, 5)),
    )
    learned = make_pipeline(grams, LogisticRegression(C=10.0, max_iter=1000))
    texts, levels = zip(*[(text, level) for text, level in labelled if level != 2], strict=True)
    learned.fit(texts, np.array(levels) > 2)
    return lambda given: learned.predict_proba(list(given))[:, 1]


def held_out(table: np.ndarray, count: np.ndarray) -> float:
    """The AUROC of scores of levels 3 and 4 against 0 and 1: how often the higher level has the higher score."""
    here = np.arange(table.shape[2]) < count[..., None]
    low, high = table[:, :2][here[:, :2]], table[:, 3:][here[:, 3:]]
    apart = high[:, None] - low[None, :]
    return float(((apart > 0) + 0.5 * (apart == 0)).mean())
