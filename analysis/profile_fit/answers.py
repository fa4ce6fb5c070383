"""Who answers back: the share of replies to a member that it answers, and how soon."""

import numpy as np
import polars as pl

from windtunnel.analysis.profile_fit.activity import FEW, last_minute
from windtunnel.sim.communities.forum.profile import Rate
from windtunnel.sim.communities.forum.waking import HORIZON

DELAYS = (1 / 60, 48.0)
"""Hours between which the delay is searched."""


def answers_back(posts: pl.DataFrame) -> np.ndarray:
    """Bool (posts,): answers a post that answers one of the same author."""
    known = posts.select("post", "parent", "author")
    up = known.select("parent").join(
        known.select(parent="post", above="parent"), on="parent", how="left", maintain_order="left"
    )
    top = up.join(known.select(above="post", of="author"), on="above", how="left", maintain_order="left")
    return (top["of"] == posts["author"]).fill_null(False).to_numpy()


def answer_hours(posts: pl.DataFrame) -> np.ndarray:
    """Hours (n,) until each reply to another known member was answered by that member; inf where that never happened
    within `HORIZON`. Replies that came too late for that to be seen are left out.
    """
    told = posts.select("post", "parent", "author", "minute").filter(pl.col("author").is_not_null())
    to = told.select(parent="post", whom="author")
    replies = told.join(to, on="parent").filter(pl.col("author") != pl.col("whom"))
    back = told.select(post="parent", whom="author", answered="minute").drop_nulls("post")
    first = back.group_by("post", "whom").agg(pl.col("answered").min())
    seen = replies.filter(pl.col("minute") <= last_minute(posts) - HORIZON * 60).sort("minute", "post")
    found = seen.join(first, on=["post", "whom"], how="left", maintain_order="left")
    hours = (found["answered"] - found["minute"]).to_numpy().astype(float) / 60
    return np.where(np.isnan(hours) | (hours > HORIZON) | (hours < 0), np.inf, hours)


def answer_back(posts: pl.DataFrame) -> tuple[Rate, Rate]:
    """answer_back, counted, and answer_delay, by maximum likelihood of the hazard `c / (t + hours)`."""
    from scipy.optimize import minimize_scalar

    hours = answer_hours(posts)
    answered = hours[np.isfinite(hours)]
    if len(answered) < FEW:
        few = f"only {len(answered)} of {len(hours)} replies to a known member seen answered by it: taken as none"
        return Rate(value=0.0, mark="chosen", note=few), Rate(value=0.0, mark="chosen", note="as above")

    def loss(log_delay: float) -> float:
        delay = np.exp(log_delay)
        passed = np.log1p(np.minimum(hours, HORIZON) / delay).sum()
        scale = len(answered) / passed
        return float(scale * passed - len(answered) * np.log(scale) + np.log(delay + answered).sum())

    low, high = np.log(DELAYS)
    best = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6}).x
    share = len(answered) / len(hours)
    return (
        Rate(
            value=float(f"{share:.4g}"),
            mark="data",
            note=f"{len(answered)} of {len(hours)} replies to another known member, answered by it within {HORIZON / 24:.0f} days",
        ),
        Rate(
            value=float(f"{np.exp(best):.4g}"),
            mark="data",
            note=f"maximum likelihood; half of the answers came within {np.median(answered):.1f} h",
        ),
    )
