"""How a text sounds: civil, heated or hostile, by two small offline scorers and a declared rule.

Toxicity is the linear support vector machine of alt-profanity-check; valence the compound score of VADER
(Hutto & Gilbert 2014). Both lean on swear words and single words of bad news: neither hears polite contempt,
and both mistake enthusiasm ("fucking awesome") and sad topics for anger. Rates of tone are an index that is
comparable within a community, never the truth about one post or its author.
"""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np

from windtunnel.analysis.tones.toxicity import toxicity

HOSTILE_TOXICITY = 0.7
"""Hostile from here, unless the valence is positive; chosen above the scorer's even odds (.5), where in
forums of fair tone self-mockery and one rude word in a long post already stand."""
POSITIVE_VALENCE = 0.05
"""VADER's own threshold for a positive text: it takes praise with swear words out of the hostile ones."""
HEATED_TOXICITY = 0.3
"""Heated from here: sharper than 99 of 100 posts in two quiet Stack Exchange communities."""
TENSE_TOXICITY = 0.1
BITTER_VALENCE = -0.5
"""Heated also where toxicity is above its 95th percentile there (TENSE_TOXICITY) and the words are strongly
negative; negative words alone are more often about a sad topic (an injury) than about anybody."""

MAX_CHARACTERS = 5_000
"""VADER's sum saturates in long texts and takes time; the tone of a post shows in its first page."""

RULE = (
    f"hostile: toxicity>={HOSTILE_TOXICITY} and valence<{POSITIVE_VALENCE}; "
    f"heated: toxicity>={HEATED_TOXICITY}, or toxicity>={TENSE_TOXICITY} and "
    f"valence<={BITTER_VALENCE}; else civil"
)


class Scores(NamedTuple):
    """For each text its toxicity in 0..1 and valence in -1..1 (0 where it cannot change the tone)."""

    toxicity: np.ndarray
    valence: np.ndarray


def scorer_name() -> str:
    """Name and version of the scorers and of the rule, for profiles and manifests."""
    packages = ("alt-profanity-check", "vaderSentiment")
    return " + ".join(f"{each} {version(each)}" for each in packages) + ", tone rule 1"


def score(texts: Sequence[str]) -> Scores:
    """Toxicity and valence of each text."""
    if not len(texts):
        return Scores(np.empty(0), np.empty(0))
    short = [text[:MAX_CHARACTERS] for text in texts]
    # VADER needs to be asked only where it can decide, which is a few texts in a hundred.
    found = toxicity(short)
    valence = np.zeros(len(short))
    for row in np.flatnonzero(found >= TENSE_TOXICITY):
        valence[row] = _analyzer().polarity_scores(short[row])["compound"]
    return Scores(found, valence)


@cache
def _analyzer() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


def classify(scores: Scores) -> np.ndarray:
    """The tone of each text by `RULE`, an array of the words civil, heated, hostile.

    >>> classify(Scores(np.array([.9, .9, .2, .2]), np.array([-.4, .6, -.7, 0.]))).tolist()
    ['hostile', 'heated', 'heated', 'civil']
    """
    toxic, valence = scores
    hostile = (toxic >= HOSTILE_TOXICITY) & (valence < POSITIVE_VALENCE)
    heated = (toxic >= HEATED_TOXICITY) | (toxic >= TENSE_TOXICITY) & (valence <= BITTER_VALENCE)
    return np.select([hostile, heated], ["hostile", "heated"], "civil")


def tones(texts: Sequence[str]) -> list[str]:
    """The tone of each text.

    >>> tones(["Thanks, that solved it.", "You are a stupid idiot."])
    ['civil', 'hostile']
    """
    return [str(tone) for tone in classify(score(texts))]
