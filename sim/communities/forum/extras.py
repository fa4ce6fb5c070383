"""What a forum has that not every forum has: following and sharing, camps, falsehood, readers' interests."""

import numpy as np

from windtunnel.sim import noise
from windtunnel.sim.communities.forum.acts import Acts
from windtunnel.sim.communities.forum.feed import View
from windtunnel.sim.communities.forum.interests import PROMOTED
from windtunnel.sim.communities.forum.place import Place
from windtunnel.sim.communities.forum.posts import HOSTILE
from windtunnel.sim.communities.forum.settings import Settings


def withdraw(forum: Place, view: View) -> None:
    """Nobody follows twice, or itself, or shares its own post; a feed of one's own is offered once."""
    rows, focus = view.rows, view.focus
    if forum.ties is not None:
        author = forum.posts.author[focus] if len(forum.posts) else focus
        alone = (focus < 0) | (author == rows)
        view.withdraw(alone | forum.ties.once.has(rows, author), "follow")
        view.withdraw(alone, "repost")
    if forum.interests is not None:
        closed = forum.interests.own_ranking[rows] | (not forum.interests.rule.choosing)
        view.withdraw(closed, "switch")
        view.feature("choosing")[:] = ~closed


def vote(forum: Place, acts: Acts) -> None:
    """Count votes by the voter's camp."""
    for kind, column in (("upvote", forum.posts.ups), ("downvote", forum.posts.downs)):
        voted = acts.passed & (acts.kind == kind)
        if voted.any():
            camp = 0 if forum.camp is None else forum.camp[acts.rows[voted]]
            np.add.at(column, (acts.target[voted], camp), 1)


def done(forum: Place, acts: Acts, now: int) -> None:
    """Follow, share and change feeds; count what becomes of what is false or hostile."""
    posts, passed = forum.posts, acts.passed
    followed, shared = (passed & (acts.kind == kind) for kind in ("follow", "repost"))
    if forum.ties is not None:
        forum.ties.follow(acts.rows[followed], posts.author[acts.target[followed]])
        forum.ties.share(acts.rows[shared], acts.target[shared], now)
    if forum.interests is not None:
        forum.interests.own_ranking[acts.rows[passed & (acts.kind == "switch")]] = True
    backs = acts.target[passed & np.isin(acts.kind, ("upvote", "repost"))]
    found = {
        "follows": followed.sum(),
        "reposts": shared.sum(),
        "hostile_reposts": (posts.tone[acts.target[shared]] == HOSTILE).sum(),
        "false_support": posts.false[backs].sum() if len(backs) else 0,
    }
    for name, number in found.items():
        if name in forum.counted:
            forum.counted[name] += float(number)


def born_with(forum: Place, key: int, ids: np.ndarray) -> dict[str, np.ndarray]:
    """What else posts (ids) are born with, where the forum has it."""
    found: dict[str, np.ndarray] = {}
    if forum.settings.false_share is not None:
        found["false"] = noise.uniform(key, "false", 0, ids) < forum.settings.false_share
    if forum.interests is not None:
        found["promoted"] = forum.interests.promoted(key, ids)
    return found


def noticed(forum: Place, rows: np.ndarray, focus: np.ndarray) -> dict[str, np.ndarray]:
    """What a member notices of a post where the forum has it (n,)."""
    posts, found = forum.posts, focus >= 0
    columns: dict[str, np.ndarray] = {"noted": found & posts.noted[focus]}
    if forum.camp is not None:
        columns["other_camp"] = found & (forum.camp[posts.author[focus]] != forum.camp[rows])
    if forum.interests is not None:
        columns["fits"] = found * forum.interests.wanted(rows, focus[:, None])[:, 0]
        marked = forum.interests.rule.marked & (posts.promoted[focus] >= PROMOTED)
        columns["marked"] = found & marked
    return columns


def counts_of(settings: Settings) -> dict[str, float]:
    """What a forum of these settings counts in a step beside push and pull, at 0."""
    names = {
        "can_follow": ("follows",),
        "can_repost": ("reposts", "hostile_reposts"),
        "false_share": ("false_support",),
    }
    return {name: 0.0 for extra in settings.extras for name in names.get(extra, ())}
