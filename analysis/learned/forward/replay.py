"""A record lived through once: what each act was an answer to, which debts there were, and what could have been chosen."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from windtunnel.analysis.learned.record import UNKNOWN, CommunityRecord
from windtunnel.sim.communities.forum.learned import strangers
from windtunnel.sim.communities.forum.learned.law import WINDOW, own_thread_terms, post_terms, thread_terms

MOST_CHOICES = 5_000
"""Recorded choices of each kind that are looked at."""
MOST_THREADS, MOST_POSTS = 60, 200
"""Options of a choice that are looked at: threads at random beside the one chosen, the latest posts and the opening one."""
FIRST_OPENS, FIRST_REPLIES, OWED, OTHER_OPENS, OTHER_REPLIES = range(5)
"""Kinds of act: somebody's first, the payment of a debt, anything else."""


def with_strangers(record: CommunityRecord) -> tuple[np.ndarray, int]:
    """Authors (n,) in which each post without one is somebody's, and the number of the first such stranger.

    Who answers back a reply to a nameless post is taken for its author; any other nameless post is by a stranger.
    """
    first = int(record.author.max(initial=-1)) + 1
    author = strangers.with_strangers(record.author, record.parent, UNKNOWN, first)
    return author, first


@dataclass
class Debts:
    """Unanswered replies, one row each: whose, which post, from when to when (hours; inf: to the end), and what they say."""

    member: list[int] = field(default_factory=list)
    since: list[float] = field(default_factory=list)
    until: list[float] = field(default_factory=list)
    paid: list[bool] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    """When somebody else first answered the post."""
    depth: list[int] = field(default_factory=list)
    root: list[bool] = field(default_factory=list)
    exchange: list[int] = field(default_factory=list)
    met: list[int] = field(default_factory=list)
    unnamed_partner: list[bool] = field(default_factory=list)


class Choice(NamedTuple):
    """One recorded choice: the terms of its options (options, terms), and which was taken.

    `names` (options,) are the threads, where these were chosen among; `many`: of how many the options are a sample; `thread`: the
    thread that was answered in.
    """

    options: np.ndarray
    taken: int
    names: np.ndarray = np.empty(0, np.int64)
    many: int = 0
    thread: int = 0


class Mark(NamedTuple):
    """A newcomer's reply: the terms of `unnamed`, whether the record lacks the name, and the thread."""

    terms: list[float]
    lacks: bool
    thread: int


@dataclass
class Lived:
    """What a record comes to: kinds of act (n,), members (n,) with strangers, hours (n,), debts and choices.

    `answered` (n,): whom an act answers, or -1.
    """

    member: np.ndarray
    stranger: int
    hour: np.ndarray
    kind: np.ndarray
    answered: np.ndarray
    debts: Debts
    threads: dict[str, list[Choice]]
    posts: dict[str, list[Choice]]
    marks: list[Mark]


def lived(record: CommunityRecord, counts: np.ndarray, seed: int = 0) -> Lived:
    """Go through the record once; only acts marked in `counts` (n,) are kept as choices."""
    member, stranger = with_strangers(record)
    hour = record.minute / 60.0 + 1e-6 * np.arange(len(record))  # acts of one minute keep their order
    n, threads = len(record), record.threads
    root = record.root
    parent = np.where(record.opens, UNKNOWN, np.where(record.parent >= 0, record.parent, root[record.thread]))
    kind = np.full(n, OTHER_REPLIES, np.int8)
    answered = np.full(n, UNKNOWN)
    out = Lived(
        member, stranger, hour, kind, answered, Debts(), {"new": [], "old": []}, {"new": [], "old": []}, []
    )
    sampled = _sampled(record, counts, seed)
    picks = np.random.default_rng(seed + 1)
    state = _State(n, threads, int(member.max(initial=-1)) + 1, stranger)
    for row in range(n):
        _act(out, state, record, parent, row, bool(sampled[row]), picks)
    return out


