"""What stands around a thread in a record: the other threads of its time, and the people who may come in."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.why.forum.moderators import GOES_ON, ModeratorAct, exempt
from windtunnel.sim.communities.forum.learned.strangers import with_strangers
from windtunnel.sim.communities.forum.posts import CIVIL, HEATED, HOSTILE
from windtunnel.sim.communities.forum.profile import Profile
from windtunnel.sim.communities.forum.ticks import BEFORE, UNKNOWN, Record, record_of
from windtunnel.sim.communities.forum.traits import ForumMembers
from windtunnel.sim.communities.forum.waking import unprompted
from windtunnel.sim.members import NEVER

TONES = {"civil": CIVIL, "heated": HEATED, "hostile": HOSTILE}
READERS = 400
"""Members beside those of the thread who may come in: those who wrote elsewhere meanwhile, then the busiest of the
week around it."""
SILENT_READERS = 400
"""The most readers of whom the record shows nothing."""
SPARE, SPARE_LEAST = 4.0, 20
"""Readers of whom the record shows nothing, for each who is expected to write for the first time, and beside them."""
NEARBY = 7 * 24 * 60
AROUND = 4000
"""Posts elsewhere that are told at most: of the threads with most of them."""
SILENT_TICKS = 24
NAMELESS = -1
TEMPER_SPREAD = 0.75
"""Spread of tempers (log-odds) in a community: that of the simulated forum's personas and newcomers."""
PRIOR_POSTS = 10.0
"""Posts that the community's average weighs in a member's own tone: who wrote little is taken for average."""


class Around(NamedTuple):
    """A thread with what was written around it, and the names of the members' rows: nobody, its authors, readers, then those without a
    name ("")."""

    record: Record
    names: list[str]


def as_record(
    thread: pl.DataFrame,
    posts: pl.DataFrame,
    profile: Profile,
    acts: tuple[ModeratorAct, ...] = (),
    *,
    cut: bool = True,
    past: int = 0,
    strangers: float = 0.0,
    nameless: bool = False,
) -> Around:
    """A thread's posts as a record, with the posts of other threads up to its end and from the week before. The first `past` of
    the posts come before what is lived again.

    A reply whose parent is not there answers its thread's first post; a post without tone counts as civil. Where the thread
    was not `cut`, its silence afterwards is part of the record: for `GOES_ON` minutes as far as the record goes, after acts of
    moderators in any case. `strangers` an hour come who never wrote before: as many readers of whom the record shows nothing are there
    at least, several times over. With `nameless` each post without a name is by somebody: a stranger, or one who answers back.
    """
    low, high = int(thread["minute"][past]), int(thread["minute"][-1])
    until = high if cut else max(high, min(high + GOES_ON, int(posts["minute"].to_numpy().max())))
    until = max(until, low + 60)
    if acts and not cut:
        until = max(until, max(act.minute for act in acts) + GOES_ON)
    elsewhere = _elsewhere(posts, thread["thread"][0], low, until)
    pool = strangers and SPARE * strangers * (until - low) / 60 + SPARE_LEAST
    names = _people(thread, elsewhere, posts, low, high, profile, round(pool))
    row = {name: place for place, name in enumerate(names)}
    columns = ["post", "thread", "parent", "author", "minute", "tone"]
    both = pl.concat([thread.select(columns), elsewhere.select(columns)])
    author = np.array([row.get(name, UNKNOWN) if name else NAMELESS for name in both["author"].to_list()])
    parent = _parents(both)
    if nameless:
        author = with_strangers(author, parent, NAMELESS, len(names))
        names = names + [""] * (int(author.max()) + 1 - len(names))
    else:
        author[author == NAMELESS] = UNKNOWN
    free = np.zeros(both.height, bool)
    free[: thread.height] = exempt(thread, parent[: thread.height], acts)
    record = record_of(
        both["minute"].to_numpy(),
        author,
        parent,
        np.array([TONES.get(name, CIVIL) for name in both["tone"].to_list()]),
        SILENT_TICKS,
        own=thread.height,
        past=past,
        exempt=free,
        orphan=_orphans(both, parent),
        until=until,
    )
    return Around(record, names)


