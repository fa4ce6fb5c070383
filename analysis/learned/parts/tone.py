"""In what tone a reply is written, given that it is: author, thread and parent, partially pooled, on the readers' probabilities.

Intercepts are those of the replies that are scored. The ceiling is a clairvoyant who knows every other post of author
and thread, past and future: what no mind that reads structure alone can pass by much.
"""

from typing import NamedTuple

import numpy as np

from windtunnel.analysis.learned.record import CommunityRecord
from windtunnel.analysis.model_commands.logit import Logit, likeliest

POOL = 5.0
"""Posts at the common shares added to those of an author, or a thread."""
PENALTIES = (30.0, 100.0, 300.0)
"""Half of one of these, times the sum of squares of the weights, columns at unit spread, is taken from the log-likelihood."""
OF_LATE = 300
FOLDS = 5
MOST = 20_000
"""Replies fitted to at most, the latest."""
TONES = ("civil", "heated", "hostile")

PAST = (
    "author_heated",
    "author_hostile",
    "thread_heated",
    "thread_hostile",
    "parent_heated",
    "parent_hostile",
    "parent_author_heated",
    "parent_author_hostile",
    "opener_heated",
    "opener_hostile",
    "pair_heated",
    "author_here_heated",
    "author_here_hostile",
    "author_last_heated",
    "author_last_hostile",
    "ancestors_heated",
    "ancestors_hostile",
    "of_late_heated",
    "of_late_hostile",
)
PLACE = (
    "depth",
    "answers_first_post",
    "position",
    "thread_age",
    "answers_after",
    "since_previous",
    "siblings",
    "newcomer",
    "posts_of_author",
    "author_here",
    "by_opener",
    "answers_own",
    "answers_back",
    "people",
    "day_sin",
    "day_cos",
)
NAMES = (*PAST, *PLACE)
ORACLE = ("author_heated", "author_hostile", "thread_heated", "thread_hostile")


class Tones(NamedTuple):
    """Replies (n,) with a tone, what was known before each (n, features) and to the clairvoyant (n, 4), and its probabilities (n, 3)."""

    row: np.ndarray
    x: np.ndarray
    oracle: np.ndarray
    tone: np.ndarray
    cluster: np.ndarray

    def only(self, chosen: np.ndarray) -> "Tones":
        return Tones(*(each[chosen] for each in self))


class FittedTone(NamedTuple):
    """log p = base + (x - centre) / scale · weights, normalised; `penalty` None: base rates alone."""

    logit: Logit
    centre: np.ndarray
    scale: np.ndarray
    penalty: float | None

    def log_chances(self, x: np.ndarray) -> np.ndarray:
        """Log-probabilities (n, 3) in nats."""
        return self.logit.rows((x - self.centre) / self.scale, np.ones((len(x), 3), bool))


def gather(record: CommunityRecord) -> Tones | None:
    """The replies that are scored: with a tone, an author that is known and a parent; None where there are none.

    Where the record tells no parents at all, a thread's first post stands for them.
    """
    has = ~np.isnan(record.tone).any(axis=1)
    answers = (record.parent >= 0) | ("parent" in record.lacks)
    rows = np.flatnonzero(~record.opens & record.known & has & answers)
    if not len(rows):
        return None
    x, oracle = _features(record, has)
    return Tones(rows, x[rows], oracle[rows], record.tone[rows], record.thread[rows])


def fit(x: np.ndarray, tone: np.ndarray, penalty: float | None) -> FittedTone:
    """The multinomial logit of least penalised cross-entropy to the probabilities `tone` (n, 3)."""
    spread = x.std(axis=0)
    scale = np.where(spread > 1e-9, spread, 1.0)
    centre = x.mean(axis=0)
    weight = np.ones(len(x))
    each = None if penalty is None else penalty / len(x)
    made = likeliest((x - centre) / scale, tone, np.ones((len(x), 3), bool), weight, each)
    return FittedTone(made, centre, scale, penalty)


