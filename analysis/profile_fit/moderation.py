"""How many replies are heated or hostile, and what moderators took away: as posted, before any removal."""

from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.profile_fit.activity import FEW, Presence
from windtunnel.sim.communities.forum.profile import Mark, Rate

OWN_DELETIONS = 0.3
"""Share of vanished replies that their authors deleted, where no opening post tells (r/Feminism's: .30)."""
HEATED_AMONG_OTHER_REMOVALS = 0.5
"""Of the removed replies about whose tone the record says nothing, the share taken to be heated; the others
were civil and broke another rule (off topic, links). Chosen: no record without texts shows it."""
DELAY_HOURS = 1
"""How long a removed reply stood. Chosen: a dump does not say when a reply was removed."""
PRIOR_CASES = 5
"""Hostile replies at the common rate added to newcomers and to regulars before their ratio is taken."""


class ToneCounts(NamedTuple):
    """Replies as posted: how many stand, how many moderators took, by tone (floats: unknowns are split)."""

    kept: dict[str, float]
    removed: dict[str, float]
    own_deletions: float
    """Share of the vanished that is taken to be the authors' own doing."""
    own_is_counted: bool
    guessed: float
    """Removed replies whose tone is `HEATED_AMONG_OTHER_REMOVALS`."""

    def posted(self, tone: str | None = None) -> float:
        return sum((self.kept[each] + self.removed[each]) for each in self.kept if tone in (None, each))


TONES = ("civil", "heated", "hostile")


def count_tones(posts: pl.DataFrame) -> ToneCounts:
    """Counts of replies by tone and fate.

    1. `gone` replies (removed or deleted, the record does not say) are split as the opening posts are.
    2. Removed replies keep the tone they have; a known tone among the gone is first taken to be removed.
    3. The removed of unknown tone are split by `HEATED_AMONG_OTHER_REMOVALS`; deleted ones leave the count.
    """
    own, counted = own_deletion_share(posts)
    answers = (pl.col("kind") == "reply") & (pl.col("role") != "bot")
    unsure = [name for name in ("heated", "hostile") if name in posts.columns]
    replies = posts.select("kind", "role", "status", "tone", *unsure).filter(answers)
    kept = _by_tone(replies.filter(pl.col("status") == "visible"))
    taken = replies.filter(pl.col("status").is_in(["removed", "gone"]))
    sure = taken.filter(pl.col("status") == "removed").height
    total = sure + (taken.height - sure) * (1 - own)
    removed = _by_tone(taken)
    known = sum(removed.values())
    if known > total:
        removed = {tone: count * total / known for tone, count in removed.items()}
    guessed = max(total - known, 0.0)
    removed["heated"] += guessed * HEATED_AMONG_OTHER_REMOVALS
    removed["civil"] += guessed * (1 - HEATED_AMONG_OTHER_REMOVALS)
    return ToneCounts(kept, removed, own, counted, guessed)


def own_deletion_share(posts: pl.DataFrame) -> tuple[float, bool]:
    """Share of vanished opening posts that their authors deleted, and whether that many could be counted."""
    vanished = posts.filter((pl.col("kind") == "thread") & pl.col("status").is_in(["removed", "deleted"]))
    if vanished.height < FEW:
        return OWN_DELETIONS, False
    return float((vanished["status"] == "deleted").mean()), True  # type: ignore[arg-type]


def _by_tone(replies: pl.DataFrame) -> dict[str, float]:
    """Counts by tone; a post of which a reader gave probabilities counts in each tone by its probability."""
    if "heated" not in replies.columns:
        return {tone: float((replies["tone"] == tone).sum()) for tone in TONES}
    sure = replies.filter(pl.col("heated").is_null())
    unsure = replies.drop_nulls("heated").select(pl.col("heated", "hostile").cast(pl.Float64))
    heated, hostile = float(unsure["heated"].sum()), float(unsure["hostile"].sum())
    expected = {"civil": unsure.height - heated - hostile, "heated": heated, "hostile": hostile}
    return {tone: float((sure["tone"] == tone).sum()) + expected[tone] for tone in TONES}


