"""What has happened between the members of a learned forum: who wrote when, who owes whom an answer, who knows whom."""

import copy
from typing import Any

import numpy as np

from windtunnel.sim.communities.forum.learned.law import (
    FORGOTTEN,
    LONG,
    SCALES_AGE,
    SCALES_REST,
    SHORT,
    Law,
    linear,
    speeds,
)

NONE = -1


class Columns:
    """Arrays of equal length that grow together; each is read and written as an attribute, a view of the filled part."""

    def __init__(self, **columns: tuple[type, Any]) -> None:
        self._fill = {name: empty for name, (_, empty) in columns.items()}
        self._store: dict[str, np.ndarray] = {
            name: np.full(64, empty, kind) for name, (kind, empty) in columns.items()
        }
        self.count = 0
        self._show()

    def grow(self, count: int) -> None:
        """Have so many rows; new ones hold their column's empty value."""
        while count > len(self._store[next(iter(self._store))]):
            for name, values in self._store.items():
                self._store[name] = np.concatenate(
                    [values, np.full(len(values), self._fill[name], values.dtype)]
                )
        self.count = count
        self._show()

    def _show(self) -> None:
        for name, values in self._store.items():
            setattr(self, name, values[: self.count])

    def copied(self) -> "Columns":
        out = copy.copy(self)
        out._store = {name: values.copy() for name, values in self._store.items()}
        out._show()
        return out

    def __getattr__(self, name: str) -> np.ndarray:
        raise AttributeError(name)


