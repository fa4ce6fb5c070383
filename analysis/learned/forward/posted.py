"""Tones as posted: how far the intercepts of a tone law lie from those of a simulation, in which moderators have taken nothing yet.

A tone law is fitted to the replies whose author the record names. Where what is removed loses its name these are the mild ones; and a reader
of tones that gives probabilities expects more heat than it calls by name. Shares as posted are the profile's (`profile_fit.moderation`). Since
each tone moves those that follow, the intercepts are found by letting the law speak along the record's own threads.
"""

import numpy as np

from windtunnel.analysis.learned.record import CommunityRecord
from windtunnel.sim.communities.forum.learned.tones import ToneLaw, ToneMemory
from windtunnel.sim.communities.forum.rates import THREAD_CALM

MOST = 12_000
"""Latest posts along which the law speaks."""
WARM_UP = 0.2
"""Share of them that only fills the memory."""
ROUNDS, STEP, NEAR = 12, 0.6, 0.03
"""Rounds at most, how far each goes of the log of wanted over found shares, and how small that is at the end."""
FARTHEST = 3.0
"""The most that is added to an intercept."""
LEAST_SHARE = 1e-4


def posted_intercepts(
    record: CommunityRecord, law: ToneLaw, shares: tuple[float, float]
) -> tuple[float, float]:
    """What is added to the law's log-odds so that replies along the record's threads are heated and hostile by these shares of those posted."""
    wanted, shift = np.maximum(shares, LEAST_SHARE), np.zeros(2)
    for _ in range(ROUNDS):
        away = np.log(wanted / np.maximum(spoken(record, law, shift, wanted), LEAST_SHARE))
        if np.abs(away).max() < NEAR:
            break
        shift = np.clip(shift + STEP * away, -FARTHEST, FARTHEST)
    return round(float(shift[0]), 4), round(float(shift[1]), 4)


def spoken(
    record: CommunityRecord, law: ToneLaw, shift: np.ndarray, openers: np.ndarray, seed: int = 0
) -> np.ndarray:
    """Mean chances (2,) of a heated and of a hostile reply where the law, with this added, speaks along the record's threads.

    Opening posts are heated and hostile by the shares `openers`, calmed as in any forum. Who has no name has no past.
    """
    late = record.latest(MOST)
    lots = np.random.default_rng(seed).random(len(late))
    memory, size = ToneMemory(law.common), [0] * late.threads
    root, known = late.root.tolist(), late.known.tolist()
    parent, author, depth = late.parent.tolist(), late.author.tolist(), late.depth.tolist()
    total, count = np.zeros(2), 0
    intercept, coefficients = law.coefficients
    intercept = intercept + shift
    for row, (thread, opens) in enumerate(zip(late.thread.tolist(), late.opens.tolist(), strict=True)):
        first, who = root[thread], author[row] if known[row] else None
        if opens:
            up, chance = -1, THREAD_CALM * openers
        else:
            up = parent[row] if parent[row] >= 0 else first
            back = parent[up]
            terms = memory.terms(
                who,
                first,
                up,
                depth[row] - 1,
                size[thread],
                answers_me=who is not None and back >= 0 and author[back] == who,
                own=who is not None and author[up] == who,
            )
            odds = np.exp(np.minimum(intercept + np.array(terms, float) @ coefficients, 30.0))
            chance = odds / (1 + odds.sum())
            size[thread] += 1
            if row >= WARM_UP * len(late):
                total, count = total + chance, count + 1
        heated, hostile = chance
        tone = 2 if lots[row] < hostile else 1 if lots[row] < hostile + heated else 0
        memory.note(who, first, row, up, tone)
    return np.asarray(total / max(count, 1))
