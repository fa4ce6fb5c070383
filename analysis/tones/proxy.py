"""What stands in for tone where a record has no text: moderation and votes, by a declared rule.

Votes judge positions as well as manners, and removals have many reasons; so what rests on this rule is
marked `proxy`, and a post about which it cannot say anything has no tone. Scores are read against the score that a post
starts with, which differs by source: 1 where an author's own vote counts, 0 elsewhere.
"""

import polars as pl

RULES = "tone proxy rule"
NAME = f"{RULES} 2"

REMOVED_HOSTILE = -1
"""A removed reply that readers had voted to this much from its start or lower was disliked by moderators and readers alike."""
VISIBLE_HOSTILE = -6
"""A reply left standing at this or less is buried: the strongest sign that votes give (2 % in r/Feminism)."""
VISIBLE_HEATED = -1
"""Below the start: more readers object than agree. So does `controversial`."""

RULE = (
    f"replies only, scores counted from where posts start: removed or gone and score<={REMOVED_HOSTILE}: hostile; removed or "
    "gone and controversial: heated; otherwise removed, gone or deleted: unknown; visible and score<="
    f"{VISIBLE_HOSTILE}: hostile; visible and (score<={VISIBLE_HEATED} or controversial): heated; other visible: civil"
)


def starting_score(posts: pl.DataFrame) -> int:
    """The score that replies start with, 0 or 1: the commoner of the two among those left standing; 1 where neither is there."""
    standing = posts.filter((pl.col("kind") == "reply") & (pl.col("status") == "visible"))["score"]
    return int(int((standing == 0).sum()) <= int((standing == 1).sum()))


def proxy_name(start: int) -> str:
    """What a profile says gave the tone."""
    return f"{NAME} (removal, score from its start at {start}, controversiality; no text)"


def proxy_tone(start: int = 1) -> pl.Expr:
    """Tone by `RULE` from the columns kind, status, score, controversial; null where it cannot be told."""
    score, disputed = pl.col("score") - start, pl.col("controversial").fill_null(False)
    taken = pl.col("status").is_in(["removed", "gone"])
    visible = pl.col("status") == "visible"
    return (
        pl.when((pl.col("kind") != "reply") | score.is_null())
        .then(None)
        .when(taken & (score <= REMOVED_HOSTILE))
        .then(pl.lit("hostile"))
        .when(taken & disputed)
        .then(pl.lit("heated"))
        .when(~visible)
        .then(None)
        .when(score <= VISIBLE_HOSTILE)
        .then(pl.lit("hostile"))
        .when((score <= VISIBLE_HEATED) | disputed)
        .then(pl.lit("heated"))
        .otherwise(pl.lit("civil"))
    )
