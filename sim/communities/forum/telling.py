"""What `prompt: member` tells of a thread and of the member: author, tone, score and age, no prose."""

from typing import TYPE_CHECKING

import numpy as np

from sim.communities.forum.posts import VISIBLE
from sim.events import TONES

if TYPE_CHECKING:
    from sim.communities.forum.forum import Forum

POSTS_TOLD = 8
"""The opening post and the newest others of a thread."""


def thread_lines(forum: "Forum", now: int, row: int, focus: int, cache: dict[int, list[str]]) -> list[str]:
    """Lines for the member in `row` that attends to post `focus`: the thread (shared) first, itself last."""
    if focus < 0:
        return ["Nothing in the feed catches your eye.", *_member_lines(forum, now, row)]
    thread = int(forum.posts.thread[focus])
    if thread not in cache:
        cache[thread] = _posts_lines(forum, now, thread)
    posts = forum.posts
    looking = f"You are looking at the {TONES[posts.tone[focus]]} post of {_name(forum, int(posts.author[focus]), now)}."
    parent = posts.parent[focus]
    if parent >= 0 and posts.author[parent] == row:
        looking += " It answers you."
    return [*cache[thread], looking, *_member_lines(forum, now, row)]


def _posts_lines(forum: "Forum", now: int, thread: int) -> list[str]:
    posts = forum.posts
    rows = np.flatnonzero((posts.thread == thread) & (posts.state == VISIBLE))
    rows = np.unique(np.concatenate([rows[:1], rows[-(POSTS_TOLD - 1) :]]))
    lines = ["The thread, oldest first:"]
    for post in rows:
        age = round((now - int(posts.step[post])) * forum.hours)
        author = _name(forum, int(posts.author[post]), now)
        lines.append(f"- {author}: {TONES[posts.tone[post]]}, score {int(posts.score[post])}, {age} h ago")
    if posts.locked_until[thread] > now:
        lines.append("Moderators have locked the thread.")
    if posts.calmed_until[thread] > now:
        lines.append("Somebody has asked everyone here to stay civil.")
    return lines


def _member_lines(forum: "Forum", now: int, row: int) -> list[str]:
    wrote = int((forum.posts.author == row).sum())
    lines = [
        f"You have written {wrote} post{'s' * (wrote != 1)} here."
        if wrote
        else "You have not written here yet."
    ]
    answer = forum.newest_reply_to[row]
    if answer >= 0:
        lines.append(f"The last reply you got was {TONES[forum.posts.tone[answer]]}.")
    if forum.warned_until[row] > now:
        lines.append("Moderators have warned you about your tone.")
    return lines


def _name(forum: "Forum", row: int, now: int) -> str:
    kind = "newcomer" if forum.members.newcomer_until[row] > now else "regular"
    return f"{kind} {int(forum.members.id[row])}"
