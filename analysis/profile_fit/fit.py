"""Fits a forum's profile to a table of posts: each number by its own estimator, with a mark and a note."""

from importlib.metadata import PackageNotFoundError, version

import numpy as np
import polars as pl

from windtunnel.analysis.profile_fit.activity import (
    arrivals,
    last_minute,
    leaving,
    newcomer_return,
    newcomer_share,
    posting_rate,
    presence,
    rhythm,
    rhythm_mark,
)
from windtunnel.analysis.profile_fit.answers import answer_back
from windtunnel.analysis.profile_fit.attention import attention
from windtunnel.analysis.profile_fit.moderation import (
    count_tones,
    moderation_in_force,
    newcomer_hostility,
    tone_rates,
)
from windtunnel.analysis.profile_fit.structure import structure, thread_shares
from windtunnel.sim.communities.forum.profile import Profile, Rate, Source

ACTIVE_POST_SHARE = 0.2
UPVOTE_SHARE = 0.3
DOWNVOTE_SHARE = 0.05
REPORT_SHARE = 0.01
MOST_VOTES = 0.7
"""Counted votes never take more than this of a member's active steps, so that some are left to read on."""


def fit_profile(posts: pl.DataFrame, *, name: str, tone: str, seed: int = 0) -> Profile:
    """The profile of `posts` (columns of posts.parquet) named `name`; `tone` names what gave their tone.

    `seed` draws the replies and the threads they are compared with in the fit of attention. Bots' posts count
    for threads, not for members. A number that too few cases support is chosen, marked so, and says why.
    Raises `ValueError` for an empty table.
    """
    if posts.is_empty():
        raise ValueError("no posts to fit a profile to")
    seen = presence(posts)
    figures = structure(posts)
    rate, shape = posting_rate(seen)
    growth, decay, recency = attention(posts, seen.hours, np.random.default_rng(seed))
    back, delay = answer_back(posts)
    opening, to_root = thread_shares(posts, figures)
    newcomers = newcomer_share(seen)
    from_text = "text" in posts.columns and bool(posts["text"].is_not_null().any())
    counts = count_tones(posts)
    expected = "heated" in posts.columns and bool(posts["heated"].is_not_null().any())
    heated, hostile = tone_rates(counts, tone, sure=from_text and not expected)
    in_force = moderation_in_force(counts)
    upvotes, downvotes = votes(posts)
    return Profile(
        name=name,
        window_hours=seen.hours,
        source=Source(
            corpus=name,
            posts=posts.height,
            authors=seen.table["author"].n_unique(),
            threads=posts["thread"].n_unique(),
            tone=tone,
            fitted_by=program(),
            span_days=round(last_minute(posts) / 1440, 1),
        ),
        posts_per_member_day=rate,
        rate_shape=shape,
        rhythm=rhythm(posts),
        rhythm_mark=rhythm_mark(posts),
        new_thread_share=opening,
        root_share=to_root,
        attention_growth=growth,
        attention_decay=decay,
        attention_recency=recency,
        answer_back=back,
        answer_delay=delay,
        newcomer_share=newcomers,
        arrivals_per_member_day=arrivals(newcomers, seen),
        newcomer_return=newcomer_return(posts, seen),
        leave_per_day=leaving(seen),
        heated_share=heated,
        hostile_share=hostile,
        newcomer_hostility=newcomer_hostility(posts, seen, from_text=from_text),
        active_post_share=Rate(
            value=ACTIVE_POST_SHARE, mark="chosen", note="reading leaves no trace in a record"
        ),
        upvote_share=upvotes,
        downvote_share=downvotes,
        report_share=Rate(value=REPORT_SHARE, mark="chosen", note="reports are not public"),
        moderation=in_force.policies,
        moderation_mark=in_force.mark,
        moderation_note=in_force.note,
        structure=figures,
    )


def votes(posts: pl.DataFrame) -> tuple[Rate, Rate]:
    """upvote_share and downvote_share: counted votes a post, times the chosen share of steps that post."""
    if not {"up", "down"} <= set(posts.columns) or posts["up"].drop_nulls().is_empty():
        note = "votes one by one are not public; a score is only their difference"
        return (
            Rate(value=UPVOTE_SHARE, mark="chosen", note=note),
            Rate(value=DOWNVOTE_SHARE, mark="chosen", note=note),
        )
    up, down = (int(posts[column].sum() or 0) for column in ("up", "down"))
    each = ACTIVE_POST_SHARE / posts.height
    scale = min(1.0, MOST_VOTES / max((up + down) * each, 1e-12))
    note = f"{up} up and {down} down on {posts.height} posts, times the chosen active_post_share"
    return (
        Rate(value=round(up * each * scale, 4), mark="proxy", note=note),
        Rate(value=round(down * each * scale, 4), mark="proxy", note=note),
    )


def program() -> str:
    """Name and version of this program."""
    try:
        return f"policy-windtunnel {version('policy-windtunnel')}"
    except PackageNotFoundError:
        return "policy-windtunnel (not installed)"
