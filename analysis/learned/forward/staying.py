"""How long members stay: what they still write weeks after they wrote, from which the rate of leaving is read.

Those who wrote twice or more in a span of time write so many posts in later spans, for each post in the first. That ratio falls at once,
since who was busy is less so later, and from then on exponentially: exp(level - lag / stay), fitted by Poisson likelihood to lags of
one span up to half of the record. What a likelihood of single acts says of leaving is next to nothing: who has left looks like who rests.
"""

import numpy as np
from scipy.optimize import minimize

from windtunnel.analysis.learned.forward.rates import Clock
from windtunnel.analysis.learned.record import CommunityRecord

SPANS = 24
"""Spans of a record; in r/Feminism 4.6 days long, and 7 or 14 days give the same within a fifth."""
BUSY = 2
LEAST_PAIRS, LEAST_POSTS = 4, 100
"""Lags, and later posts, of a record that tells. Chosen."""
LONGEST = 20.0
"""So many times as long as the record nobody is known to stay; then nobody leaves."""


def stay_of(record: CommunityRecord, clock: Clock) -> float:
    """Mean days that a member stays; inf where the record does not tell."""
    busy, later, days = _later(record, clock)
    if len(busy) < LEAST_PAIRS or later.sum() < LEAST_POSTS:
        return float("inf")

    def loss(level_and_rate: np.ndarray) -> float:
        level, log_stay = level_and_rate
        log_ratio = level - days / np.exp(log_stay)
        return float((busy * np.exp(log_ratio) - later * log_ratio).sum())

    begin = np.array([np.log(max(later.sum() / busy.sum(), 1e-3)), np.log(clock.end / 24)])
    stay = float(np.exp(minimize(loss, begin, method="Nelder-Mead").x[1]))
    return round(stay, 1) if stay < LONGEST * clock.end / 24 else float("inf")


def _later(record: CommunityRecord, clock: Clock) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By lag: posts of the busy in their span, their posts so much later, and the lag in days. Spans with holes count for nothing."""
    length, hour = clock.end / SPANS, record.minute / 60.0
    span = np.minimum((hour / length).astype(int), SPANS - 1)
    named = record.author >= 0
    count = np.zeros((int(record.author.max(initial=0)) + 1, SPANS))
    np.add.at(count, (record.author[named], span[named]), 1.0)
    edge = np.linspace(0, len(clock.masked), SPANS + 1).astype(int)
    whole = np.array([not clock.masked[low:high].any() for low, high in zip(edge, edge[1:], strict=False)])
    taken = np.where(count >= BUSY, count, 0.0)
    rows = []
    for lag in range(1, SPANS // 2 + 1):
        both = whole[:-lag] & whole[lag:]
        first, then = taken[:, :-lag][:, both], count[:, lag:][:, both]
        rows.append((first.sum(), then[first > 0].sum(), lag * length / 24))
    busy, later, days = np.array(rows).T
    there = busy > 0
    return busy[there], later[there], days[there]
