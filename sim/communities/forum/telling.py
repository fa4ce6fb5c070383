"""What `prompt: member` tells of a thread and of the member: author, tone, score, age, and what a post says, if anything.

Each line says what it is, so that a question can leave out what it has no room for. A post's words are made harmless
before they are put into a line, whoever wrote them.
"""

from typing import TYPE_CHECKING

import numpy as np

from windtunnel.agents.harmless import quoted
from windtunnel.agents.situation import Line
from windtunnel.sim.communities.forum.posts import TONES, VISIBLE

if TYPE_CHECKING:
    from windtunnel.sim.communities.forum.forum import Forum

POSTS_TOLD = 8
"""The opening post and the newest others of a thread."""
MEMORIES = 12
"""Replies that a member may recall; how many are told is bounded in tokens, by the question."""


def thread_lines(forum: "Forum", now: int, row: int, focus: int, cache: dict[int, list[Line]]) -> list[Line]:
    """Lines for the member in `row` that attends to post `focus`: the thread (shared) first, itself last."""
    if focus < 0:
        nothing = Line("looking", "Nothing in the feed catches your eye.")
        return [nothing, *_member_lines(forum, now, row, focus)]
    thread = int(forum.posts.thread[focus])
    if thread not in cache:
        cache[thread] = _posts_lines(forum, now, thread)
    posts = forum.posts
    looking = f"You are looking at the {TONES[posts.tone[focus]]} post of {_name(forum, int(posts.author[focus]), now)}."
    parent = posts.parent[focus]
    if parent >= 0 and posts.author[parent] == row:
        looking += " It answers you."
    said = _words(forum, focus, " It says: ")
    about = None
    if said and focus not in _told(forum, thread):
        looking += said
        about = _about(forum, focus)
    return [*cache[thread], Line("looking", looking, about), *_member_lines(forum, now, row, focus)]


def _posts_lines(forum: "Forum", now: int, thread: int) -> list[Line]:
    posts = forum.posts
    lines = [Line("looking", "The thread, oldest first:")]
    for post in _told(forum, thread):
        author, age = _name(forum, int(posts.author[post]), now), _age(forum, now, int(post))
        told = f"- {author}: {TONES[posts.tone[post]]}, score {int(posts.score[post])}, {age} h ago"
        lines.append(Line("shown", told + _words(forum, int(post), ": "), _about(forum, int(post))))
    if posts.locked_until[thread] > now:
        lines.append(Line("looking", "Moderators have locked the thread."))
    if posts.calmed_until[thread] > now:
        lines.append(Line("looking", "Somebody has asked everyone here to stay civil."))
    return lines


def _told(forum: "Forum", thread: int) -> np.ndarray:
    """Rows of the posts of a thread that are told, oldest first."""
    posts = forum.posts
    rows = np.flatnonzero((posts.thread == thread) & (posts.state == VISIBLE))
    return np.unique(np.concatenate([rows[:1], rows[-(POSTS_TOLD - 1) :]]))


def _words(forum: "Forum", post: int, before: str) -> str:
    """What a post says, after `before`; nothing where it has no words."""
    text = forum.speech.texts.get(int(forum.posts.id[post]))
    return before + quoted(text) if text else ""


def _about(forum: "Forum", post: int) -> tuple[str, str] | None:
    """Whose imported words a post holds; None where its words are nobody's."""
    return forum.speech.about.get(int(forum.posts.id[post]))


def _member_lines(forum: "Forum", now: int, row: int, focus: int) -> list[Line]:
    wrote = int((forum.posts.author == row).sum())
    if not wrote:
        lines = [Line("member", "You have not written here yet.")]
    else:
        lines = [Line("member", f"You have written {wrote} post{'s' * (wrote != 1)} here.")]
        lines += _memories(forum, now, row, focus)
    answer = forum.newest_reply_to[row]
    if answer >= 0:
        lines.append(Line("member", f"The last reply you got was {TONES[forum.posts.tone[answer]]}."))
    if forum.warned_until[row] > now:
        lines.append(Line("member", "Moderators have warned you about your tone."))
    return lines


def _memories(forum: "Forum", now: int, row: int, focus: int) -> list[Line]:
    """Replies that the member got and can still see, most relevant first.

    First those of the author it is looking at, then those in this thread, then the rudest, then the newest; the
    post's id decides between equals, so that twins recall alike.
    """
    posts = forum.posts
    mine = (posts.parent >= 0) & (posts.author[posts.parent] == row) & (posts.author != row)
    rows = np.flatnonzero(mine & (posts.state == VISIBLE))
    author, thread = (posts.author[focus], posts.thread[focus]) if focus >= 0 else (-1, -1)
    keys = (posts.id[rows], -posts.step[rows], -posts.tone[rows], posts.thread[rows] != thread)
    rows = rows[np.lexsort((*keys, posts.author[rows] != author))][:MEMORIES]
    return [
        Line(
            "memory",
            f"You recall: {_name(forum, int(posts.author[post]), now)} gave you a {TONES[posts.tone[post]]} answer"
            f"{' in this thread' if posts.thread[post] == thread else ''} {_age(forum, now, int(post))} h ago.",
        )
        for post in rows
    ]


def _age(forum: "Forum", now: int, post: int) -> int:
    return round((now - int(forum.posts.step[post])) * forum.hours)


def _name(forum: "Forum", row: int, now: int) -> str:
    kind = "newcomer" if forum.members.newcomer_until[row] > now else "regular"
    return f"{kind} {int(forum.members.id[row])}"
