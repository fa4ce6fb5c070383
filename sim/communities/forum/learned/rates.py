"""At which rates learned members come, and whether who comes opens a thread: from what is remembered of them, of one world or of many."""

from math import inf
from typing import Any

import numpy as np

from windtunnel.sim.communities.forum.learned.law import (
    HABIT,
    LONG,
    SCALES_AGE,
    SCALES_REST,
    SHORT,
    Law,
    Part,
    columns,
    habit_term,
    linear,
)
from windtunnel.sim.communities.forum.learned.sums import weighed


def by_name(part: Part) -> tuple[dict[str, float], dict[str, float]]:
    """Coefficients and caps of a part by term."""
    return dict(zip(part.terms, part.value, strict=True)), dict(
        zip(part.terms, part.caps.tolist(), strict=True)
    )


class Speeds:
    """What waits, each felt at several speeds, add to a part's predictor: a term log(1 + hours / scale) for each."""

    def __init__(self, part: Part, *waits: tuple[tuple[str, ...], tuple[float, ...]]) -> None:
        self._scales = [np.array(scales)[:, None] for _, scales in waits]
        at = [part.terms.index(name) for names, _ in waits for name in names]
        self._beta, self._caps = part.coefficients[at], part.caps[at][:, None]

    def of(self, *waits: np.ndarray) -> np.ndarray:
        """In the shape of the waits (hours), of which those below 0 are 0."""
        terms, low = np.empty((len(self._beta), waits[0].size)), 0
        for wait, scale in zip(waits, self._scales, strict=True):
            np.divide(wait.reshape(-1), scale, out=terms[low : low + len(scale)])
            low += len(scale)
        np.maximum(terms, 0.0, out=terms)
        np.log1p(terms, out=terms)
        np.minimum(terms, self._caps, out=terms)
        return weighed(self._beta, terms).reshape(waits[0].shape)


class Rates:
    """The parts `owes`, `comes` and `opens` of a law. `people` and `debts` are tables of a `Memory`, or of many side by side."""

    def __init__(self, law: Law) -> None:
        self.law = law
        self._owes, self._owes_cap = by_name(law.owes)
        self._comes, self._comes_cap = by_name(law.comes)
        self._owes_speeds = Speeds(
            law.owes,
            (("age_10min", "age_3h", "age_1d"), SCALES_AGE),
            (("rest_10min", "rest_3h", "rest_2d"), SCALES_REST),
        )
        self._comes_speeds = Speeds(law.comes, (("rest_10min", "rest_3h", "rest_2d"), SCALES_REST))

    def owes(
        self, people: Any, debts: Any, debt: np.ndarray, who: np.ndarray, now: float | np.ndarray
    ) -> np.ndarray:
        """Rates an hour (n,), before the rhythm of the day, at which `who` pay these debts now; (m, n) at hours (m, 1)."""
        beta, cap = self._owes, self._owes_cap
        owed = np.log(np.maximum(people.owed[who], 1))
        fixed = debts.fixed[debt] + beta["owed"] * np.minimum(owed, cap["owed"])
        fixed += beta["answered"] * debts.answered[debt] + beta["opened_only"] * (people.replied[who] == 0)
        if "root_owed" in beta:  # not in a law of an earlier fit
            fixed += beta["root_owed"] * np.minimum(owed * debts.top[debt], cap["root_owed"])
        return np.exp(fixed + self._owes_speeds.of(now - debts.since[debt], now - people.last[who]))

    def comes(self, people: Any, who: np.ndarray, now: float | np.ndarray) -> np.ndarray:
        """Rates an hour (n,), before the rhythm of the day, at which members come for anything else; (m, n) at hours (m, 1)."""
        beta, cap = self._comes, self._comes_cap
        rest = np.maximum(now - people.last[who], 0.0)
        fixed = beta["constant"] + beta["once"] * np.minimum(people.acts[who] == 1, cap["once"])
        fixed += beta["opened_only"] * np.minimum(people.replied[who] == 0, cap["opened_only"])
        fixed += beta["owed"] * np.minimum(np.log1p(people.owed[who]), cap["owed"])
        out = fixed + self._comes_speeds.of(rest)
        faded = np.array([rest / -SHORT, rest / -LONG, (people.got[who] - now) / SHORT])
        np.exp(faded, out=faded)
        for count, one in zip((people.acts_6h, people.acts_24h, people.replies_6h), faded, strict=True):
            one *= count[who]
        np.log1p(faded, out=faded)
        for name, one in zip(("acts_6h", "acts_24h", "replies_6h"), faded, strict=True):
            out += beta[name] * (one if cap[name] == inf else np.minimum(one, cap[name]))
        last = self.law.comes.terms[-1]
        rate = np.exp(out + beta[last] * np.minimum(self._past_acts(people, who, rest), cap[last]))
        if self.law.reach is not None:
            rate[rest > self.law.reach] = 0.0
        return np.asarray(rate)

    def _past_acts(self, people: Any, who: np.ndarray, rest: np.ndarray) -> np.ndarray:
        """The last term of `comes`: habit, or all acts in a law of an earlier fit."""
        if self.law.comes.terms[-1] == "acts":
            return np.log(np.maximum(people.acts[who], 1))
        return habit_term(people.habit[who] * np.exp(rest / -HABIT), rest)

    def opens(self, people: Any, who: np.ndarray, now: float) -> np.ndarray:
        """Log-odds (n,) that a member who came for anything else opens a thread."""
        terms = columns(
            1.0,
            np.log1p(people.opened[who]),
            np.log1p(people.replied[who]),
            np.log1p(np.maximum(now - people.last[who], 0.0) / 48),
            np.log1p(people.owed[who]),
        )
        return linear(self.law.opens, terms)