def _elsewhere(posts: pl.DataFrame, thread: int, low: int, until: int) -> pl.DataFrame:
    """The posts of other threads from a week before the minute `low` up to `until`, in their order."""
    near = posts.filter(pl.col("minute").is_between(low - NEARBY, until) & (pl.col("thread") != thread))
    if near.height > AROUND:
        sizes = near.group_by("thread").len().sort(["len", "thread"], descending=[True, False])
        kept = sizes.filter(pl.col("len").cum_sum() <= AROUND)["thread"]
        near = near.filter(pl.col("thread").is_in(kept.implode()))
    return near.sort("minute", "post")


def _parents(both: pl.DataFrame) -> np.ndarray:
    """Row of the post that each row answers; of an orphan its thread's first row, -1 for a thread's first."""
    place = {post: at for at, post in enumerate(both["post"].to_list())}
    first: dict[int, int] = {}
    parent = np.full(both.height, -1)
    for at, (thread, answered) in enumerate(both.select("thread", "parent").iter_rows()):
        if first.setdefault(thread, at) != at:
            found = place.get(answered, at)
            parent[at] = (
                found if found < at else first[thread]
            )  # an answer cannot come before what it answers
    return parent


def _orphans(both: pl.DataFrame, parent: np.ndarray) -> np.ndarray:
    """Bool (rows,): a reply that hangs on a post which it does not answer, since what it answers is not there."""
    post = both["post"].to_numpy()
    said = both["parent"].fill_null(-1).to_numpy()
    return (parent >= 0) & (post[parent] != said)


def _people(
    thread: pl.DataFrame,
    elsewhere: pl.DataFrame,
    posts: pl.DataFrame,
    low: int,
    high: int,
    profile: Profile,
    strangers: int = 0,
) -> list[str]:
    authors = thread["author"].drop_nulls().unique(maintain_order=True).to_list()
    near = posts.filter(
        pl.col("minute").is_between(low - NEARBY, high + NEARBY) & pl.col("author").is_not_null()
    )
    busy = near.group_by("author").len().sort(["len", "author"], descending=[True, False])["author"].to_list()
    meanwhile = elsewhere.filter(pl.col("minute") >= low)["author"].drop_nulls().unique(maintain_order=True)
    seen = dict.fromkeys([*authors, *meanwhile.to_list(), *busy])
    known = list(seen)[: len(authors) + READERS]
    mean, shape = profile.posts_per_member_day.value, max(profile.rate_shape.value, 1e-3)
    silent = (1 + mean * profile.window_hours / 24 / shape) ** -shape
    unseen = min(max(round(len(known) * silent / max(1 - silent, 1e-3)), strangers), SILENT_READERS)
    return ["", *known, *(f"reader {number + 1}" for number in range(unseen))]


