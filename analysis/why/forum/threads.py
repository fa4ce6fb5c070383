"""The thread that was and the thread that would have been, side by side, and the first point where they part."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from windtunnel.agents.minds.base import Mind
from windtunnel.analysis.why.case import Branch, Futures
from windtunnel.analysis.why.forum.case import ForumCase
from windtunnel.analysis.why.parting import Parting, apart, first_apart, told_otherwise
from windtunnel.sim.world import World

SAME, CHANGED, REMOVED, PREVENTED, NEW = "same", "changed", "removed", "prevented", "new"


_DONE = {
    "lock": "the thread is locked",
    "remove": "post {} is removed",
    "restore": "post {} is put back",
    "warn": "member {} is warned",
    "explain": "member {} is told why its post went",
    "suspend": "member {} is kept away",
    "ban": "member {} is banned",
}
_MEMBERS = ("warn", "explain", "suspend", "ban")


def side_by_side(case: ForumCase, both: Futures) -> pl.DataFrame:
    """One row a post of the incident's thread, in time: `step`, `post`, `member`, `was`, `would`, `mark`, and whom it answers
    in both (`answered`, `answered_would`).

    `both` holds the two replays in order: what happened, what would have. `was` and `would` are the act's tone and
    kind, null where it is absent. A member without a thread of its own is shown through its own posts.
    """
    acts = case.read(both).filter(pl.col("post").is_not_null())
    if case.incident.place is not None:
        acts = acts.filter(pl.col("place") == case.incident.place)
    else:
        acts = acts.filter(pl.col("member").is_in(list(case.incident.members)))
    said = pl.concat_str([pl.col("tone"), pl.col("kind")], separator=" ", ignore_nulls=True)
    columns = ["step", "ordinal", "post", "member", "parent", "answered", "text"]
    was, would = (
        acts.filter(pl.col("seed") == place).with_columns(said=said).select(*columns, "said")
        for place in (0, 1)
    )
    gone, kept = (_removed(case, both, place) for place in (1, 0))
    joined = was.join(would, on="post", how="full", coalesce=True, suffix="_would")
    differs = (pl.col("said") != pl.col("said_would")) | pl.col("parent").ne_missing(pl.col("parent_would"))
    taken = pl.col("post").is_in(gone) & ~pl.col("post").is_in(kept)
    mark = (
        pl.when(pl.col("said").is_null()).then(pl.lit(NEW))
        .when(taken).then(pl.lit(REMOVED))
        .when(pl.col("said_would").is_null()).then(pl.lit(PREVENTED))
        .when(differs).then(pl.lit(CHANGED))
        .otherwise(pl.lit(SAME))
    )  # fmt: skip
    either = {name: pl.coalesce(name, f"{name}_would") for name in ("step", "ordinal", "member", "parent")}
    text = [pl.col("text"), pl.col("text_would")]
    return (
        joined.with_columns(mark=mark, **either)
        .sort("step", "ordinal", "post")
        .select(
            "step",
            "post",
            "parent",
            "member",
            was="said",
            would="said_would",
            mark="mark",
            answered="answered",
            answered_would="answered_would",
            text=text[0],
            text_would=text[1],
        )
    )


def _removed(case: ForumCase, both: Futures, place: int) -> list[int]:
    removed = both.events.filter((pl.col("seed") == place) & (pl.col("kind") == "remove"))["target"]
    return [case.post_number(post) for post in removed.to_list()]


def moderated(case: ForumCase, both: Futures, said: Mapping[str, tuple[int, int]]) -> list[dict[str, Any]]:
    """What moderators did in two replays, in time: `step`, `what`, and whether it `was` and `would` have been done.

    `said` maps an act's label to the step from which it is in force and the one by which it is spoken of, `shown`: a world of a
    record acts at its next moment of decision, which is later.
    """
    acts = both.events.filter(pl.col("kind").is_in(list(_DONE)) & pl.col("member").is_null())
    rows: dict[tuple[int, str, int], set[int]] = {}
    for row in acts.sort("step", "ordinal").iter_rows(named=True):
        if row["kind"] in _MEMBERS:
            who = case.name(row["target"])
            here = case.incident.place is not None or who in case.incident.members
        else:
            who = str(case.post_number(row["target"]))
            here = row["place"] == case.thread_id
        if here:
            begin, shown = said.get(row["policy"] or "", (row["step"], row["step"]))
            shown = shown if row["step"] == case.first_moment(begin) else row["step"]
            rows.setdefault((row["step"], _DONE[row["kind"]].format(who), shown), set()).add(int(row["seed"]))
    return [
        {"step": step, "shown": shown, "what": what, "was": 0 in seeds, "would": 1 in seeds}
        for (step, what, shown), seeds in sorted(rows.items())
    ]


def parting(
    case: ForumCase,
    both: Futures,
    branches: tuple[Branch, Branch],
    mind: Mind,
    replaced: Sequence[int] = (),
) -> Parting | None:
    """The first act of a member that differs between two replays; None where none does.

    Acts of moderators are not counted, nor is the writing of posts that are `replaced` (ids): they are what is asked about. To say
    why, both worlds are lived again up to that step and what they tell this member is compared.
    """
    asked = pl.col("target").is_in(list(replaced)) & pl.col("kind").is_in(["reply", "post"])
    both = both._replace(events=both.events.filter(~asked.fill_null(False))) if replaced else both
    if (first := first_apart(both)) is None:
        return None
    step, member = first
    only_was, only_would = apart(both)
    did, would_do = (_said(part, step, member) for part in (only_was, only_would))
    return Parting(step, case.name(member), did, would_do, _difference(case, branches, step, member, mind))


def _said(events: pl.DataFrame, step: int, member: int) -> str:
    rows = events.filter((pl.col("step") == step) & (pl.col("member") == member))
    if rows.is_empty():
        return "nothing that others could see"
    row = rows.row(0, named=True)
    words = " ".join(part for part in (row["tone"], row["kind"]) if part)
    return words if row["status"] == "done" else f"{words} ({row['status']})"


def _difference(case: ForumCase, branches: tuple[Branch, Branch], step: int, member: int, mind: Mind) -> str:
    """What the two worlds tell this member differently at this step, in one sentence."""
    seen = [_seen(case.world(branch), case.ticks, step, member, mind) for branch in branches]
    one, two = seen
    if one is None or two is None:
        absent = "in the other future" if two is None else "in what happened"
        return f"the member is kept away or gone {absent}"
    if one["focus"] != two["focus"]:
        was, would = (_looked_at(case, told["focus"]) for told in (one, two))
        return f"the member looks at {would} instead of {was}"
    withdrawn = [name for name in one["options"] if name not in two["options"]]
    offered = [name for name in two["options"] if name not in one["options"]]
    if withdrawn or offered:
        told = [f"may no longer {_acts(withdrawn)}"] if withdrawn else []
        told += [f"may now {_acts(offered)}"] if offered else []
        return f"the member {' and '.join(told)}"
    if changed := told_otherwise(one, two):
        return f"the member is told otherwise: {changed}"
    return "the member sees the same and chooses the same; its act is reviewed or ordered otherwise"


def _looked_at(case: ForumCase, post: int | None) -> str:
    """A post by its number; one of another thread, and a simulated one, has none."""
    if post is None:
        return "no post"
    number = case.post_number(post)
    return f"post {number}" if number >= 0 else "a post that is none of this thread's record"


def _acts(names: list[str]) -> str:
    """Options as acts, tones of one act together.

    >>> _acts(["reply_civil", "reply_heated", "upvote"])
    'reply (civil, heated), upvote'
    """
    tones: dict[str, list[str]] = {}
    for name in names:
        act, _, tone = name.partition("_")
        tones.setdefault(act, []).append(tone.replace("_", " "))
    return ", ".join(act + (f" ({', '.join(found)})" if any(found) else "") for act, found in tones.items())


def _seen(world: World, ticks: int, step: int, member: int, mind: Mind) -> dict[str, Any] | None:
    """What a world shows one member at one step: the post looked at, the options, the features."""
    row = np.empty(0, int)
    for _ in range(ticks):
        world.begin_step()
        situations = world.ask()
        row = np.flatnonzero(situations.member == member)
        if world.now > step or (world.now == step and len(row)):
            break
        world.set_log_probs(*mind.decide([situations]))  # type: ignore[arg-type]
        world.step()
    if not len(row) or world.now != step:
        return None
    view, place = world._view, int(row[0])
    posts = world.community.posts  # type: ignore[attr-defined]
    focus = int(view.focus[place])
    return {
        "focus": None if focus < 0 else int(posts.id[focus]),
        "options": [n for n, free in zip(view.action_names, situations.options[place], strict=True) if free],
        "features": dict(zip(view.feature_names, situations.features[place], strict=True)),
        "says": {one.name: one for one in situations.scene.features},
    }
