"""What stands in for tone where a record has no text: moderation and votes, by a declared rule.

Votes judge positions as well as manners, and removals have many reasons; so what rests on this rule is
marked `proxy`, and a post about which it cannot say anything has no tone.
"""

import polars as pl

NAME = "tone proxy rule 1 (removal, score, controversiality; no text)"

REMOVED_HOSTILE_SCORE = 0
"""A removed reply that readers had voted to this or less was disliked by moderators and readers alike."""
VISIBLE_HOSTILE_SCORE = -5
"""A reply left standing at this or less is buried: the strongest sign that votes give (2 % in r/Feminism)."""
VISIBLE_HEATED_SCORE = 0
"""Below the 1 that an author's own vote gives: more readers object than agree. So does `controversial`."""

RULE = (
    f"replies only: removed or gone and score<={REMOVED_HOSTILE_SCORE}: hostile; removed or gone and "
    f"controversial: heated; otherwise removed, gone or deleted: unknown; visible and score<="
    f"{VISIBLE_HOSTILE_SCORE}: hostile; visible and (score<={VISIBLE_HEATED_SCORE} or controversial): "
    "heated; other visible: civil"
)


def proxy_tone() -> pl.Expr:
    """Tone by `RULE` from the columns kind, status, score, controversial; null where it cannot be told."""
    score, disputed = pl.col("score"), pl.col("controversial").fill_null(False)
    taken = pl.col("status").is_in(["removed", "gone"])
    visible = pl.col("status") == "visible"
    return (
        pl.when((pl.col("kind") != "reply") | score.is_null())
        .then(None)
        .when(taken & (score <= REMOVED_HOSTILE_SCORE))
        .then(pl.lit("hostile"))
        .when(taken & disputed)
        .then(pl.lit("heated"))
        .when(~visible)
        .then(None)
        .when(score <= VISIBLE_HOSTILE_SCORE)
        .then(pl.lit("hostile"))
        .when((score <= VISIBLE_HEATED_SCORE) | disputed)
        .then(pl.lit("heated"))
        .otherwise(pl.lit("civil"))
    )