class Memory:
    """All rows are rows of the forum's members and posts; hours are counted from the run's first step, and negative before it.

    Members: `last` act, how many `acts`, `opened`, `replied`, fading counts `acts_6h`, `acts_24h` (just after the last act) and
    `replies_6h` (just after `got`), `owed` debts, `unnamed`. Posts: `hour`, `exchange`, `debt` that they are; of an opening post
    `last`, `crowd`, `nameless` of its thread, and how `hot` it is (log). Debts: whose (`debtor`), the `post`, `since`, the `fixed` part of the predictor, `open`, `answered`.
    """

    def __init__(self, law: Law, members: int) -> None:
        self.law = law
        self.people = Columns(
            last=(np.float64, -np.inf),
            acts=(np.int32, 0),
            opened=(np.int32, 0),
            replied=(np.int32, 0),
            acts_6h=(np.float64, 0.0),
            acts_24h=(np.float64, 0.0),
            replies_6h=(np.float64, 0.0),
            got=(np.float64, -np.inf),
            owed=(np.int32, 0),
            unnamed=(np.bool_, False),
        )
        self.people.grow(members)
        self.posts = Columns(
            hour=(np.float64, 0.0),
            exchange=(np.int32, 0),
            debt=(np.int64, NONE),
            last=(np.float64, -np.inf),
            crowd=(np.int32, 0),
            nameless=(np.int32, 0),
            hot=(np.float64, 0.0),
        )
        self.debts = Columns(
            debtor=(np.int64, 0),
            post=(np.int64, 0),
            since=(np.float64, 0.0),
            fixed=(np.float64, 0.0),
            open=(np.bool_, False),
            answered=(np.bool_, False),
        )
        self.owing: dict[int, dict[tuple[int, int], int]] = {}
        """Of each member its debts by (partner, opening post)."""
        self.met: dict[tuple[int, int], int] = {}
        self.inside: dict[int, dict[int, int]] = {}
        """Of each member the threads that it wrote in, with their size at its last post there."""
        self.mine: dict[int, set[int]] = {}
        """Of each member the posts that it answered."""
        self.rows: dict[int, list[int]] = {}
        """Of each thread its posts in order."""
        part = law.owes
        place = {name: at for at, name in enumerate(part.terms)}
        self._owes = {name: part.value[at] for name, at in place.items()}
        self._owes_cap = {name: float(part.caps()[at]) for name, at in place.items()}

    def later(self, hours: float, members: int) -> "Memory":
        """A copy of its own in which all of it lies so many hours earlier, with room for more members."""
        out = copy.copy(self)
        out.people, out.posts, out.debts = self.people.copied(), self.posts.copied(), self.debts.copied()
        for table, names in (
            (out.people, ("last", "got")),
            (out.posts, ("hour", "last")),
            (out.debts, ("since",)),
        ):
            for name in names:
                getattr(table, name)[:] -= hours
        out.people.grow(members)
        out.owing = {who: dict(some) for who, some in self.owing.items()}
        out.met = dict(self.met)
        out.inside = {who: dict(some) for who, some in self.inside.items()}
        out.mine = {who: set(some) for who, some in self.mine.items()}
        out.rows = {root: list(some) for root, some in self.rows.items()}
        return out

    # --- what happens ---

    def acted(self, who: int, now: float, opens: bool, up: int, root: int, partner: int) -> None:
        """A member wrote, whether or not others can read it yet; `up` is the post that it answers."""
        people = self.people
        rest = now - people.last[who]
        people.acts_6h[who] = 1.0 + people.acts_6h[who] * np.exp(-rest / SHORT)
        people.acts_24h[who] = 1.0 + people.acts_24h[who] * np.exp(-rest / LONG)
        people.last[who] = now
        people.acts[who] += 1
        if opens:
            people.opened[who] += 1
            return
        people.replied[who] += 1
        self.mine.setdefault(who, set()).add(up)
        debt = self.owing.get(who, {}).pop((partner, root), None)
        if debt is not None:
            self._close(debt)

    def appeared(
        self, post: int, who: int, now: float, up: int, root: int, partner: int, depth: int, size: int
    ) -> None:
        """A post can be read: its thread wakes, and whom it answers owes a reply. `size`: replies in the thread with it."""
        people, posts, debts = self.people, self.posts, self.debts
        posts.hour[post], posts.last[root] = now, now
        self.rows.setdefault(root, []).append(post)
        inside = self.inside.setdefault(who, {})
        posts.crowd[root] += root not in inside
        inside[root] = size
        if up < 0:
            return
        posts.nameless[root] += people.unnamed[who]
        if (debt := int(posts.debt[up])) >= 0 and debts.debtor[debt] != who:
            debts.answered[debt] = True
        met = self.met.get((partner, who), 0) + self.met.get((who, partner), 0)
        self.met[(who, partner)] = self.met.get((who, partner), 0) + 1
        if partner == who:
            return
        people.replies_6h[partner] = 1.0 + people.replies_6h[partner] * np.exp(
            (people.got[partner] - now) / SHORT
        )
        people.got[partner] = now
        owing = self.owing.setdefault(partner, {})
        if (old := owing.get((who, root))) is not None:
            self._close(old)
        new = debts.count
        debts.grow(new + 1)
        debts.debtor[new], debts.post[new], debts.since[new], debts.open[new] = partner, post, now, True
        debts.fixed[new] = self._fixed(depth, up == root, int(posts.exchange[post]), met, who, partner)
        posts.debt[post], owing[(who, root)] = new, new
        people.owed[partner] += 1

    def vanished(self, post: int) -> None:
        """A post is gone: nobody owes it an answer."""
        if (debt := int(self.posts.debt[post])) >= 0 and self.debts.open[debt]:
            self._close(debt)

    def _close(self, debt: int) -> None:
        if self.debts.open[debt]:
            self.debts.open[debt] = False
            self.people.owed[self.debts.debtor[debt]] -= 1

    def forget(self, now: float) -> None:
        """Debts that are too old are owed no more."""
        debts = self.debts
        old = np.flatnonzero(debts.open & (debts.since < now - FORGOTTEN))
        debts.open[old] = False
        np.subtract.at(self.people.owed, debts.debtor[old], 1)

    def _fixed(self, depth: int, root: bool, exchange: int, met: int, who: int, partner: int) -> float:
        """What of a debt's predictor does not change."""
        terms = {
            "constant": 1.0,
            "depth": np.log(max(depth, 1)),
            "root": float(root),
            "exchange": np.log1p(exchange),
            "met": np.log1p(met),
            "unnamed_partner": float(self.people.unnamed[who]),
            "unnamed": float(self.people.unnamed[partner]),
        }
        return float(
            sum(self._owes[name] * min(value, self._owes_cap[name]) for name, value in terms.items())
        )

    # --- rates ---

    def owes(self, debt: np.ndarray, now: float) -> np.ndarray:
        """Rates an hour (n,), before the rhythm of the day, at which these debts are paid now."""
        debts, people, beta, cap = self.debts, self.people, self._owes, self._owes_cap
        who = debts.debtor[debt]
        out = debts.fixed[debt].copy()
        age, rest = np.maximum(now - debts.since[debt], 0.0), np.maximum(now - people.last[who], 0.0)
        for names, columns in (
            (("age_10min", "age_3h", "age_1d"), speeds(age, SCALES_AGE)),
            (("rest_10min", "rest_3h", "rest_2d"), speeds(rest, SCALES_REST)),
        ):
            for name, column in zip(names, columns, strict=True):
                out += beta[name] * np.minimum(column, cap[name])
        out += beta["owed"] * np.minimum(np.log(np.maximum(people.owed[who], 1)), cap["owed"])
        out += beta["answered"] * debts.answered[debt] + beta["opened_only"] * (people.replied[who] == 0)
        return np.exp(out)

    def comes(self, who: np.ndarray, now: float) -> np.ndarray:
        """Rates an hour (n,), before the rhythm of the day, at which members come for anything else."""
        people = self.people
        rest = np.maximum(now - people.last[who], 0.0)
        columns = np.column_stack(
            [
                np.ones(len(who)),
                *speeds(rest, SCALES_REST),
                people.acts[who] == 1,
                np.log1p(people.acts_6h[who] * np.exp(-rest / SHORT)),
                np.log1p(people.acts_24h[who] * np.exp(-rest / LONG)),
                np.log1p(people.replies_6h[who] * np.exp((people.got[who] - now) / SHORT)),
                np.log1p(np.maximum(people.owed[who], 0)),
                people.replied[who] == 0,
                np.log(np.maximum(people.acts[who], 1)),
            ]
        )
        return np.exp(linear(self.law.comes, columns))

    def opens(self, who: np.ndarray, now: float) -> np.ndarray:
        """Log-odds (n,) that a member who came for anything else opens a thread."""
        people = self.people
        columns = np.column_stack(
            [
                np.ones(len(who)),
                np.log1p(people.opened[who]),
                np.log1p(people.replied[who]),
                np.log1p(np.maximum(now - people.last[who], 0.0) / 48),
                np.log1p(np.maximum(people.owed[who], 0)),
            ]
        )
        return linear(self.law.opens, columns)
