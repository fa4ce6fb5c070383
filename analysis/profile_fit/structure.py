"""The shape of a record of threads: how long, how deep, how unequal, how fast."""

import numpy as np
import polars as pl

from windtunnel.sim.communities.forum.profile import Rate


def depths(posts: pl.DataFrame) -> np.ndarray:
    """Depth of each post in the order given: 0 for a post that opens a thread or whose parent is unknown.

    A post whose parents run in a circle has depth -1.
    """
    post, parent = posts["post"].to_numpy(), posts["parent"].fill_null(-1).to_numpy()
    order = np.argsort(post)
    at = order[np.clip(np.searchsorted(post[order], parent), 0, len(post) - 1)] if len(post) else order
    top = parent < 0
    at = np.where(top, np.arange(len(post)), at)
    depth = np.where(top, 0, -1)
    while True:
        found = (depth < 0) & (depth[at] >= 0)
        if not found.any():
            return depth
        depth[found] = depth[at[found]] + 1


def gini(counts: np.ndarray) -> float:
    """Gini's coefficient of non-negative counts, zeros as given (Gini 1912, by ranks); 0 when empty.

    >>> gini(np.array([1, 1, 1])), round(gini(np.array([0, 0, 3])), 3)
    (0.0, 0.667)
    """
    ordered = np.sort(counts)
    n = len(ordered)
    if not n or not ordered.sum():
        return 0.0
    return float((2 * np.arange(1, n + 1) - n - 1) @ ordered / (n * ordered.sum()))


def structure(posts: pl.DataFrame) -> dict[str, float]:
    """Figures of the record, named as in the profile; those that need what it lacks are left out.

    Sizes count all posts of a thread; `depth_mean` is over all posts, opening ones 0; `top_level_share` is of
    replies with a known parent; delays are minutes from parent to reply; Gini is over authors with a post.
    """
    sizes = posts.group_by("thread").len()["len"].to_numpy()
    replies = posts.filter((pl.col("kind") == "reply") & pl.col("parent").is_not_null())
    authors = posts.filter(pl.col("author").is_not_null()).group_by("author").len()["len"].to_numpy()
    parents = posts.select(
        pl.col("post").alias("parent"), pl.col("minute").alias("asked"), pl.col("kind").alias("parent_kind")
    )
    replies = replies.select("parent", "minute").join(parents, on="parent", how="left")
    depth = depths(posts)
    figures: dict[str, float | None] = {
        "thread_mean": sizes.mean(),
        "thread_median": float(np.median(sizes)),
        "thread_singletons": (sizes == 1).mean(),
        "depth_mean": depth[depth >= 0].mean(),
        "no_reply_share": 1 - replies["parent"].n_unique() / posts.height,
    }
    if replies.height:
        figures["top_level_share"] = (replies["parent_kind"] == "thread").mean()  # type: ignore[assignment]
        delay = replies["minute"] - replies["asked"]
        figures["reply_delay_median_min"] = delay.median()  # type: ignore[assignment]
    if len(authors):
        figures["gini_posts"] = gini(authors)
        figures["one_post_author_share"] = (authors == 1).mean()
    return {name: round(float(value), 4) for name, value in figures.items() if value is not None}


def thread_shares(posts: pl.DataFrame, figures: dict[str, float]) -> tuple[Rate, Rate]:
    """new_thread_share and root_share."""
    opening = int((posts["kind"] == "thread").sum())
    new = Rate(
        value=round(opening / posts.height, 4),
        mark="data",
        note=f"{opening} of {posts.height} posts open a thread",
    )
    if "top_level_share" not in figures:
        return new, Rate(value=0.5, mark="chosen", note="no reply with a known parent")
    return new, Rate(
        value=figures["top_level_share"], mark="data", note="replies whose parent is the opening post"
    )
