"""What brings the members of a record in, cause by cause, as in a simulation: each debt, and anything else, has a lot of its own.

A cause brings its member after an exponential wait, and who has several comes for the first. Lots are addressed by the member, those of
a debt by the post that it answers as well, and by the tick in which the member was last touched within the hour (who wrote, came, was
answered or lost a debt): from then on to the end of the hour it has others. So twins share the lot of a cause that both have, and none
other: who answered a post that is not there in the other world is no likelier to come there for something else.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from windtunnel.sim import noise

OTHER, STAYS = -1, -2
"""In place of a debt: anything else; nothing at all."""
NOT_TOUCHED = -1

Raced = Mapping[int, tuple[float, dict[int, float]]]
"""Of members (rows) who acted: the lot of anything else, and of each debt by its address."""


class Causes(NamedTuple):
    """What may bring members in a tick: open debts (k,), whose they are and their addresses (uint64), how often each is expected to
    (`owes`) and anything else (`other`, (members,)); `touched` (members,) is the tick in which each was touched within the hour."""

    debts: np.ndarray
    debtor: np.ndarray
    address: np.ndarray
    owes: np.ndarray
    other: np.ndarray
    touched: np.ndarray


def lots(key: int, tick: int, ids: np.ndarray, causes: Causes) -> tuple[np.ndarray, np.ndarray]:
    """Unit exponentials (k,) and (members,): how often a cause has to be expected until it brings its member, whose id stands in `ids`."""
    owed = noise.uniform(key, "owes", tick, noise.pair(causes.address, causes.touched[causes.debtor]))
    other = noise.uniform(key, "comes", tick, noise.pair(ids, causes.touched))
    return -np.log1p(-owed), -np.log1p(-other)


def lots_given(
    owed: np.ndarray, other: np.ndarray, causes: Causes, recorded: Causes, raced: Raced
) -> tuple[np.ndarray, np.ndarray]:
    """The same, given what the record says of the causes that it had in this tick: they brought nobody but those who acted (`raced`).

    What is not `recorded`, or has another address by now, keeps its lot.
    """
    alike = causes.touched == recorded.touched
    other = other + np.where(alike, recorded.other, 0.0)
    order = np.argsort(recorded.address, kind="stable")
    known = np.zeros(len(owed), bool)
    if len(order):
        at = np.minimum(np.searchsorted(recorded.address, causes.address, sorter=order), len(order) - 1)
        at = order[at]
        known = (recorded.address[at] == causes.address) & alike[causes.debtor]
        owed = owed + np.where(known, recorded.owes[at], 0.0)
    for row, (own, debts) in raced.items():
        if not alike[row]:
            continue
        other[row] = own
        for debt in np.flatnonzero((causes.debtor == row) & known).tolist():
            owed[debt] = debts[int(causes.address[debt])]
    return owed, other


def first(causes: Causes, owed: np.ndarray, other: np.ndarray) -> np.ndarray:
    """What each member (members,) comes for under these lots: a debt, `OTHER`, or `STAYS`."""
    wait = other / causes.other
    found = np.where(wait < 1, OTHER, STAYS)
    soon = owed / causes.owes
    for place in np.flatnonzero(soon < np.minimum(wait, 1)[causes.debtor]).tolist():
        row = causes.debtor[place]
        if soon[place] < wait[row]:
            wait[row], found[row] = soon[place], causes.debts[place]
    return found


def race(
    keys: np.ndarray, tick: int, ids: np.ndarray, causes: Causes, row: int, cause: int
) -> list[tuple[float, dict[int, float]]]:
    """For each of these keys (uint64) the lots of a member who came for this cause first: drawn from what that implies."""
    mine = np.flatnonzero(causes.debtor == row)
    when, count = causes.touched[[row]], len(keys)
    names = [("comes", noise.pair(ids[[row]], when))]
    names += [("owes", noise.pair(causes.address[[one]], when)) for one in mine.tolist()]
    prior = [-np.log1p(-noise.uniform(keys, name, tick, np.repeat(one, count))) for name, one in names]
    expected = np.array([causes.other[row], *causes.owes[mine]])
    taken = 0 if cause == OTHER else 1 + causes.debts[mine].tolist().index(cause)
    found = _raced(expected, taken, np.array(prior).T)
    address = [int(one) for one in causes.address[mine]]
    return [(float(one[0]), dict(zip(address, one[1:].tolist(), strict=True))) for one in found]


def _raced(expected: np.ndarray, taken: int, prior: np.ndarray) -> np.ndarray:
    """Unit exponentials (n, m) under which cause `taken` of m comes first and within the tick, from `prior` ones.

    The first of several waits is exponential with the sum of their rates whichever it is, and the others go on without memory.
    """
    total = expected.sum()
    at = -np.log1p(-np.exp(-prior[:, taken])[:, None] * -np.expm1(-total)) / total
    at = np.minimum(at, 1 - 1e-12)
    found: Any = expected * at + prior
    found[:, taken] = expected[taken] * at[:, 0]
    return np.asarray(found)
