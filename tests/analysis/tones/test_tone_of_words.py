"""How often a scorer hears the tone drawn: counted by hand, each text once, the second baseline left out."""

import polars as pl

from windtunnel.analysis.tones.of_words import agreement, agreement_words, with_agreement
from windtunnel.analysis.tones.scorer import scorer_name
from windtunnel.sim.events import SCHEMA

CALM, RUDE = "Thanks, that solved it.", "You are a stupid idiot."


def events(*rows: tuple[str, int, str | None, str | None]) -> pl.DataFrame:
    """Events of one pair: (arm, target, tone, text) each."""
    filled = [
        {"draw": 0, "seed": 0, "arm": arm, "target": target, "tone": tone, "text": text, "kind": "reply"}
        for arm, target, tone, text in rows
    ]
    return pl.DataFrame(filled, schema_overrides=SCHEMA)


def test_drawn_against_heard_is_counted_each_text_once():
    found = agreement(
        events(
            ("baseline", 1, "civil", CALM),
            ("policy", 1, "civil", CALM),  # the twin's own, shared
            ("aa", 1, "civil", CALM),
            ("policy", 2, "civil", RUDE),
            ("baseline", 3, "hostile", RUDE),
            ("baseline", 4, "heated", CALM),
            ("baseline", 5, "heated", None),
            ("baseline", 6, None, CALM),
        )
    )
    assert found == {
        "scorer": scorer_name(),
        "texts": 4,
        "agree": 2,
        "drawn_heard": {
            "civil": {"civil": 1, "heated": 0, "hostile": 1},
            "heated": {"civil": 1, "heated": 0, "hostile": 0},
            "hostile": {"civil": 0, "heated": 0, "hostile": 1},
        },
    }
    said = agreement_words({"words": {"tone": found}})
    assert (
        "in 2 of 4 texts alt-profanity-check" in said
        and "1 of 2 civil, 0 of 1 heated, 1 of 1 hostile" in said
    )


def test_nothing_is_said_where_nothing_was_written():
    silent = events(("baseline", 1, "civil", None))
    assert (
        agreement(silent) is None and agreement_words({"words": None}) is None and agreement_words({}) is None
    )
    assert with_agreement({"words": None, "calls": 3}, silent) == {"words": None, "calls": 3}
    assert with_agreement({"words": {"tokens": 80}}, silent)["words"] == {"tokens": 80, "tone": None}
