"""How probable it is that an incident of a record is one, given that the tones it rests on may be misread."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from windtunnel.analysis.incidents.base import Incident, Rule
from windtunnel.analysis.incidents.forum.find import measure
from windtunnel.analysis.tones.chances import chances, drawn
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.posts import TONES

READINGS = 100
"""Other readings of the tones; the standard error of a probability is .05 at most."""
WITHOUT_TONES = ("mass_departure",)


def probabilities(
    incidents: Sequence[Incident],
    acts: pl.DataFrame,
    posts: pl.DataFrame,
    rules: Mapping[str, Rule],
    hours: float,
    readings: int = READINGS,
) -> list[float | None]:
    """For each incident of a record the share of readings in which its rule finds it again; None where no tone counts, or
    where there are no words: nobody has measured what votes and removals say about tone.

    Each post's tone is drawn from what its reader gives it, posts apart; one set by hand is always the same.
    """
    by_hand = "labelled" in posts.columns and bool(posts["labelled"].any())
    measured = by_hand or "text" in posts.columns
    return [
        None
        if one.kind in WITHOUT_TONES or not measured
        else _probability(one, acts, posts, rules, hours, readings)
        for one in incidents
    ]


def _probability(
    one: Incident,
    acts: pl.DataFrame,
    posts: pl.DataFrame,
    rules: Mapping[str, Rule],
    hours: float,
    readings: int,
) -> float:
    if one.place is not None:
        acts = acts.filter(pl.col("place") == one.place)
    elif one.member is not None:
        acts = acts.filter((pl.col("member") == one.member) | pl.col("post").is_in(list(one.shown)))
    here = acts.drop_nulls("post").select("post").unique().join(posts, on="post").sort("post")
    numbers, chance = here["post"].to_numpy(), chances(here)
    again = [
        acts.drop("tone")
        .join(_tones(numbers, chance, number), on="post", how="left", maintain_order="left")
        .with_columns(draw=pl.lit(number, pl.Int32))
        .select(acts.columns)
        for number in range(readings)
    ]
    return measure(pl.concat(again), one, rules, hours).height / readings


def _tones(posts: np.ndarray, chance: np.ndarray, number: int) -> pl.DataFrame:
    uniform = noise.uniform(noise.key("likely", number), "tone", 0, posts)
    names = [None if tone < 0 else TONES[tone] for tone in drawn(chance, uniform)]
    return pl.DataFrame({"post": posts, "tone": names}, schema_overrides={"tone": pl.String})


UNREAD_SAID = 0.1


def without_tone(posts: pl.DataFrame) -> str | None:
    """A sentence where a tenth or more of a record's posts with words are in a language that nobody read; else None."""
    if "text" not in posts.columns:
        return None
    spoken = posts.filter(pl.col("text").is_not_null())
    count = spoken["tone"].null_count()
    if not count or count < UNREAD_SAID * spoken.height:
        return None
    return (
        f"{count:,} of {spoken.height:,} posts with words are in a language that no reader here reads: no rule that counts tones finds anything in "
        "them. Labels (windtunnel label, --labels) or another reader give them tones."
    )


def mostly_unread(posts: pl.DataFrame) -> set[int]:
    """The threads of a record of whose posts with words most are in a language that its reader does not read."""
    if "text" not in posts.columns:
        return set()
    worded = (
        posts.filter(pl.col("text").is_not_null())
        .group_by("thread")
        .agg(unread=pl.col("tone").is_null().mean())
    )
    return set(worded.filter(pl.col("unread") > 0.5)["thread"].to_list())