def earlier_acts(
    posts: pl.DataFrame, thread: pl.DataFrame, names: list[str], record: Record
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What the members did before the record's world begins and is no part of it: rows of `names`, minutes, whether it opened a thread,
    tones (-1: none)."""
    low = record.ticks[0].minute
    held = _elsewhere(posts, thread["thread"][0], low, record.ticks[-1].minute)["post"]
    row = {name: place for place, name in enumerate(names) if name}
    told = posts.filter(
        (pl.col("minute") < low)
        & pl.col("author").is_in(list(row))
        & ~pl.col("post").is_in(held.implode())
        & ~pl.col("post").is_in(thread["post"].implode())
    ).sort("minute", "post")
    return (
        np.array([row[name] for name in told["author"].to_list()], np.int64),
        told["minute"].to_numpy(),
        told["parent"].is_null().to_numpy() & (told["kind"] != "reply").to_numpy(),
        np.array([TONES.get(tone, -1) for tone in told["tone"].to_list()], np.int64),
    )


def fitted_members(
    posts: pl.DataFrame, thread: pl.DataFrame, names: list[str], record: Record, profile: Profile
) -> ForumMembers:
    """The people around a thread: how often they look in, how heated they are, who is new.

    Together they look in as often as the record's own pace says; each by its posts in the weeks around and the shape of the
    profile's law of rates: the mean of a gamma law given a Poisson count. A temper is the log-odds of heated and
    hostile posts over the community's, from the other threads, shrunk towards 0 by `PRIOR_POSTS` posts of an average member.
    """
    start = record.ticks[0].minute
    began = int(posts["minute"].to_numpy().min())
    near = posts.filter(pl.col("minute").is_between(start - NEARBY, int(thread["minute"][-1]) + NEARBY))
    wrote = near.group_by("author").agg(near=pl.len())
    elsewhere = posts.filter(pl.col("thread") != thread["thread"][0])
    heated = pl.col("tone").is_in(["heated", "hostile"])
    before = elsewhere.filter((pl.col("minute") < start) | (pl.col("minute") > record.ticks[-1].minute))
    each = before.group_by("author").agg(count=pl.len(), heated=heated.sum())
    first = posts.group_by("author").agg(first=pl.col("minute").min())
    found = pl.DataFrame({"author": names})
    for part in (wrote, each, first):
        found = found.join(part, on="author", how="left", maintain_order="left")
    count = found["count"].fill_null(0).to_numpy()
    common = (
        float(np.clip(elsewhere.select(heated.mean()).item() or 0.05, 0.01, 0.99))
        if elsewhere.height
        else 0.05
    )
    share = (found["heated"].fill_null(0).to_numpy() + PRIOR_POSTS * common) / (count + PRIOR_POSTS)
    temper = np.clip(np.log(share / (1 - share)) - np.log(common / (1 - common)), -2, 2)
    weight = found["near"].fill_null(0).to_numpy() + max(profile.rate_shape.value, 1e-3)
    weight[UNKNOWN] = 0
    size = len(names)
    since = found["first"].fill_null(began).to_numpy()
    until = np.where(since > began + 24 * 60, since + profile.window_hours * 60, 0).astype(np.int32)
    return ForumMembers(
        id=np.arange(size),
        joined=np.zeros(size, np.int32),
        rate=_pace(record, profile) * weight / max(weight.sum(), 1e-9),
        persona=np.ones(size, np.int16),
        newcomer_until=until,
        departs=np.full(size, NEVER // 2, np.int32),
        traits={"temper": temper},
    )


def _pace(record: Record, profile: Profile) -> float:
    """Looks an hour of all members together that no answer calls for: the record's posts over its ticks, for each post as many as
    the profile says.
    """
    wrote = int((record.tick_of[1:] != BEFORE).sum())
    spent = sum(tick.hours * profile.rhythm[int(tick.minute // 60) % 24] for tick in record.ticks)
    return wrote * unprompted(profile) / max(spent, 1 / 60) / max(profile.active_post_share.value, 0.05)


def tempers(record: Record, prior: np.ndarray, expected: Mapping[int, float]) -> np.ndarray:
    """Tempers (members,) given what each wrote in its situations: the mode of a normal law around `prior` and a logit.

    `expected` are the log-odds of heat that a mind gives to acts (rows of the record) of members with the tempers `prior`. Who was
    hot where it was not to be expected is of a hot temper; what a heated thread explains is not laid to the member.
    """
    acts = np.array(list(expected), int)
    odds, hot = np.array(list(expected.values()), float), record.tone[acts] > CIVIL
    author, more = record.author[acts], np.zeros(len(prior))
    for _ in range(20):
        share = 1 / (1 + np.exp(-(odds + more[author])))
        up = np.bincount(author, weights=hot - share, minlength=len(prior)) - more / TEMPER_SPREAD**2
        down = np.bincount(author, weights=share * (1 - share), minlength=len(prior)) + 1 / TEMPER_SPREAD**2
        more += np.clip(up / down, -1, 1)
    return np.clip(prior + more, -3, 3)
