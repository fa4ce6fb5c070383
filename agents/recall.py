"""How a member's memory finds what it recalls: by relevance, and by what retrievers are known to favour beside it (arXiv 2604.06097).

Dense retrievers rank short texts, early answers, literal matches and repeated words higher than their relevance alone would. The
first lies in how a text is encoded, which no wording of the query mends; the others in how query and text meet. Which statistic the
paper used could not be read; the sizes of what rewriting does are ours, after its abstract.
"""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

BIASES = ("brevity", "position", "literal", "repetition")
NOISIER = 2.2
"""A simple rewriting lets scores scatter so many times as widely: 1 / 2.2 lowers a standardised bias by 54 %, as published, by that alone."""
DECORRELATED = 0.6
"""Part of a bias between query and text that a made-up answer as the query takes away. Chosen."""
_WORD = re.compile(r"\w+")
Weight = Annotated[float, Field(ge=0, le=100)]


class Retriever(BaseModel):
    """Weights of what is favoured beside relevance; all 0: nothing is."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    brevity: Weight = 0
    """Of the logarithm of a text's number of words, counted against it."""
    position: Weight = 0
    """Of how late in the text the query is first met, 0 to 1, counted against it."""
    literal: Weight = 0
    """Of the share of the query's words that the text holds."""
    repetition: Weight = 0
    """Of the logarithm of one and how often it says them again."""
    noise: Weight = 0
    """Standard deviation of what else sways the score."""
    query_rewrite: Literal["none", "simple", "pseudo_doc"] = "none"
    """Of the query before it is looked for: not at all, said in other words, or replaced by a made-up answer."""

    @property
    def on(self) -> bool:
        """Whether it finds anything otherwise than by relevance alone."""
        return any((*self.weights(), self.noise))

    def weights(self) -> np.ndarray:
        """Of each of BIASES, after the rewriting."""
        found = np.array([float(getattr(self, name)) for name in BIASES])
        if self.query_rewrite == "pseudo_doc":
            found[1:] *= 1 - DECORRELATED
        return found

    def spread(self) -> float:
        """Standard deviation of the noise, after the rewriting."""
        return self.noise * (NOISIER if self.query_rewrite == "simple" else 1.0)

    def scores(self, query: str, texts: Sequence[str], relevance: np.ndarray, lot: np.ndarray) -> np.ndarray:
        """How high texts (n,) are found, by relevance (n,) and standard normal draws (n,)."""
        found = np.array([favoured(query, text) for text in texts]).reshape(len(texts), len(BIASES))
        return np.asarray(relevance + found @ self.weights() + self.spread() * lot)


def favoured(query: str, text: str) -> tuple[float, float, float, float]:
    """What a biased retriever likes about a text, in the order of BIASES; a text without words has nothing of it.

    >>> favoured("bike lanes", "lanes for bike and bike")[2:]
    (1.0, 0.6931471805599453)
    """
    words, wanted = _WORD.findall(text.lower()), set(_WORD.findall(query.lower()))
    if not words:
        return 0.0, -1.0, 0.0, 0.0
    met = [place for place, word in enumerate(words) if word in wanted]
    first = met[0] / len(words) if met else 1.0
    there = {words[place] for place in met}
    literal = len(there) / len(wanted) if wanted else 0.0
    return -float(np.log(len(words))), -first, literal, float(np.log1p(len(met) - len(there)))
