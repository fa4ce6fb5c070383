"""How often the tone that a scorer hears in simulated words is the tone that was drawn for them.

An index of how well a model writes what it is asked to, comparable between models, and no truth about a text: the
scorer errs, too (see `windtunnel.analysis.tones.scorer`). Outcomes count the tone drawn, never the one heard.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from windtunnel.sim.communities.forum.posts import TONES


def agreement(events: pl.DataFrame) -> dict[str, Any] | None:
    """The scorer, how many different texts it read, how many it heard as drawn, and drawn against heard in counts.

    A text that both twins hold is one; the baseline's second run is left out. None where nothing has words.
    """
    from windtunnel.analysis.tones.scorer import scorer_name, tones

    said = events.filter(pl.col("text").is_not_null(), pl.col("tone").is_not_null(), pl.col("arm") != "aa")
    said = said.unique(["draw", "seed", "target", "tone", "text"], maintain_order=True)
    if said.is_empty():
        return None
    pairs = list(zip(said["tone"].to_list(), tones(said["text"].to_list()), strict=True))
    return {
        "scorer": scorer_name(),
        "texts": len(pairs),
        "agree": sum(drawn == heard for drawn, heard in pairs),
        "drawn_heard": {drawn: {heard: pairs.count((drawn, heard)) for heard in TONES} for drawn in TONES},
    }


def with_agreement(llm: Mapping[str, Any], events: pl.DataFrame) -> dict[str, Any]:
    """A model's record with `tone` beside what it says of words; as it is where nothing was written."""
    if not llm.get("words"):
        return dict(llm)
    return {**llm, "words": {**llm["words"], "tone": agreement(events)}}


def agreement_words(llm: Mapping[str, Any]) -> str | None:
    """One sentence on the tone of the words; None where nothing was written."""
    found = (llm.get("words") or {}).get("tone")
    if not found:
        return None
    each = ", ".join(
        f"{heard.get(drawn, 0):,} of {sum(heard.values()):,} {drawn}"
        for drawn, heard in found["drawn_heard"].items()
    )
    return (
        f"Tone of the words: in {found['agree']:,} of {found['texts']:,} texts {found['scorer']} hears the tone that was "
        f"drawn ({each}); an index of how the model writes, which no outcome counts."
    )
