"""Outcomes of a forum: what its posts, their tones and its members' exposure come to."""

from collections.abc import Callable
from typing import Any

import polars as pl

from windtunnel.analysis.outcomes.base import RUN, Outcome, Part, Runs, count, per_run
from windtunnel.sim.communities.forum.posts import phase_of_post, step_of_post

RETURN_GAP = 6
"""A newcomer has returned when active again this many steps after being active first."""


def published(events: pl.DataFrame, acts: pl.DataFrame | None = None) -> pl.DataFrame:
    """Posts and replies that others could read, each with its author: written and not held, or approved later.

    What is removed later on counts, since it was read. What was removed before anybody looked again does not: a post is
    there for others from the moment after it was written, the next step or, where members look in several times a step, the next of
    these times (an approved one, or one said again elsewhere, from the same step), and moderators act at the beginning of a step, before anybody
    looks. A post put back counts again. `acts` are the events whose removals are asked about, if not all.
    """
    there = _there(events)
    return there.join(
        _never_seen(there, events if acts is None else acts),
        on=[*RUN, "target"],
        how="anti",
        maintain_order="left",
    )


def readable(events: pl.DataFrame) -> pl.DataFrame:
    """The events without the writing of posts that nobody could see; see `published`."""
    unseen = _never_seen(_there(events), events).with_columns(unseen=True)
    marked = events.join(unseen, on=[*RUN, "target"], how="left", maintain_order="left")
    wrote = pl.col("kind").is_in(["reply", "post", "approve"])
    return marked.filter(~(pl.col("unseen").fill_null(False) & wrote)).drop("unseen")


def _there(events: pl.DataFrame) -> pl.DataFrame:
    """Posts and replies that were up at some time, each with its author."""
    written = events.filter(pl.col("kind").is_in(["reply", "post"]))
    authors = written.filter(pl.col("status") == "held").select(*RUN, "target", author="member")
    approved = events.filter(pl.col("kind") == "approve").join(authors, on=[*RUN, "target"], how="left")
    approved = approved.with_columns(member=pl.coalesce("member", "author")).drop("author")
    return pl.concat([written.filter(pl.col("status").is_in(["done", "evaded"])), approved])


