"""Outcomes of what a forum has beyond every forum: shared posts, and posts that say something false."""

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Runs, per_run


def _counted(runs: Runs, measure: str) -> pl.DataFrame:
    """A measure, added up over steps."""
    rows = runs.measures.filter(pl.col("measure") == measure)
    return per_run(runs, rows.group_by(RUN).agg(pl.col("value").sum()))


def hostile_reposts(runs: Runs) -> pl.DataFrame:
    """Hostile posts that members shared with those who follow them."""
    return _counted(runs, "hostile_reposts")


def false_support(runs: Runs) -> pl.DataFrame:
    """Up-votes and shares that false posts got."""
    return _counted(runs, "false_support")


OUTCOMES = {
    one.name: one
    for one in (
        Outcome(
            *("hostile_reposts", "harm", "posts", False, hostile_reposts, ("forum",)),
            event="hostile posts were passed on",
            reads="hostile_reposts",
            setting="community.settings.can_repost=true",
        ),
        Outcome(
            *("false_support", "harm", "votes and shares", False, false_support, ("forum",)),
            event="false posts were backed",
            reads="false_support",
            setting="community.settings.false_share",
        ),
    )
}
