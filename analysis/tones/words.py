"""The fast reader: two small scorers and a declared rule (see `analysis/tones/scorer.py`), with what its verdicts are worth.

Toxicity and verdict are turned into probabilities by how often people called such comments civil, heated and hostile
(`words.yaml`, fitted by `training.py`).
"""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import numpy as np
import yaml

from windtunnel.analysis.tones.reader import Error, of_log_odds
from windtunnel.analysis.tones.scorer import classify, score, scorer_name

WORTH = "words.yaml"


@cache
def worth() -> dict[str, list[float]]:
    """For "uncivil" and "hostile" the intercept and the coefficients of `columns`, and under "base" the shares of tones."""
    return dict(yaml.safe_load(files(__package__).joinpath(WORTH).read_text("utf-8")))


def columns(texts: Sequence[str]) -> np.ndarray:
    """What the probabilities rest on: the logarithm of toxicity, and whether the rule says heated or hostile."""
    scores = score(texts)
    said = classify(scores)
    return np.column_stack([np.log(scores.toxicity + 0.003), said == "heated", said == "hostile"])


class WordsReader:
    """Reads English fast and badly: of uncivil comments its rule finds one in ten."""

    name = "words"
    languages: tuple[str, ...] = ("en",)
    error: Error | None = Error(0.62, 0.70, 3_275, "comments of locked GitHub threads")

    def __init__(self) -> None:
        self.version = scorer_name()
        self.base = np.array(worth()["base"])

    def read(self, texts: Sequence[str]) -> np.ndarray:
        """Probabilities of civil, heated and hostile, one row a post."""
        if not len(texts):
            return np.empty((0, 3))
        known = np.column_stack([np.ones(len(texts)), columns(texts)])
        return of_log_odds(known @ np.array([worth()["uncivil"], worth()["hostile"]]).T)