def _never_seen(there: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """`RUN` and `target` of those posts that were gone before anybody could look."""
    gone = events.filter(pl.col("kind") == "remove").group_by(*RUN, "target").agg(gone=pl.col("step").min())
    back = events.filter(pl.col("kind") == "restore").select(*RUN, "target")
    ids = there["target"].to_numpy()
    phase = phase_of_post(ids) * (step_of_post(ids) == there["step"].to_numpy())
    there = there.with_columns(early=pl.Series(phase < phase.max(initial=0), dtype=pl.Boolean))
    at_once = (pl.col("kind") == "approve") | (pl.col("status") == "evaded") | pl.col("early")
    seen_from = pl.col("step") + pl.when(at_once).then(0).otherwise(1)
    both = there.join(gone, on=[*RUN, "target"]).filter(pl.col("gone") <= seen_from)
    return both.join(back, on=[*RUN, "target"], how="anti").select(*RUN, "target").unique()


def _focal(runs: Runs) -> pl.DataFrame:
    """Published replies in the focal thread within the horizon; see `published` for those removed."""
    sparks = runs.events.filter(pl.col("kind") == "spark").select(*RUN, focal="place", sparked="step")
    replies = published(runs.events).filter(pl.col("target") != pl.col("place")).join(sparks, on=RUN)
    here = replies.filter(pl.col("place") == pl.col("focal"))
    return here if runs.horizon is None else here.filter(pl.col("step") - pl.col("sparked") <= runs.horizon)


def escalation(runs: Runs) -> pl.DataFrame:
    """Hostile replies in the focal thread that others could read, within the horizon; one removed after it was read counts."""
    return count(runs, _focal(runs).filter(pl.col("tone") == "hostile"))


def hostility_elsewhere(runs: Runs) -> pl.DataFrame:
    """Hostile posts and replies that others could read outside the focal thread: where hostility may have moved to."""
    sparks = runs.events.filter(pl.col("kind") == "spark").select(*RUN, focal="place")
    hostile = published(runs.events).filter(pl.col("tone") == "hostile")
    return count(
        runs, hostile.join(sparks, on=RUN, how="left").filter(pl.col("place").ne_missing(pl.col("focal")))
    )


def hostile_share(runs: Runs) -> pl.DataFrame:
    """Hostile share of the posts and replies that others could read, those removed after it too; null where there are none."""
    share = published(runs.events).group_by(RUN).agg(value=(pl.col("tone") == "hostile").mean())
    return per_run(runs, share, None)


def hostile_exposures(runs: Runs) -> pl.DataFrame:
    """Hostile posts shown to a member in its feed, mean over members who were ever active."""
    return per_run(runs, _active(runs).group_by(RUN).agg(value=pl.col("saw_hostile").mean()), None)


def worst_group_exposure(runs: Runs) -> pl.DataFrame:
    """`hostile_exposures` of the group (newcomers, regulars) that has most of it."""
    groups = _active(runs).group_by(*RUN, "group").agg(value=pl.col("saw_hostile").mean())
    return per_run(runs, groups.group_by(RUN).agg(pl.col("value").max()), None)


def newcomer_return(runs: Runs) -> pl.DataFrame:
    """Share of newcomers, first active early enough to tell, who are active again some hours later."""
    steps = runs.steps or 1 + int(runs.events["step"].max() or 0)  # type: ignore[arg-type]
    new = _active(runs).filter(
        (pl.col("group") == "newcomer") & (pl.col("first_active") + RETURN_GAP < steps)
    )
    back = (pl.col("last_active") - pl.col("first_active") >= RETURN_GAP).mean()
    return per_run(runs, new.group_by(RUN).agg(value=back), None)


def active_members(runs: Runs) -> pl.DataFrame:
    """Members who were active at least once."""
    return count(runs, _active(runs))


def posts_kept(runs: Runs) -> pl.DataFrame:
    """Posts and replies that others could read and that nobody removed."""
    gone = runs.events.filter(pl.col("kind") == "remove").select(*RUN, "target")
    return count(runs, published(runs.events).join(gone, on=[*RUN, "target"], how="anti"))


def civil_posts(runs: Runs) -> pl.DataFrame:
    """Civil posts and replies that others could read and that nobody removed."""
    gone = runs.events.filter(pl.col("kind") == "remove").select(*RUN, "target")
    kept = published(runs.events).join(gone, on=[*RUN, "target"], how="anti")
    return count(runs, kept.filter(pl.col("tone") == "civil"))


def gini_posts(runs: Runs) -> pl.DataFrame:
    """Gini coefficient of published posts over members who wrote at least one; null where nobody did."""
    each = (
        published(runs.events)
        .filter(pl.col("member").is_not_null())
        .group_by(*RUN, "member")
        .agg(wrote=pl.len())
        .sort(*RUN, "wrote")
    )
    rank, count, wrote = pl.int_range(1, pl.len() + 1), pl.len(), pl.col("wrote")
    gini = (2 * (rank * wrote).sum() / (count * wrote.sum())) - (count + 1) / count
    return per_run(runs, each.group_by(RUN, maintain_order=True).agg(value=gini), None)


MODERATOR_ACTS = ("remove", "approve", "lock", "warn", "explain", "suspend", "ban")


def moderator_actions(runs: Runs) -> pl.DataFrame:
    """Acts that moderators had to take."""
    return count(runs, runs.events.filter(pl.col("kind").is_in(MODERATOR_ACTS)))


def queue_hours(runs: Runs) -> pl.DataFrame:
    """Hours that posts waited until moderators removed or approved them, added up, to the step; one held to the end waits to the end.

    A moderator could have acted in the step after the writing, which is no wait. A post that was caught and that nobody got to is in no log, so it
    counts only where it was held; acts on members have no wait. Members' reports have no hours here: moderators of this model read them
    to choose what comes first and close none, so that each would wait to the end. `open_reports` counts them.
    """
    steps = runs.steps or 1 + int(runs.events["step"].max() or 0)  # type: ignore[arg-type]
    written = runs.events.filter(
        pl.col("kind").is_in(["reply", "post"]), pl.col("status").is_in(["done", "evaded", "held"])
    )
    acted = runs.events.filter(pl.col("kind").is_in(["remove", "approve"]))
    first = acted.group_by(*RUN, "target").agg(acted=pl.col("step").min())
    both = written.join(first, on=[*RUN, "target"], how="left")
    held = pl.when(pl.col("status") == "held").then(steps)
    waits = both.with_columns(wait=pl.coalesce("acted", held) - pl.col("step") - 1).drop_nulls("wait")
    each = waits.group_by(RUN).agg(value=pl.col("wait").clip(0).sum() * runs.step_hours)
    return per_run(runs, each)


def open_reports(runs: Runs) -> pl.DataFrame:
    """Posts that members reported and that moderators neither removed nor approved afterwards."""
    reported = runs.events.filter((pl.col("kind") == "report") & (pl.col("status") == "done"))
    acted = runs.events.filter(pl.col("kind").is_in(["remove", "approve"]))
    first = reported.group_by(*RUN, "target").agg(reported=pl.col("step").min())
    last = acted.group_by(*RUN, "target").agg(acted=pl.col("step").max())
    both = first.join(last, on=[*RUN, "target"], how="left")
    return count(runs, both.filter(pl.col("acted").is_null() | (pl.col("acted") <= pl.col("reported"))))


def wrongful_removals(runs: Runs) -> pl.DataFrame:
    """Civil posts that were removed."""
    return count(runs, runs.events.filter((pl.col("kind") == "remove") & (pl.col("tone") == "civil")))


def civil_posts_lost(runs: Runs) -> pl.DataFrame:
    """Civil posts that members wrote and that were removed, cancelled or held to the end."""
    civil = runs.events.filter(pl.col("tone") == "civil")
    written = civil.filter(pl.col("kind").is_in(["reply", "post"]))
    approved = civil.filter(pl.col("kind") == "approve").select(*RUN, "target")
    held = written.filter(pl.col("status") == "held").join(approved, on=[*RUN, "target"], how="anti")
    removed = civil.filter(pl.col("kind") == "remove")
    # A cancelled one never became a post: its target is the post that it would have answered.
    cancelled = written.filter(pl.col("status") == "cancelled")
    return count(runs, pl.concat([pl.concat([removed, held]).unique([*RUN, "target"]), cancelled]))


def _active(runs: Runs) -> pl.DataFrame:
    return runs.members.filter(pl.col("active_steps") > 0)


def hostile_posts(runs: Runs) -> pl.DataFrame:
    """Hostile posts and replies that others could read."""
    return count(runs, published(runs.events).filter(pl.col("tone") == "hostile"))


def _of_forum(
    name: str, polarity: str, unit: str, measure: Callable[[Runs], pl.DataFrame], **more: Any
) -> Outcome:
    return Outcome(name, polarity, unit, more.pop("cost", False), measure, fits=("forum",), **more)


FOCAL = Part(
    "thread",
    "threads with a provoking post",
    elsewhere="hostility_elsewhere",
    leak="hostility outside the watched one",
)
SHOWN = "hostile posts shown to a member"
OUTCOMES = {
    outcome.name: outcome
    for outcome in (
        _of_forum(
            *("escalation", "harm", "hostile replies in the focal thread", escalation),
            event="the thread escalated",
            part=FOCAL,
        ),
        _of_forum("hostile_share", "harm", "share of posts", hostile_share, leads=1),
        _of_forum("hostile_exposures", "harm", SHOWN, hostile_exposures),
        _of_forum("worst_group_exposure", "harm", SHOWN, worst_group_exposure),
        _of_forum("newcomer_return", "good", "share of newcomers", newcomer_return, leads=3),
        _of_forum("active_members", "good", "members", active_members, leads=5),
        _of_forum("posts_kept", "good", "posts", posts_kept, leads=4),
        _of_forum("gini_posts", "harm", "Gini coefficient", gini_posts),
        _of_forum(
            *("moderator_actions", "harm", "acts", moderator_actions), cost=True, memo="moderators' work"
        ),
        _of_forum(
            *("queue_hours", "harm", "hours in queue", queue_hours), cost=True, memo="moderators' work"
        ),
        _of_forum("open_reports", "harm", "reported posts", open_reports, cost=True),
        _of_forum("wrongful_removals", "harm", "posts", wrongful_removals, cost=True),
        _of_forum("civil_posts_lost", "harm", "posts", civil_posts_lost, cost=True),
        _of_forum("civil_posts", "good", "civil posts", civil_posts, cost=True, memo="civil posts"),
        _of_forum("hostility_elsewhere", "harm", "hostile posts", hostility_elsewhere, cost=True, leads=2),
    )
}
STANDS_IN = _of_forum("hostile_posts_and_replies", "harm", "", hostile_posts)
"""Whose course is drawn where the outcome that was asked for has none."""