def fit_clairvoyant(oracle: np.ndarray, tone: np.ndarray) -> FittedTone:
    """The law of one who knows every other post of author and thread, `oracle` (n, 4) as in `ORACLE`.

    A tone that is likelier the rarer it is among the others is left out: within one author or one thread the others lack just the
    post that is asked about, which tells its tone without foretelling anything.
    """
    used = np.ones(oracle.shape[1], bool)
    while True:
        made = fit(np.where(used, oracle, 0.0), tone, 1.0)
        gain = made.logit.weights[:, 1:] - made.logit.weights[:, :1]
        own = np.array([gain[column, column % 2] for column in range(len(used))])
        against = used & (own < 0)
        if not against.any():
            return made
        used &= ~against


def chosen_penalty(x: np.ndarray, tone: np.ndarray, cluster: np.ndarray) -> float | None:
    """The penalty that foretells these replies (in order of time) best from those before them; None (base rates) where none of them
    is better than base rates with 95 % confidence over threads.

    Each fifth from the third on is foretold from all before it. Acts held out play no part.
    """
    from windtunnel.analysis.causal.intervals import mean_difference

    ends = [len(x) * fifth // FOLDS for fifth in range(2, FOLDS + 1)]
    if ends[0] < 50:
        return None
    best: tuple[float, float | None] = (0.0, None)
    rates = [fit(x[:end], tone[:end], None) for end in ends[:-1]]
    for penalty in PENALTIES:
        gains = []
        for base, begin, end in zip(rates, ends, ends[1:], strict=False):
            made = fit(x[:begin], tone[:begin], penalty)
            later = slice(begin, end)
            gains.append(bits(made, x[later], tone[later]) - bits(base, x[later], tone[later]))
        gain = np.concatenate(gains)
        found = mean_difference(gain, cluster[ends[0] :])
        if found.low is not None and found.low > 0 and gain.mean() > best[0]:
            best = (float(gain.mean()), penalty)
    return best[1]


def bits(fitted: FittedTone, x: np.ndarray, tone: np.ndarray) -> np.ndarray:
    """Expected log2-probability of the tone (n,), over the reader's probabilities of it."""
    return np.asarray((tone * fitted.log_chances(x)).sum(axis=1) / np.log(2))


def _features(record: CommunityRecord, has: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    n, nobody = len(record), len(record.authors)
    p = np.where(has[:, None], record.tone, 0.0)[:, 1:]
    replies = has & ~record.opens
    common = np.clip(p[replies].mean(axis=0), 1e-4, 1 - 1e-4)
    author = np.where(record.known, record.author, nobody)
    parent = np.where(record.parent >= 0, record.parent, record.root[record.thread])
    past_author, count_author = _past(p, has, author, nobody + 1)
    past_thread, count_thread = _past(p, has, record.thread, record.threads)
    pair = author.astype(np.int64) * (nobody + 1) + author[parent]
    past_pair, count_pair = _past(p, has, np.unique(pair, return_inverse=True)[1], n)
    author_odds = _odds(past_author, count_author, common)
    author_odds[author == nobody] = 0
    thread_odds, pair_odds = _odds(past_thread, count_thread, common), _odds(past_pair, count_pair, common)
    here = np.unique(author.astype(np.int64) * record.threads + record.thread, return_inverse=True)[1]
    here_odds = _odds(*_past(p, has, here, n), common)
    here_odds[author == nobody] = 0
    last = _last(np.where(has[:, None], p, common), author, common)
    last[author == nobody] = common
    total = np.vstack([np.zeros(2), np.cumsum(p, axis=0)])
    counted = np.concatenate([[0], np.cumsum(has)])
    late = np.maximum(np.arange(n) - OF_LATE, 0)
    of_late = _odds(total[:n] - total[late], counted[:n] - counted[late], common)
    columns = [
        author_odds,
        thread_odds,
        np.where(has[parent][:, None], p[parent], common),
        author_odds[parent],
        np.where(has[record.root[record.thread]][:, None], p[record.root[record.thread]], common),
        pair_odds[:, :1],
        here_odds,
        last,
        _ancestors(record, np.where(has[:, None], p, common), common),
        of_late,
        _place(record, author, parent, nobody),
    ]
    oracle = np.hstack(
        [_others(p, has, author, nobody + 1, common), _others(p, has, record.thread, record.threads, common)]
    )
    oracle[author == nobody, :2] = 0
    return np.hstack(columns), oracle


def _past(p: np.ndarray, has: np.ndarray, group: np.ndarray, groups: int) -> tuple[np.ndarray, np.ndarray]:
    """Sums of p (n, 2) and counts (n,) over earlier rows of the same group."""
    order = np.argsort(group, kind="stable")
    first = np.concatenate([[0], np.cumsum(np.bincount(group, minlength=groups))])[:-1][group[order]]
    sums = np.vstack([np.zeros(2), np.cumsum(p[order], axis=0)])
    counts = np.concatenate([[0], np.cumsum(has[order])])
    at = np.arange(len(p))
    found, often = np.zeros_like(p), np.zeros(len(p))
    found[order], often[order] = sums[at] - sums[first], counts[at] - counts[first]
    return found, often


def _last(p: np.ndarray, group: np.ndarray, common: np.ndarray) -> np.ndarray:
    """p (n, 2) of the row before in the same group; the common shares where there is none."""
    order = np.argsort(group, kind="stable")
    found = np.tile(common, (len(p), 1))
    same = group[order][1:] == group[order][:-1]
    found[order[1:][same]] = p[order[:-1][same]]
    return found


def _ancestors(record: CommunityRecord, p: np.ndarray, common: np.ndarray) -> np.ndarray:
    """The posts above each reply, (n, 2): half the parent's p, a quarter of the one above, and so on."""
    found = np.tile(common, (len(p), 1))
    for row in np.flatnonzero(record.parent >= 0).tolist():
        up = record.parent[row]
        found[row] = (found[up] + p[up]) / 2
    return found


def _others(p: np.ndarray, has: np.ndarray, group: np.ndarray, groups: int, common: np.ndarray) -> np.ndarray:
    """Pooled log-odds of every other post of the same group, earlier or later, (n, 2)."""
    sums, counts = np.zeros((groups, 2)), np.bincount(group, has, minlength=groups)
    np.add.at(sums, group, p)
    return _odds(sums[group] - p, counts[group] - has, common)


def _odds(sums: np.ndarray, counts: np.ndarray, common: np.ndarray) -> np.ndarray:
    share = np.clip((sums + POOL * common) / (counts[:, None] + POOL), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(share / (1 - share)) - np.log(common / (1 - common)))


def _place(record: CommunityRecord, author: np.ndarray, parent: np.ndarray, nobody: int) -> np.ndarray:
    n, minute, root = len(record), record.minute, record.root[record.thread]
    ones = np.ones((n, 2))
    every = np.ones(n, bool)
    written = _past(ones, every, author, nobody + 1)[1]
    position = _past(ones, every, record.thread, record.threads)[1]
    siblings = _past(ones, every, parent, n)[1]
    place = np.unique(author * record.threads + record.thread, return_inverse=True)[1]
    here = _past(ones, every, place, n)[1]
    first_here = (here == 0) & (author != nobody)
    people = _past(
        np.column_stack([first_here, first_here]).astype(float), every, record.thread, record.threads
    )[0][:, 0]
    grandparent = np.where(record.parent[parent] >= 0, record.parent[parent], root)
    order = np.lexsort((np.arange(n), record.thread))
    before = root.copy()
    same = record.thread[order][1:] == record.thread[order][:-1]
    before[order[1:][same]] = order[:-1][same]
    signed = author != nobody
    turn = 2 * np.pi * (minute % 1440) / 1440
    return np.column_stack(
        [
            np.log1p(record.depth),
            record.depth == 1,
            np.log1p(position),
            np.log1p(minute - minute[root]),
            np.log1p(minute - minute[parent]),
            np.log1p(minute - minute[before]),
            np.log1p(siblings),
            (written == 0) & signed,
            np.log1p(written) * signed,
            np.log1p(here) * signed,
            (author == author[root]) & signed,
            (author == author[parent]) & signed,
            (author == author[grandparent]) & signed & (record.depth >= 2),
            np.log1p(people),
            np.sin(turn),
            np.cos(turn),
        ]
    )
