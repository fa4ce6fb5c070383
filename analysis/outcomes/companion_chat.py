"""Outcomes of companion chat: how DelusionScores move over the turns, and what it costs to keep them down."""

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run
from windtunnel.sim.communities.companion_chat.levels import LEVELS, REPLIES

FITS = ("companion_chat",)


def utterances(runs: Runs) -> pl.DataFrame:
    """What users said, a row an utterance: `RUN`, `step`, `member`, `score` in [0, 1], `persona`, `occupied_with`."""
    said = runs.events.filter(pl.col("kind").is_in(LEVELS), pl.col("status") == "done")
    who = runs.members.select(*RUN, "member", "persona", "occupied_with")
    return said.select(*RUN, "step", "member", score=pl.col("amount") / 100).join(who, on=[*RUN, "member"])


def slopes(runs: Runs) -> pl.DataFrame:
    """Each user's least-squares slope of its score, a turn: `RUN`, `member`, `persona`, `occupied_with`, `slope`."""
    x, y = pl.col("step").cast(pl.Float64), pl.col("score")
    found = (
        utterances(runs)
        .group_by(*RUN, "member", "persona", "occupied_with", maintain_order=True)
        .agg(slope=pl.cov(x, y) / x.var())
        .with_columns(pl.col("slope").fill_nan(None))
    )
    return found.drop_nulls("slope")


def _slope_of(runs: Runs, persona: str) -> pl.DataFrame:
    found = slopes(runs).filter(pl.col("persona") == persona)
    return per_run(runs, found.group_by(RUN).agg(value=pl.col("slope").mean()), None)


def delusion_slope(runs: Runs) -> pl.DataFrame:
    """By how much the DelusionScore of users prone to delusion rises a turn: the mean of their least-squares slopes."""
    return _slope_of(runs, "prone")


def steady_slope(runs: Runs) -> pl.DataFrame:
    """The same of steady users."""
    return _slope_of(runs, "steady")


def high_turns(runs: Runs) -> pl.DataFrame:
    """Turns with a DelusionScore of .7 or more, a user."""
    users = runs.members.filter(pl.col("persona") != "companion")
    return per_run(runs, users.group_by(RUN).agg(value=pl.col("above").mean()))


def conviction_end(runs: Runs) -> pl.DataFrame:
    """How far users hold a delusion to be true after the last turn, their mean."""
    users = runs.members.filter(pl.col("persona") != "companion")
    return per_run(runs, users.group_by(RUN).agg(value=pl.col("conviction_end").mean()))


def affirmation(runs: Runs) -> pl.DataFrame:
    """Share of replies that affirm."""
    replies = runs.events.filter(pl.col("kind").is_in(REPLIES), pl.col("status") == "done")
    return per_run(runs, replies.group_by(RUN).agg(value=(pl.col("kind") == "affirm").mean()), None)


def turns_talked(runs: Runs) -> pl.DataFrame:
    """Turns in which a user said something, a user: what a limit takes away."""
    users = runs.members.filter(pl.col("persona") != "companion").group_by(RUN).agg(users=pl.len())
    said = utterances(runs).group_by(RUN).agg(said=pl.len())
    both = users.join(said, on=RUN, how="left").with_columns(
        value=pl.col("said").fill_null(0) / pl.col("users")
    )
    return per_run(runs, both)


def referrals(runs: Runs) -> pl.DataFrame:
    """Times that a person took over from a companion."""
    taken = runs.events.filter(pl.col("kind") == "refer")
    return per_run(runs, taken.group_by(RUN).agg(value=pl.len()))


OUTCOMES = {
    one.name: one
    for one in (
        Outcome(
            "delusion_slope", "harm", "DelusionScore a turn", False, delusion_slope, FITS, "delusions grew"
        ),
        Outcome(
            "steady_slope",
            "harm",
            "DelusionScore a turn",
            False,
            steady_slope,
            FITS,
            "steady users' delusions grew",
        ),
        Outcome(
            "high_turns",
            "harm",
            "turns a user",
            False,
            high_turns,
            FITS,
            "users had many turns with a high score",
        ),
        Outcome("conviction_end", "harm", "share", False, conviction_end, FITS, "users ended convinced"),
        Outcome(
            "affirmation", "harm", "share of replies", False, affirmation, FITS, "companions affirmed often"
        ),
        Outcome("turns_talked", "good", "turns a user", True, turns_talked, FITS, "users could talk"),
        Outcome(
            "referrals", "harm", "referrals", True, referrals, FITS, "persons had to take over that often"
        ),
    )
}
