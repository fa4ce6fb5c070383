"""What `prompt: member` tells of a thread and of the member: who answers whom, tone, score, age, and what a post says.

Each line says what it is, so that a question can leave out what it has no room for. A post's words are made harmless
before they are put into a line, whoever wrote them.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from windtunnel.agents.harmless import quoted
from windtunnel.agents.situation import Line
from windtunnel.sim import noise
from windtunnel.sim.communities.forum.place import Place
from windtunnel.sim.communities.forum.posts import TONES, VISIBLE

POSTS_TOLD = 8
"""The opening post and the newest others of a thread."""
SOMEBODY = "somebody"
"""Whom a reply answers where nobody knows."""
UNNAMED = -2
"""In place of the row of whom such a reply answers."""
MEMORIES = 12
"""Replies that a member may recall; how many are told is bounded in tokens, by the question."""


class Post(NamedTuple):
    """One post as every member reads it: the rows of its author and of whom it answers (-1: nobody, it opens the thread; UNNAMED:
    the record does not know), and the words for each.
    """

    author: int
    answered: int
    name: str
    answered_name: str
    says: str
    about: tuple[str, str] | None

    def line(self, reader: int) -> Line:
        """How the member in row `reader` reads it: its own posts are marked, and answers to it."""
        answered = self.answered if self.answered != -1 else None
        head = headed(self.name, self.author, answered, self.answered_name, reader)
        return Line("shown", f"{head}: {self.says}", self.about)


def headed(name: str, author: object, answered: object, answered_name: str, reader: object) -> str:
    """How a line of a thread begins: whose post it is, whether the reader's own, and whom it answers (None: nobody).

    >>> headed("regular 3", 3, 4, "newcomer 4", 3), headed("newcomer 4", 4, 3, "regular 3", 3)
    ('- regular 3 (you), answering newcomer 4', '- newcomer 4, answering you')
    """
    mine = author == reader
    if answered is None:
        whom = "opening the thread"
    elif answered == author:
        whom = f"answering {'your' if mine else 'their'} own post"
    else:
        whom = f"answering {'you' if answered == reader else answered_name}"
    return f"- {name}{' (you)' if mine else ''}, {whom}"


class Thread(NamedTuple):
    """What every member is told of a thread, and what is said of it."""

    posts: tuple[Post, ...]
    notes: tuple[Line, ...]


def thread_lines(forum: Place, now: int, row: int, focus: int, cache: dict[int, Thread]) -> list[Line]:
    """Lines for the member in `row` that attends to post `focus`: the thread (shared) first, itself last."""
    if focus < 0:
        nothing = Line("looking", "Nothing in the feed catches your eye.")
        return [nothing, *_member_lines(forum, now, row, focus)]
    number = int(forum.posts.thread[focus])
    if number not in cache:
        cache[number] = _thread(forum, now, number)
    thread = cache[number]
    shown = [Line("looking", "The thread, oldest first:"), *(post.line(row) for post in thread.posts)]
    return [*shown, *thread.notes, _looking(forum, now, row, focus), *_member_lines(forum, now, row, focus)]


def _looking(forum: Place, now: int, row: int, focus: int) -> Line:
    """The post that the member attends to, and what it says if that does not stand above."""
    posts = forum.posts
    tone, author, answered = TONES[posts.tone[focus]], int(posts.author[focus]), _answered(forum, focus)
    whose = f"your own {tone} post" if author == row else f"the {tone} post of {_name(forum, author, now)}"
    looking = f"You are looking at {whose}."
    if answered >= 0 and answered != author:
        looking += f" It answers {'you' if answered == row else _name(forum, answered, now)}."
    said = _words(forum, focus, " It says: ")
    if said and focus not in _told(forum, int(posts.thread[focus])):
        return Line("looking", looking + said, _about(forum, focus))
    return Line("looking", looking)


def _thread(forum: Place, now: int, thread: int) -> Thread:
    posts = forum.posts
    told = []
    for post in map(int, _told(forum, thread)):
        author, answered = int(posts.author[post]), _answered(forum, post)
        says = f"{TONES[posts.tone[post]]}, score {int(posts.score[post])}, {_age(forum, now, post)} h ago"
        told.append(
            Post(
                author,
                answered,
                _name(forum, author, now),
                _name(forum, answered, now) if answered >= 0 else SOMEBODY,
                says + _words(forum, post, ": "),
                _about(forum, post),
            )
        )
    notes = []
    if posts.locked_until[thread] > now:
        notes.append(Line("looking", "Moderators have locked the thread."))
    if posts.calmed_until[thread] > now:
        notes.append(Line("looking", "Somebody has asked everyone here to stay civil."))
    return Thread(tuple(told), tuple(notes))


def _answered(forum: Place, post: int) -> int:
    """The row of the member that a post answers; -1 for one that opens a thread, UNNAMED where nobody knows."""
    answered = int(forum.posts.answered[post])
    return UNNAMED if answered < 0 <= int(forum.posts.parent[post]) else answered


def _told(forum: Place, thread: int) -> np.ndarray:
    """Rows of the posts of a thread that are told, oldest first."""
    posts = forum.posts
    rows = np.flatnonzero((posts.thread == thread) & (posts.state == VISIBLE))
    return np.unique(np.concatenate([rows[:1], rows[-(POSTS_TOLD - 1) :]]))


def _words(forum: Place, post: int, before: str) -> str:
    """What a post says, after `before`; nothing where it has no words."""
    text = forum.speech.texts.get(int(forum.posts.id[post]))
    return before + quoted(text) if text else ""


def _about(forum: Place, post: int) -> tuple[str, str] | None:
    """Whose imported words a post holds; None where its words are nobody's."""
    return forum.speech.about.get(int(forum.posts.id[post]))


