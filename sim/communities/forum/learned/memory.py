"""What has happened between the members of a learned forum: who wrote when, who owes whom an answer, who knows whom."""

import copy
from collections.abc import Callable, Sequence
from math import exp, inf, log, log1p
from typing import Any

import numpy as np

from windtunnel.sim.communities.forum.learned.law import AWAY, FORGOTTEN, HABIT, LONG, SHORT, Law
from windtunnel.sim.communities.forum.learned.rates import Rates, by_name
from windtunnel.sim.communities.forum.learned.tones import ToneMemory
from windtunnel.sim.communities.forum.side_by_side import SideBySide, Views

NONE = -1


class Columns(Views):
    """Arrays of equal length that grow together; each is read and written as an attribute, a view of the filled part."""

    beside: SideBySide | None = None
    """Where the columns stand beside those of other worlds."""

    def __init__(self, **columns: tuple[type, Any]) -> None:
        self._fill = {name: empty for name, (_, empty) in columns.items()}
        self.count = 0
        self._lay({name: np.full(64, empty, kind) for name, (kind, empty) in columns.items()})

    def grow(self, count: int) -> None:
        """Have so many rows; new ones hold their column's empty value."""
        if self.beside is not None and count > self.beside.room:
            self.beside.make_room(count)
        while count > len(self._store[next(iter(self._store))]):
            more = {
                name: np.concatenate([values, np.full(len(values), self._fill[name], values.dtype)])
                for name, values in self._store.items()
            }
            self._lay(more)
        if count != self.count:
            self.count = count
            self._look_anew()

    def store(self) -> dict[str, np.ndarray]:
        return self._store

    def stand(self, store: dict[str, np.ndarray]) -> None:
        self._lay(store)

    def empty(self, name: str) -> Any:
        return self._fill[name]

    def __len__(self) -> int:
        return self.count

    def copied(self) -> "Columns":
        out = copy.copy(self)
        out.beside = None
        out._lay({name: values.copy() for name, values in self._store.items()})
        return out

    def __getstate__(self) -> dict[str, Any]:
        return {"_fill": self._fill, "_store": self._store, "count": self.count}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._lay(self._store)