def _sampled(record: CommunityRecord, counts: np.ndarray, seed: int) -> np.ndarray:
    """Bool (n,): replies that are looked at as choices, about twice `MOST_CHOICES` in all."""
    may = counts & ~record.opens
    share = min(1.0, 2 * MOST_CHOICES / max(int(may.sum()), 1))
    return may & (np.random.default_rng(seed).random(len(may)) < share)


class _State:
    """What the record has come to so far."""

    def __init__(self, posts: int, threads: int, members: int, stranger: int) -> None:
        self.stranger = stranger
        self.seen: set[int] = set()
        self.debt: dict[
            tuple[int, int, int], tuple[int, int]
        ] = {}  # (member, partner, thread) to (debt, post)
        self.met: dict[tuple[int, int], int] = {}
        self.first_answer: dict[int, list[int]] = {}  # post to the debts that it is
        self.last = np.full(threads, -np.inf)
        self.opened = np.zeros(threads)
        self.size = np.zeros(threads, np.int64)
        self.unnamed = np.zeros(threads, np.int64)
        self.authors: list[set[int]] = [set() for _ in range(threads)]
        self.crowd = np.zeros(threads, np.int64)
        self.rows: list[list[int]] = [[] for _ in range(threads)]
        self.inside: dict[
            int, dict[int, int]
        ] = {}  # member to thread to its size at the member's last post there
        self.mine: dict[int, set[int]] = {}  # member to the posts that it answered
        self.opener = np.full(threads, UNKNOWN)
        self.acts = np.zeros(members, np.int64)
        self.wrote = np.zeros(members)
        self.replies = np.zeros(posts, np.int64)
        self.exchange = np.zeros(posts, np.int64)


def _act(
    out: Lived,
    state: _State,
    record: CommunityRecord,
    parent: np.ndarray,
    row: int,
    sampled: bool,
    picks: np.random.Generator,
) -> None:
    who, up, thread, now = (
        int(out.member[row]),
        int(parent[row]),
        int(record.thread[row]),
        float(out.hour[row]),
    )
    first = who not in state.seen
    partner = int(out.member[up]) if up >= 0 else UNKNOWN
    paid = state.debt.get((who, partner, thread)) if up >= 0 else None
    if record.opens[row]:
        out.kind[row] = FIRST_OPENS if first else OTHER_OPENS
    elif first:
        out.kind[row] = FIRST_REPLIES
    elif paid is not None and paid[1] == up:
        out.kind[row] = OWED
    out.answered[row] = partner
    if out.kind[row] == FIRST_REPLIES:
        share = state.unnamed[thread] / max(state.size[thread], 1)
        terms = [1.0, float(up == record.root[thread]), share, float(partner >= state.stranger)]
        out.marks.append(Mark(terms, who >= state.stranger, thread))
    if sampled and up >= 0 and out.kind[row] in (FIRST_REPLIES, OTHER_REPLIES):
        group = "new" if first else "old"
        if len(out.threads[group]) < MOST_CHOICES:
            out.threads[group].append(_thread_choice(state, record, who, thread, now, first, picks))
            out.posts[group].append(_post_choice(out, state, record, who, thread, up, now, first))
    _after(out, state, record, row, who, up, thread, now, partner, paid)


