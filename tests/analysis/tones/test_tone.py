"""Plainly civil, heated and hostile texts are told apart, and votes stand in only where they can."""

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.tones.proxy import proxy_tone
from windtunnel.analysis.tones.scorer import Scores, classify, score, scorer_name, tones

CIVIL = [
    "Thanks, that solved it.",
    "I disagree: the rule is clear and you broke it.",
    "",
    "She injured her knee in a bad accident and suffered terrible pain.",
]
HEATED = ["This is fucking awesome work", "Are you even reading what I wrote? This is ridiculous."]
HOSTILE = [
    "you are an idiot and should die",
    "shut up",
    "stop lying, you hypocrite",
    "Women like you are disgusting",
]


def test_clear_cases_get_their_tone_whatever_stands_beside_them():
    texts = CIVIL + HEATED + HOSTILE
    expected = ["civil"] * len(CIVIL) + ["heated"] * len(HEATED) + ["hostile"] * len(HOSTILE)
    assert tones(texts) == expected
    assert tones(texts[::-1]) == expected[::-1]
    assert tones([]) == []


def test_more_toxic_is_never_milder():
    rank = {"civil": 0, "heated": 1, "hostile": 2}
    for valence in (-0.9, -0.2, 0.0, 0.5):
        toxicity = np.linspace(0, 1, 101)
        ranks = [rank[tone] for tone in classify(Scores(toxicity, np.full(101, valence)))]
        assert ranks == sorted(ranks)


def test_a_long_text_is_read_in_time_and_scores_are_in_range():
    toxicity, valence = score(["word " * 200_000, "awful " * 50_000])
    assert ((toxicity >= 0) & (toxicity <= 1) & (np.abs(valence) <= 1)).all()


def test_the_scorer_says_its_versions():
    assert "alt-profanity-check 1." in scorer_name() and "vaderSentiment 3." in scorer_name()


@pytest.mark.parametrize(
    ("kind", "status", "points", "disputed", "tone"),
    [
        ("reply", "removed", 0, False, "hostile"),
        ("reply", "gone", -3, False, "hostile"),
        ("reply", "removed", 1, False, None),
        ("reply", "removed", 2, True, "heated"),
        ("reply", "deleted", -9, True, None),
        ("reply", "visible", 1, False, "civil"),
        ("reply", "visible", 0, False, "heated"),
        ("reply", "visible", 4, True, "heated"),
        ("reply", "visible", -5, False, "hostile"),
        ("reply", "visible", None, True, None),
        ("thread", "removed", -9, True, None),
        ("reply", "visible", 3, None, "civil"),
    ],
)
def test_votes_and_removal_stand_in_for_tone_by_the_declared_rule(kind, status, points, disputed, tone):
    row = pl.DataFrame(
        {"kind": [kind], "status": [status], "score": [points], "controversial": [disputed]},
        schema={"kind": pl.String, "status": pl.String, "score": pl.Int64, "controversial": pl.Boolean},
    )
    assert row.select(proxy_tone()).item() == tone


def test_toxicity_is_that_of_the_published_scorer_number_for_number():
    from profanity_check import predict_prob

    words = [
        "You",
        "idiot",
        "IDIOT",
        "fuck_you",
        "a",
        "x",
        "don't",
        "Straße",
        "İstanbul",
        "naïve",
        "",
        "\u2028",
        "the",
    ]
    texts = [" ".join(words[(start * step) % len(words)] for start in range(step)) for step in range(1, 60)]
    texts += [
        "",
        " ",
        "\x00idiot\x00",
        "idiot" * 2_000,
        "stupid " * 3_000,
        "ＩＤＩＯＴ ıdiot",
        "e\u0301tat shit",
    ]
    assert score(texts).toxicity.tolist() == predict_prob([text[:5_000] for text in texts]).tolist()
