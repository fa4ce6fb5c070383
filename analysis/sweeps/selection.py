"""Dropping policies that are clearly not the best, on common seeds: Kim & Nelson's sequential procedure.

Kim & Nelson (2001), "A fully sequential procedure for indifference-zone selection in simulation", ACM TOMACS
11:251. Scores of one draw may depend on each other across policies, as they do on common seeds. If the draws are
independent with normal scores and the best is better than every other by `delta` or more, the policy that is left
is the best with probability 1 - alpha at least. A draw's score is a mean over its seeds, near enough to normal.
"""

from typing import NamedTuple

import numpy as np

DIGITS = 12
"""Decimals of a score that count: beyond them, scores that are the same differ by the order in which they were summed."""


class Constants(NamedTuple):
    """What Kim & Nelson's procedure computes beforehand from the number of policies, of first draws, and the error."""

    eta: float
    h2: float


def constants(policies: int, first: int, alpha: float) -> Constants:
    """Kim & Nelson's eta and h² for so many policies, first-stage draws and error.

    >>> [round(number, 6) for number in constants(4, 10, 0.05)]
    [0.56468, 10.164243]
    """
    if policies < 2 or first < 2:
        raise ValueError(
            f"selection is among two policies or more, after 2 first draws or more: found {policies} and {first}"
        )
    eta = 0.5 * ((2 * alpha / (policies - 1)) ** (-2 / (first - 1)) - 1)
    return Constants(float(eta), float(2 * eta * (first - 1)))


class Elimination:
    """Who is still in after each draw; `see` takes a row of scores, `nan` for those who are out.

    For `first` draws all are run. Then, after r draws, policy i is dropped if some l still in leads it by more
    than W_il(r) = max(0, (delta / 2)(h² S²_il / delta² - r)), S²_il the variance of their first differences. Counts
    of rare events may not differ at all in the first draws, which says nothing of their variance: for such a
    pair it is taken from all draws so far, once they do differ.
    """

    def __init__(self, policies: int, *, delta: float, first: int, alpha: float) -> None:
        self.constants = constants(policies, first, alpha)
        self.delta, self.first, self.alpha = delta, first, alpha
        self.left = list(range(policies))
        self._rows: list[np.ndarray] = []
        self._spread = np.zeros((policies, policies))
        self._sums = np.zeros(policies)

    @property
    def decided(self) -> bool:
        """Whether one candidate alone is left."""
        return len(self.left) == 1

    def see(self, scores: np.ndarray) -> tuple[int, ...]:
        """Take one draw's scores; gives who is dropped by them."""
        self._rows.append(np.round(scores, DIGITS))
        draws = len(self._rows)
        self._sums[self.left] += self._rows[-1][self.left]
        if draws < self.first:
            return ()
        unknown = self._spread <= 0
        if unknown[np.ix_(self.left, self.left)].sum() > len(self.left):  # each has none with itself
            seen = np.array(self._rows)
            so_far = np.nan_to_num(np.var(seen[:, :, None] - seen[:, None, :], axis=0, ddof=1))
            self._spread = np.where(unknown, so_far, self._spread)
        lead = np.round(self._sums[None, :] - self._sums[:, None], DIGITS - 3)  # sums are less exact
        reach = self.constants.h2 * self._spread / self.delta**2 - draws
        slack = np.maximum(0, self.delta / 2 * reach)
        dropped = tuple(
            i for i in self.left if any(lead[i, other] > slack[i, other] for other in self.left if other != i)
        )
        self.left = [i for i in self.left if i not in dropped]
        return dropped
