"""When members come: the terms of both rates at recorded acts, and over the stretches of time between them."""

from typing import NamedTuple

import numpy as np

from windtunnel.analysis.learned.forward.replay import OTHER_OPENS, OTHER_REPLIES, Lived
from windtunnel.analysis.learned.record import CommunityRecord
from windtunnel.sim.communities.forum.learned.law import (
    FORGOTTEN,
    HABIT,
    LONG,
    SCALES_AGE,
    SCALES_REST,
    SHORT,
    away_term,
    habit_term,
    speeds,
)

GRID = np.concatenate([[0.0], 0.05 * 2.0 ** (np.arange(33) / 2)])
"""Hours after an event at which a stretch ends and the next begins: 3 minutes, doubled in every second step up to 136 days. Rates are taken
in the middle of a stretch: doubled in every step, what falls like 1 / t to 1 / t^2 was counted 4 to 11 % too low."""
AFTER_ACT = GRID[:17]
"""The same after an act of a debtor's own, within the life of a debt."""
MOST_STRETCHES = 1_500_000
AFTER_HOLE = 7 * 24.0
"""Hours after a hole that count for nothing: who was there before it, and owed what, is not known yet."""
LEAST_REST = 0.01


class Clock:
    """How much a stretch of time counts: hours by the rhythm of the day, none in what is masked."""

    def __init__(self, record: CommunityRecord) -> None:
        last = int(record.minute[-1] // 60) + 1
        hours = np.arange(last)
        self.masked = np.zeros(last, bool)
        for hole in record.holes:
            self.masked[max(0, hole.first // 60) : int(hole.last / 60 + AFTER_HOLE) + 1] = True
        free = ~self.masked[np.minimum(record.minute // 60, last - 1)]
        counts = np.bincount(record.hour[free], minlength=24) + 1.0
        present = np.bincount(hours[~self.masked] % 24, minlength=24) + 1e-9
        pace = counts / present
        self.rhythm = pace / pace.mean()
        weight = np.where(self.masked, 0.0, self.rhythm[hours % 24])
        self._total = np.concatenate([[0.0], np.cumsum(weight)])
        self._weight = np.append(weight, 0.0)
        self.end = float(last)

    def at(self, hour: np.ndarray) -> np.ndarray:
        """Hours that count before each moment."""
        hour = np.clip(hour, 0.0, self.end)
        whole = np.minimum(hour.astype(np.int64), len(self._total) - 1)
        return self._total[whole] + (hour - whole) * self._weight[whole]

    def counts(self, hour: np.ndarray) -> np.ndarray:
        """Whether acts at these hours count."""
        return ~self.masked[np.minimum(hour.astype(np.int64), len(self.masked) - 1)]


class Timeline:
    """Events of members in order, for looking up what each member had done before a moment. All hours."""

    def __init__(self, member: np.ndarray, hour: np.ndarray, span: float) -> None:
        self.span = span + 10.0
        order = np.lexsort((hour, member))
        self.member, self.hour, self.order = member[order], hour[order], order
        self.key = self.member * self.span + self.hour
        self.first = np.searchsorted(self.member, self.member, side="left")

    def before(self, member: np.ndarray, hour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """How many events each member had before a moment, and the place of the last of them (-1: none)."""
        place = np.searchsorted(self.key, member * self.span + hour, side="left")
        start = np.searchsorted(self.key, member * self.span - 1.0, side="left")
        return place - start, np.where(place > start, place - 1, -1)

    def faded(self, hours: float) -> np.ndarray:
        """Just after each event: the count of the member's events, each fading with this time."""
        out = np.ones(len(self.hour))
        member, hour = self.member.tolist(), self.hour.tolist()
        for row in range(1, len(out)):
            if member[row] == member[row - 1]:
                out[row] += out[row - 1] * np.exp((hour[row - 1] - hour[row]) / hours)
        return out


class Design(NamedTuple):
    """Terms (e, k) at acts, terms (n, k) of stretches, the hours (n,) that each stretch counts, and whose acts (e,) and stretches (n,)
    they are."""

    acts: np.ndarray
    stretches: np.ndarray
    hours: np.ndarray
    whose: tuple[np.ndarray, np.ndarray]


class Rates:
    """The designs of both rates of a record that was lived through."""

    def __init__(self, record: CommunityRecord, life: Lived, clock: Clock, stay: float = np.inf) -> None:
        self.life, self.clock, self.stay = life, clock, stay
        self.own = Timeline(life.member, life.hour, clock.end)
        debts = life.debts
        self.debtor = np.array(debts.member, np.int64)
        self.since = np.array(debts.since)
        self.until = np.minimum(np.array(debts.until), self.since + FORGOTTEN)
        self.got = Timeline(self.debtor, self.since, clock.end)
        self.ended = Timeline(self.debtor, np.minimum(self.until, clock.end + 1), clock.end)
        self._faded = {hours: self.own.faded(hours) for hours in (SHORT, LONG, HABIT)}
        self._received = self.got.faded(SHORT)
        replies = (~record.opens)[self.own.order]
        self._replied = np.cumsum(replies)
        self._before = self._replied - replies
        self._away = away_term(self.history(self.debtor, self.since)["rest"])

    def history(self, member: np.ndarray, hour: np.ndarray) -> dict[str, np.ndarray]:
        """What both rates read of a member before a moment."""
        acts, place = self.own.before(member, hour)
        rest = np.maximum(hour - self.own.hour[place], LEAST_REST)
        replied = self._replied[place] - self._before[self.own.first[place]]
        heard, got = self.got.before(member, hour)
        received = np.append(self.got.hour, np.inf)  # the last one is read for -1
        since = np.where(got >= 0, hour - received[got], np.inf)
        return {
            "acts": acts,
            "rest": rest,
            "replied": replied,
            "opened": acts - replied,
            "acts_6h": self._faded[SHORT][place] * np.exp(-rest / SHORT),
            "acts_24h": self._faded[LONG][place] * np.exp(-rest / LONG),
            "habit": self._faded[HABIT][place] * np.exp(-rest / HABIT),
            "replies_6h": np.where(
                got >= 0, np.append(self._received, 0.0)[got] * np.exp(-since / SHORT), 0.0
            ),
            "owed": np.maximum(heard - self.ended.before(member, hour)[0], 0),
        }

    def owes_terms(self, debt: np.ndarray, hour: np.ndarray) -> np.ndarray:
        """The terms of `owes` of debts at moments."""
        debts, past = self.life.debts, self.history(self.debtor[debt], hour)
        age = np.maximum(hour - self.since[debt], LEAST_REST)
        return np.column_stack(
            [
                np.ones(len(debt)),
                *speeds(age, SCALES_AGE),
                *speeds(past["rest"], SCALES_REST),
                np.log(np.maximum(np.array(debts.depth), 1))[debt],
                np.array(debts.root)[debt],
                np.log1p(np.array(debts.exchange))[debt],
                np.log1p(np.array(debts.met))[debt],
                np.log(np.maximum(past["owed"], 1)),
                np.array(debts.answered)[debt] < hour,
                np.array(debts.unnamed_partner)[debt],
                self.debtor[debt] >= self.life.stranger,
                past["replied"] == 0,
                self._away[debt],
                np.array(debts.root)[debt] * np.log(np.maximum(past["owed"], 1)),
                np.array(debts.unnamed_partner)[debt] * np.log1p(np.array(debts.exchange))[debt],
            ]
        )

    def owes(self) -> Design:
        """Every debt from the moment that it stood to its end, by the chance that its debtor is still there."""
        paid = np.flatnonzero(
            np.array(self.life.debts.paid, bool) & (np.array(self.life.debts.until) <= self.until)
        )
        paid = paid[self.clock.counts(self.until[paid])]
        debt, hour = _stretches(self.since, np.minimum(self.until, self.clock.end), self._moments_of_debts())
        there = self._there(self.debtor[debt], hour)
        acts = self.owes_terms(paid, self.until[paid])
        return self._design(acts, self.debtor[paid], debt, self.debtor, hour, self.owes_terms, there)

    def _moments_of_debts(self) -> tuple[np.ndarray, np.ndarray]:
        every = np.arange(len(self.since))
        aged = self.since[:, None] + GRID
        low, _ = self.own.before(self.debtor, self.since + 1e-9)
        high, _ = self.own.before(self.debtor, self.until)
        start = np.searchsorted(self.own.key, self.debtor * self.own.span - 1.0)
        count = np.maximum(high - low, 0)
        debt = np.repeat(every, count)
        place = np.repeat(start + low, count) + _counting(count)
        acted = self.own.hour[place][:, None] + AFTER_ACT
        return (
            np.concatenate([np.repeat(every, len(GRID)), np.repeat(debt, len(AFTER_ACT))]),
            np.concatenate([aged.ravel(), acted.ravel()]),
        )

    def comes_terms(self, member: np.ndarray, hour: np.ndarray) -> np.ndarray:
        """The terms of `comes` of members at moments."""
        past = self.history(member, hour)
        return np.column_stack(
            [
                np.ones(len(member)),
                *speeds(past["rest"], SCALES_REST),
                past["acts"] == 1,
                np.log1p(past["acts_6h"]),
                np.log1p(past["acts_24h"]),
                np.log1p(past["replies_6h"]),
                np.log1p(past["owed"]),
                past["replied"] == 0,
                habit_term(past["habit"], past["rest"]),
            ]
        )

    def comes(self) -> Design:
        """Every named member from its first act on, broken at each of its acts and at each reply to it.

        After its last act a member counts by the chance that it is still there.
        """
        life, named = self.life, self.life.member < self.life.stranger
        act = np.flatnonzero(
            ((life.kind == OTHER_OPENS) | (life.kind == OTHER_REPLIES)) & named & self.clock.counts(life.hour)
        )
        answered = self.debtor < life.stranger
        member = np.concatenate([life.member[named], self.debtor[answered]])
        line = Timeline(member, np.concatenate([life.hour[named], self.since[answered]]), self.clock.end)
        last = np.append(line.member[1:] != line.member[:-1], True)
        until = np.where(last, self.clock.end, np.append(line.hour[1:], 0.0))
        every = np.arange(len(line.hour))
        moments = np.repeat(every, len(GRID)), (line.hour[:, None] + GRID).ravel()
        event, hour = _stretches(line.hour, until, moments)
        who = life.member[act]
        acts = self.comes_terms(who, life.hour[act])
        there = self._there(line.member[event], hour)
        return self._design(
            acts,
            who,
            event,
            line.member,
            hour,
            lambda rows, at: self.comes_terms(line.member[rows], at),
            there,
        )

    def _there(self, member: np.ndarray, hour: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """The chance (n,) that members, of whom nothing more is heard since their last act, are still there in these stretches (begin, end)."""
        life = self.life
        final = np.zeros(max(int(life.member.max(initial=-1)), int(member.max(initial=-1))) + 1)
        np.maximum.at(final, life.member, life.hour)
        final[life.stranger :] = np.inf  # whose name lacks is not known to leave
        return np.exp(-np.maximum(0.5 * (hour[0] + hour[1]) - final[member], 0.0) / (24 * self.stay))

    def opens(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The terms of `opens` at acts that paid no debt, whether they opened a thread, and whose they are."""
        life = self.life
        act = np.flatnonzero(
            ((life.kind == OTHER_OPENS) | (life.kind == OTHER_REPLIES))
            & (life.member < life.stranger)
            & self.clock.counts(life.hour)
        )
        past = self.history(life.member[act], life.hour[act])
        terms = np.column_stack(
            [
                np.ones(len(act)),
                np.log1p(past["opened"]),
                np.log1p(past["replied"]),
                np.log1p(past["rest"] / 48),
                np.log1p(past["owed"]),
            ]
        )
        return terms, life.kind[act] == OTHER_OPENS, life.member[act]

    def _design(self, acts, actors, whose, member, hour, terms, there=1.0) -> Design:  # type: ignore[no-untyped-def]
        """Stretches between moments (2, n) of whom, evaluated in their middle; a sample where there are too many.

        `member`: the member behind each value of `whose`; `there` (n,): the chance that whom a stretch is of is still there.
        """
        begin, end = hour
        hours = (self.clock.at(end) - self.clock.at(begin)) * there
        keep = hours > 0
        if (many := int(keep.sum())) > MOST_STRETCHES:
            lot = np.random.default_rng(0).random(len(hours)) < MOST_STRETCHES / many
            hours, keep = hours * many / MOST_STRETCHES, keep & lot
        middle = 0.5 * (begin + end)
        return Design(acts, terms(whose[keep], middle[keep]), hours[keep], (actors, member[whose[keep]]))


def _counting(count: np.ndarray) -> np.ndarray:
    """0, 1, …, count - 1 of each, one after the other."""
    total = np.cumsum(count)
    return np.arange(int(total[-1]) if len(total) else 0) - np.repeat(total - count, count)


def _stretches(
    since: np.ndarray, until: np.ndarray, moments: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Of each life [since, until) the stretches between its moments: whose, and where each begins and ends."""
    whose, hour = moments
    inside = (hour >= since[whose]) & (hour < until[whose])
    whose, hour = whose[inside], hour[inside]
    order = np.lexsort((hour, whose))
    whose, hour = whose[order], hour[order]
    last = np.append(whose[1:] != whose[:-1], True) if len(whose) else np.zeros(0, bool)
    end = np.where(last, until[whose], np.append(hour[1:], 0.0)) if len(whose) else hour
    return whose, (hour, end)