class Memory:
    """All rows are rows of the forum's members and posts; hours are counted from the run's first step, and negative before it.

    Members: `last` act, how many `acts`, `opened`, `replied`, fading counts `acts_6h`, `acts_24h`, `habit` (just after the last act)
    and `replies_6h` (just after `got`), `owed` debts, `unnamed`, when it `leaves`, from when on it
    comes no more; of its coming for anything but a debt the `rate` when it was last taken, whether it is `quiet`, and after which
    phase it was last `drawn`. Posts: `hour`, `exchange`, `debt` that they are; of an opening post
    `last`, `crowd`, `nameless` of its thread, how `hot` it is (log), on which `shelf` it stands, its `place` among the threads in
    sight, and what draws newcomers (`new`) and others (`old`) to it. Debts: whose (`debtor`), the `partner`, the thread (`root`), the
    `post`, `since`, whether it is for an answer to an opening post (`top`), the `fixed` part of the predictor, `open`, `answered`, its `rate` when it was last taken, and the
    `address` of its chance.

    `touched` holds the members whose rates have changed since it was last emptied, `newly` those who wrote for the first time.
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
            habit=(np.float64, 0.0),
            replies_6h=(np.float64, 0.0),
            got=(np.float64, -np.inf),
            owed=(np.int32, 0),
            unnamed=(np.bool_, False),
            leaves=(np.float64, np.inf),
            rate=(np.float64, 0.0),
            quiet=(np.bool_, False),
            drawn=(np.int8, 0),
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
            shelf=(np.int32, 0),
            place=(np.int64, NONE),
            new=(np.float64, 0.0),
            old=(np.float64, 0.0),
        )
        self.debts = Columns(
            debtor=(np.int64, 0),
            partner=(np.int64, 0),
            root=(np.int64, 0),
            post=(np.int64, 0),
            since=(np.float64, 0.0),
            top=(np.bool_, False),
            fixed=(np.float64, 0.0),
            open=(np.bool_, False),
            answered=(np.bool_, False),
            rate=(np.float64, 0.0),
            address=(np.uint64, 0),
        )
        self.owing: dict[int, dict[int, dict[int, int]]] = {}
        """Of each member its open debts by thread and partner."""
        self.met: dict[tuple[int, int], int] = {}
        """How often the first has answered the second."""
        self.answerers: dict[int, set[int]] = {}
        """Of each member who has answered it."""
        self.inside: dict[int, dict[int, int]] = {}
        """Of each member the threads that it wrote in, with their size at its last post there; those out of sight may lack."""
        self.mine: dict[int, set[int]] = {}
        """Of each member the posts that it answered."""
        self.rows: dict[int, list[int]] = {}
        """Of each thread its posts in order."""
        self.touched: set[int] = set()
        self.newly: list[int] = []
        self.tones = None if law.tone is None else ToneMemory(law.tone.common)
        self.rates = Rates(law)
        self._owes, self._owes_cap = by_name(law.owes)

    def later(self, hours: float, members: int) -> "Memory":
        """A copy of its own in which all of it lies so many hours earlier, with room for more members."""
        out = copy.copy(self)
        out.people, out.posts, out.debts = self.people.copied(), self.posts.copied(), self.debts.copied()
        for table, names in (
            (out.people, ("last", "got", "leaves")),
            (out.posts, ("hour", "last")),
            (out.debts, ("since",)),
        ):
            for name in names:
                getattr(table, name)[:] -= hours
        out.people.grow(members)
        out.owing = {
            who: {root: dict(some) for root, some in threads.items()} for who, threads in self.owing.items()
        }
        out.met = dict(self.met)
        out.answerers = {who: set(some) for who, some in self.answerers.items()}
        out.inside = {who: dict(some) for who, some in self.inside.items()}
        out.mine = {who: set(some) for who, some in self.mine.items()}
        out.rows = {root: list(some) for root, some in self.rows.items()}
        out.touched, out.newly = set(), []
        out.tones = None if self.tones is None else self.tones.copied()
        return out

    # --- what happens ---

    def acted(self, who: int, now: float, opens: bool, up: int, root: int, partner: int) -> None:
        """A member wrote, whether or not others can read it yet; `up` is the post that it answers."""
        people = self.people.full
        rest = now - people.last.item(who)
        people.acts_6h[who] = 1.0 + people.acts_6h.item(who) * exp(-rest / SHORT)
        people.acts_24h[who] = 1.0 + people.acts_24h.item(who) * exp(-rest / LONG)
        people.habit[who] = 1.0 + people.habit.item(who) * exp(-rest / HABIT)
        people.last[who] = now
        if rest == inf:
            self.newly.append(who)
        people.acts[who] += 1
        self.touched.add(who)
        if opens:
            people.opened[who] += 1
            return
        people.replied[who] += 1
        self.mine.setdefault(who, set()).add(up)
        debt = self.owing.get(who, {}).get(root, {}).get(partner)
        if debt is not None:
            self._close(debt)

    def appeared(
        self, new: Sequence[tuple[int, int, float, int, int, int, int, int]], sizes: Sequence[int]
    ) -> None:
        """Posts can be read, in order, each (post, who, now, up, root, partner, depth, exchange): threads wake, and whom a post answers
        owes a reply. `sizes`: replies in the thread, with the post.
        """
        free = self.owed_by(sum(1 for _, who, _, up, _, partner, _, _ in new if up >= 0 and partner != who))
        for one, size in zip(new, sizes, strict=True):
            free = self.appears(one, size, free)

    def owed_by(self, posts: int) -> int:
        """Make room for the debts that so many posts are; gives the first of them."""
        free = self.debts.count
        self.debts.grow(free + posts)
        return free

    def appears(self, new: tuple[int, int, float, int, int, int, int, int], size: int, free: int) -> int:
        """The same of one post, whose debt is the one that is `free`; gives the next."""
        people, posts, debts = self.people.full, self.posts.full, self.debts.full
        post, who, now, up, root, partner, depth, exchange = new
        posts.hour[post], posts.last[root] = now, now
        self.rows.setdefault(root, []).append(post)
        inside = self.inside.setdefault(who, {})
        if root not in inside:
            posts.crowd[root] += 1
        inside[root] = size
        if up < 0:
            return free
        if unnamed := people.unnamed.item(who):
            posts.nameless[root] += 1
        if (debt := posts.debt.item(up)) >= 0 and debts.open[debt] and debts.debtor[debt] != who:
            debts.answered[debt] = True
            self.touched.add(int(debts.debtor[debt]))
        met = self.met.get((who, partner), 0)
        both = met + self.met.get((partner, who), 0)
        self.met[(who, partner)] = met + 1
        if partner == who:
            return free
        self.answerers.setdefault(partner, set()).add(who)
        self.touched.add(partner)
        people.replies_6h[partner] = 1.0 + people.replies_6h.item(partner) * exp(
            (people.got.item(partner) - now) / SHORT
        )
        people.got[partner] = now
        owing = self.owing.setdefault(partner, {}).setdefault(root, {})
        if (old := owing.get(who)) is not None:
            self._close(old)
            owing = self.owing.setdefault(partner, {}).setdefault(root, {})
        debts.debtor[free], debts.partner[free], debts.root[free] = partner, who, root
        debts.post[free], debts.since[free], debts.open[free] = post, now, True
        debts.top[free] = up == root
        debts.fixed[free] = self._fixed(
            depth,
            up == root,
            exchange,
            both,
            unnamed,
            people.unnamed.item(partner),
            now - people.last.item(partner),
        )
        posts.debt[post] = owing[who] = free
        people.owed[partner] += 1
        return free + 1

    def heard(self, who: int | None, root: int, post: int, up: int, tone: int) -> None:
        """A post was written in a tone, by a member whose name is known or by nobody (None)."""
        if self.tones is not None:
            self.tones.note(who, root, post, up, tone)

    def vanished(self, post: int) -> None:
        """A post is gone: nobody owes it an answer."""
        if (debt := int(self.posts.debt[post])) >= 0:
            self._close(debt)

    def _close(self, debt: int) -> None:
        debts = self.debts.full
        if not debts.open[debt]:
            return
        debts.open[debt] = False
        debtor, root = debts.debtor.item(debt), debts.root.item(debt)
        self.people.full.owed[debtor] -= 1
        self.touched.add(debtor)
        threads = self.owing[debtor]
        del threads[root][debts.partner.item(debt)]
        if not threads[root]:
            del threads[root]

    def forget(self, now: float, standing: np.ndarray | None = None) -> None:
        """Of the `standing` debts (all that are open) those that are too old are owed no more."""
        if standing is None:
            standing = np.flatnonzero(self.debts.open)
        for debt in standing[self.debts.since[standing] < now - FORGOTTEN].tolist():
            self._close(debt)

    def _fixed(
        self,
        depth: int,
        root: bool,
        exchange: int,
        met: int,
        unnamed_partner: bool,
        unnamed: bool,
        rest: float,
    ) -> float:
        """What of a debt's predictor does not change; `rest`: hours since its debtor's last act."""
        beta, cap = self._owes, self._owes_cap
        later = 0.0
        if "away" in beta:  # not in a law of an earlier fit
            away = log1p(min(max(rest, 0.0), AWAY))
            later += beta["away"] * min(away, cap["away"])
            later += beta["exchange_unnamed"] * min(
                unnamed_partner * log1p(exchange), cap["exchange_unnamed"]
            )
        return (
            later
            + beta["constant"]
            + beta["depth"] * min(log(max(depth, 1)), cap["depth"])
            + beta["root"] * min(root, cap["root"])
            + beta["exchange"] * min(log1p(exchange), cap["exchange"])
            + beta["met"] * min(log1p(met), cap["met"])
            + beta["unnamed_partner"] * min(unnamed_partner, cap["unnamed_partner"])
            + beta["unnamed"] * min(unnamed, cap["unnamed"])
        )

    # --- rates ---

    def owes(self, debt: np.ndarray, now: float | np.ndarray) -> np.ndarray:
        """Rates an hour (n,), before the rhythm of the day, at which these debts are paid now; (m, n) at hours (m, 1)."""
        return self.rates.owes(self.people, self.debts, debt, self.debts.debtor[debt], now)

    def comes(self, who: np.ndarray, now: float | np.ndarray) -> np.ndarray:
        """Rates an hour (n,), before the rhythm of the day, at which members come for anything else; (m, n) at hours (m, 1)."""
        return self.rates.comes(self.people, who, now)

    def opens(self, who: np.ndarray, now: float) -> np.ndarray:
        """Log-odds (n,) that a member who came for anything else opens a thread."""
        return self.rates.opens(self.people, who, now)


def mean_rate(
    rate: Callable[[np.ndarray, Any], np.ndarray], what: np.ndarray, at: Sequence[float]
) -> np.ndarray:
    """The mean (n,) over some hours of the rates of `Memory.owes` or `Memory.comes`."""
    found = rate(np.tile(what, len(at)), np.repeat(at, len(what)))
    return np.asarray(found.reshape(len(at), len(what)).mean(axis=0))
