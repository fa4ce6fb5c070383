"""The tone law of learned members, fitted to a record: the same walk through tones as a simulation makes."""

from typing import NamedTuple

import numpy as np

from windtunnel.analysis.learned.parts.tone import FittedTone, chosen_penalty, fit
from windtunnel.analysis.learned.record import CommunityRecord
from windtunnel.sim.communities.forum.learned.tones import TERMS, ToneLaw, ToneMemory

LEAST = 100
"""Replies with a tone below which nothing is fitted."""
FLOOR = 1e-4


class Replies(NamedTuple):
    """Replies (n,) with a tone by a known author to a post that is known: rows of the record, terms (n, terms), tone (0 to 2)."""

    row: np.ndarray
    terms: np.ndarray
    tone: np.ndarray


def common_shares(record: CommunityRecord, rows: np.ndarray | None = None) -> tuple[float, float]:
    """Shares of heated and hostile among the replies that have a tone."""
    every = np.flatnonzero(~record.opens & (record.heard >= 0)) if rows is None else rows
    share = np.bincount(record.heard[every], minlength=3)[1:] / max(len(every), 1)
    heated, hostile = np.clip(share, FLOOR, 1 - FLOOR).tolist()
    return heated, hostile


def walked(record: CommunityRecord, common: tuple[float, float]) -> Replies:
    """The replies that teach a tone, each with what had been said before it."""
    memory = ToneMemory(common)
    columns = (record.author, record.thread, record.parent, record.heard, record.depth)
    opens, known, root = record.opens.tolist(), record.known.tolist(), record.root.tolist()
    rows, terms = [], []
    size = [0] * record.threads
    parent_of, author_of = record.parent.tolist(), record.author.tolist()
    for row, (who, thread, up, tone, depth) in enumerate(
        zip(*(one.tolist() for one in columns), strict=True)
    ):
        first, author = root[thread], who if known[row] else None
        if not opens[row] and up >= 0 and author is not None and tone >= 0:
            back = parent_of[up]
            terms.append(
                memory.terms(
                    author,
                    first,
                    up,
                    depth - 1,
                    size[thread],
                    answers_me=back >= 0 and author_of[back] == who,
                    own=author_of[up] == who,
                )
            )
            rows.append(row)
        memory.note(author, first, row, -1 if opens[row] else (up if up >= 0 else first), max(tone, 0))
        size[thread] += not opens[row]
    at = np.array(rows, np.int64)
    return Replies(at, np.array(terms).reshape(-1, len(TERMS)), record.heard[at].astype(np.int64))


def fit_tones(record: CommunityRecord) -> ToneLaw | None:
    """The tone law of a record; base rates alone where no penalty foretells later fifths better; None with too few replies."""
    common = common_shares(record)
    replies = walked(record, common)
    if len(replies.row) < LEAST:
        return None
    return law_of_replies(replies, record.thread[replies.row], common)


def law_of_replies(replies: Replies, cluster: np.ndarray, common: tuple[float, float]) -> ToneLaw:
    """The law that these replies teach."""
    x, tone = replies.terms, np.eye(3)[replies.tone]
    made: FittedTone = fit(x, tone, chosen_penalty(x, tone, cluster))
    weights = made.logit.weights / made.scale[:, None]
    base = made.logit.base - made.centre @ weights
    slope = weights[:, 1:] - weights[:, :1]
    heated, hostile = (tuple(round(float(each), 5) for each in column) for column in slope.T)
    start = [round(float(base[place] - base[0]), 5) for place in (1, 2)]
    return ToneLaw(
        common=common,
        intercept=(max(start[0], -20.0), max(start[1], -20.0)),
        heated=heated,
        hostile=hostile,
        replies=len(replies.row),
    )