def _after(
    out: Lived,
    state: _State,
    record: CommunityRecord,
    row: int,
    who: int,
    up: int,
    thread: int,
    now: float,
    partner: int,
    paid: tuple[int, int] | None,
) -> None:
    """What the act leaves behind."""
    state.seen.add(who)
    state.acts[who] += 1
    state.wrote[who] = now
    state.last[thread] = now
    state.rows[thread].append(row)
    if record.opens[row]:
        state.opened[thread], state.opener[thread] = now, who
    else:
        state.size[thread] += 1
        state.unnamed[thread] += who >= state.stranger
    if who not in state.authors[thread]:
        state.authors[thread].add(who)
        state.crowd[thread] += 1
    state.inside.setdefault(who, {})[thread] = int(state.size[thread])
    if up < 0:
        return
    state.replies[up] += 1
    state.mine.setdefault(who, set()).add(up)
    for debt in state.first_answer.pop(up, ()):
        if out.debts.member[debt] != who:
            out.debts.answered[debt] = min(out.debts.answered[debt], now)
    if paid is not None:
        out.debts.until[paid[0]], out.debts.paid[paid[0]] = now, out.kind[row] == OWED
        del state.debt[(who, partner, thread)]
    if partner == who:
        return
    back = int(out_parent) if (out_parent := record.parent[up]) >= 0 else UNKNOWN
    if back >= 0 and out.member[back] == who:
        state.exchange[row] = state.exchange[up] + 1
    key = (partner, who, thread)
    if key in state.debt:
        out.debts.until[state.debt[key][0]] = now
    debts = out.debts
    state.debt[key] = (len(debts.member), row)
    state.first_answer.setdefault(row, []).append(len(debts.member))
    debts.member.append(partner)
    debts.since.append(now)
    debts.until.append(np.inf)
    debts.paid.append(False)
    debts.answered.append(np.inf)
    debts.depth.append(int(record.depth[row]))
    debts.root.append(bool(record.opens[up]))
    debts.exchange.append(int(state.exchange[row]))
    debts.met.append(state.met.get((partner, who), 0) + state.met.get((who, partner), 0))
    debts.unnamed_partner.append(who >= state.stranger)
    state.met[(who, partner)] = state.met.get((who, partner), 0) + 1


def _thread_choice(
    state: _State,
    record: CommunityRecord,
    who: int,
    thread: int,
    now: float,
    first: bool,
    picks: np.random.Generator,
) -> Choice:
    near = np.flatnonzero(state.last >= now - WINDOW)
    near = near[near != thread]
    many = 1 + len(near)
    if len(near) > MOST_THREADS:
        near = picks.choice(near, MOST_THREADS, replace=False)
    offered = np.concatenate([[thread], near]).astype(int)
    opener = state.opener[offered]
    columns = thread_terms(
        state.size[offered],
        state.crowd[offered],
        now - state.opened[offered],
        now - state.last[offered],
        opener >= state.stranger,
        state.acts[opener],
    )
    if not first:
        inside = state.inside.get(who, {})
        at = np.array([inside.get(each, -1) for each in offered.tolist()])
        columns = np.column_stack(
            [columns, *own_thread_terms(at, state.size[offered], state.opener[offered] == who)]
        )
    return Choice(columns, 0, offered, many, thread)


def _post_choice(
    out: Lived,
    state: _State,
    record: CommunityRecord,
    who: int,
    thread: int,
    up: int,
    now: float,
    first: bool,
) -> Choice:
    rows = state.rows[thread]
    shown = np.array(rows if len(rows) <= MOST_POSTS else [rows[0], *rows[-MOST_POSTS + 1 :]])
    if up not in shown:
        shown = np.append(shown, up)
    owed = {
        post
        for (member, _, place), (_, post) in _debts_of(state, who, thread)
        if member == who and place == thread
    }
    if owed:
        shown = shown[[post not in owed or post == up for post in shown.tolist()]]
    authors, root = out.member[shown], record.opens[shown]
    columns = post_terms(
        root,
        state.replies[shown],
        now - out.hour[shown],
        record.depth[shown],
        shown == rows[-1],
        authors >= state.stranger,
        state.acts[authors],
        now - state.wrote[authors],
        (authors == state.opener[thread]) & ~root,
    )
    if not first:
        mine = state.mine.get(who, set())
        known = np.array([state.met.get((other, who), 0) > 0 for other in authors.tolist()])
        answered = np.array([post in mine for post in shown.tolist()])
        columns = np.column_stack([columns, authors == who, answered, known])
    return Choice(columns, int(np.flatnonzero(shown == up)[0]), thread=thread)


def _debts_of(state: _State, who: int, thread: int) -> list[tuple[tuple[int, int, int], tuple[int, int]]]:
    """Debts of a member in a thread."""
    keys = [(who, other, thread) for other in state.authors[thread]]
    return [(key, state.debt[key]) for key in keys if key in state.debt]