def _member_lines(forum: Place, now: int, row: int, focus: int) -> list[Line]:
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


def _memories(forum: Place, now: int, row: int, focus: int) -> list[Line]:
    """Replies that the member got and can still see, most relevant first.

    First those of the author it is looking at, then those in this thread, then the rudest, then the newest; the
    post's id decides between equals, so that twins recall alike. A retriever with biases finds them by score instead.
    """
    posts = forum.posts
    mine = (posts.answered == row) & (posts.author != row)
    rows = np.flatnonzero(mine & (posts.state == VISIBLE))
    author, thread = (posts.author[focus], posts.thread[focus]) if focus >= 0 else (-1, -1)
    keys = (posts.id[rows], -posts.step[rows], -posts.tone[rows], posts.thread[rows] != thread)
    rows = rows[np.lexsort((*keys, posts.author[rows] != author))]
    if forum.settings.retriever.on:
        rows = rows[np.argsort(-_found(forum, now, row, focus, rows), kind="stable")]
    rows = rows[:MEMORIES]
    return [
        Line(
            "memory",
            f"You recall: {_name(forum, int(posts.author[post]), now)} gave you a {TONES[posts.tone[post]]} answer"
            f"{' in this thread' if posts.thread[post] == thread else ''} {_age(forum, now, int(post))} h ago.",
        )
        for post in rows
    ]


def _found(forum: Place, now: int, row: int, focus: int, rows: np.ndarray) -> np.ndarray:
    """How high the member's retriever finds the replies `rows`, whose order is that of relevance: of n the first has 1, the last 1/n.

    The query is what the post in focus says; what is said to nobody looking at anything matches nothing.
    """
    texts = forum.speech.texts
    query = texts.get(int(forum.posts.id[focus]), "") if focus >= 0 else ""
    said = [texts.get(int(post), "") for post in forum.posts.id[rows]]
    lot = ndtri(
        noise.uniform(forum.luck.at(now), f"recalls {int(forum.members.id[row])}", 0, forum.posts.id[rows])
    )
    relevance = 1 - np.arange(len(rows)) / max(1, len(rows))
    return forum.settings.retriever.scores(query, said, relevance, lot)


def _age(forum: Place, now: int, post: int) -> int:
    return round((now - int(forum.posts.step[post])) * forum.hours)


def _name(forum: Place, row: int, now: int) -> str:
    kind = "newcomer" if forum.members.newcomer_until[row] > now else "regular"
    return f"{kind} {int(forum.members.id[row])}"