def tone_rates(counts: ToneCounts, tone_source: str, *, sure: bool) -> tuple[Rate, Rate]:
    """heated_share and hostile_share of replies as posted; `proxy` where tones are guessed or expected, not heard."""
    total = counts.posted()
    if total < FEW:
        note = f"only {total:.0f} replies with a tone"
        return Rate(value=0.12, mark="chosen", note=note), Rate(value=0.06, mark="chosen", note=note)
    mark: Mark = "data" if sure and not counts.guessed else "proxy"

    def rate(tone: str) -> Rate:
        note = (
            f"{counts.kept[tone]:.0f} replies left standing and {counts.removed[tone]:.0f} removed, "
            f"of {total:.0f} as posted; {tone_source}"
        )
        if tone == "heated" and counts.guessed:
            note += (
                f"; {HEATED_AMONG_OTHER_REMOVALS} of {counts.guessed:.0f} removals of unknown tone taken as "
            )
            note += "heated (chosen)"
        return Rate(value=round(counts.posted(tone) / total, 4), mark=mark, note=note)

    return rate("heated"), rate("hostile")


def newcomer_hostility(posts: pl.DataFrame, seen: Presence, *, from_text: bool) -> Rate:
    """Hostile share of newcomers' replies over that of regulars, both drawn towards 1 by `PRIOR_CASES`."""
    window = seen.hours * 60
    replies = (
        posts.select("author", "minute", "kind", "tone")
        .filter(pl.col("author").is_not_null())
        .with_columns(first=pl.col("minute").min().over("author"))
        .filter(
            (pl.col("kind") == "reply")
            & pl.col("tone").is_not_null()
            & (pl.col("minute") >= seen.warm_up * window)
        )
    )
    hostile, new = replies["tone"] == "hostile", replies["minute"] - replies["first"] <= window
    overall = float(hostile.mean() or 0)  # type: ignore[arg-type]
    if int(hostile.sum()) < PRIOR_CASES:
        return Rate(
            value=1.0, mark="chosen", note=f"only {int(hostile.sum())} hostile replies with a known author"
        )
    prior = PRIOR_CASES / overall

    def drawn(group: pl.Series) -> float:
        return (int((hostile & group).sum()) + PRIOR_CASES) / (int(group.sum()) + prior)

    note = (
        f"{int((hostile & new).sum())} hostile of {int(new.sum())} newcomers' replies, "
        f"{int((hostile & ~new).sum())} of {int((~new).sum())} others'; "
        f"drawn to 1 by {PRIOR_CASES} cases each"
    )
    if (posts["status"] != "visible").any():
        note += "; removed replies without a named author are not in it"
    return Rate(value=round(drawn(new) / drawn(~new), 3), mark="data" if from_text else "proxy", note=note)


class InForce(NamedTuple):
    """The profile's `moderation`, with its mark and note."""

    policies: dict[str, dict[str, Any]]
    mark: Mark
    note: str


def moderation_in_force(counts: ToneCounts) -> InForce:
    """Removal by tone as the record shows it; nothing where it shows none."""
    removed = sum(counts.removed.values())
    if removed < FEW:
        return InForce({}, "data", f"{removed:.0f} replies removed: no moderation by removal shows")

    def share(tone: str) -> float:
        posted = counts.posted(tone)
        return round(counts.removed[tone] / posted, 3) if posted else 0.0

    own = "counted on opening posts" if counts.own_is_counted else "chosen"
    note = f"{removed:.0f} of {counts.posted():.0f} replies as posted were removed. "
    if counts.own_deletions:
        note += (
            f"Of the vanished, {counts.own_deletions:.2f} are taken as the authors' own deletions ({own}). "
        )
    if counts.guessed:
        note += (
            f"{counts.guessed:.0f} removals of unknown tone: {HEATED_AMONG_OTHER_REMOVALS} heated, the "
            "others civil and removed under another rule (chosen). "
        )
    note += f"delay of {DELAY_HOURS} h: chosen."
    policy = {
        "detection": share("hostile"),
        "false_positive": share("civil"),
        "heated": share("heated"),
        "delay": DELAY_HOURS,
    }
    return InForce({"remove_hostile": policy}, "proxy", note)
