"""The law of learned members: what rates and choices depend on, and the coefficients that a fit found.

Everything is log-linear, times are hours. A *debt* is an unanswered reply to a member, the latest of each partner in each
thread. Four parts, in the order of an act:

1. `owes`: the rate at which a member pays a debt; `comes`: the rate at which it comes for anything else.
2. `opens`: the log-odds that who came for anything else opens a thread.
3. `thread_*`, `post_*`: which thread, and which post in it, is answered; of newcomers, and of others.
4. `unnamed`: whether a newcomer's name would be missing in the record.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from scipy.special import ndtri

from windtunnel.sim import noise
from windtunnel.sim.communities.forum.learned.sums import weighed
from windtunnel.sim.communities.forum.learned.tones import ToneLaw

SCALES_AGE = (1 / 6, 3.0, 24.0)
"""Hours at which a debt's age is felt: the term of each is log(1 + age / scale)."""
SCALES_REST = (1 / 6, 3.0, 48.0)
"""The same for the time since a member's last act."""
_AGES, _RESTS = np.array(SCALES_AGE)[:, None], np.array(SCALES_REST)[:, None]
FORGOTTEN = 21 * 24.0
"""Hours after which a debt is owed no more."""
WINDOW = 14 * 24.0
"""Hours without a post after which a thread is out of sight."""
FRESH = 3.0
"""Hours within which an act or a reply makes rates change from phase to phase; others are taken once a step."""
SHORT, LONG = 6.0, 24.0
"""Hours in which counts of recent acts, and of replies received, fade."""
HABIT = 60 * 24.0
"""The same of the count of acts that makes a habit. Of 14, 28, 60 and 120 days the likelihood in r/Feminism rises to the last, by 10
beyond 60 days; a place with a longer memory is slower to settle."""
AWAY = 24.0
"""Hours up to which it counts for how long a member had been silent when it was answered."""
SESSION = 3.0
"""Hours after an act in which habit says nothing: who is still there goes on by other reasons."""

THREAD = (
    *("size", "authors", "age_3h", "age_1d", "last_10min", "last_3h", "last_1d"),
    *("unanswered", "unnamed_opener", "opener_acts"),
)
POST = (
    *("root", "replies", "unanswered", "age_10min", "age_3h", "age_1d", "depth", "latest"),
    *("unnamed", "author_acts", "author_rest", "by_opener"),
)
TERMS = {
    "owes": (
        *("constant", "age_10min", "age_3h", "age_1d", "rest_10min", "rest_3h", "rest_2d", "depth", "root"),
        *("exchange", "met", "owed", "answered", "unnamed_partner", "unnamed", "opened_only"),
        *("away", "root_owed", "exchange_unnamed"),
    ),
    "comes": (
        *(
            "constant",
            "rest_10min",
            "rest_3h",
            "rest_2d",
            "once",
            "acts_6h",
            "acts_24h",
            "replies_6h",
            "owed",
        ),
        *("opened_only", "habit"),
    ),
    "opens": ("constant", "opened", "replied", "rest_2d", "owed"),
    "thread_new": THREAD,
    "thread_old": (*THREAD, "in_it", "opened_it", "others_since"),
    "post_new": POST,
    "post_old": (*POST, "own", "answered_by_me", "met"),
    "unnamed": ("constant", "top_level", "thread_share", "unnamed_parent"),
}
"""The terms of each part, in the order of its coefficients. All are 0 or more."""
EARLIER = {"comes": (*TERMS["comes"][:-1], "acts"), "owes": TERMS["owes"][:-3]}
"""Terms of earlier fits, which are simulated as they were: all acts so far in place of `habit`, and debts without the last three terms."""


class Part(BaseModel):
    """Coefficients of one part by term, each with its standard error, and the cap of its term.

    A term counts up to its cap, the 99th percentile at recorded acts; beyond it a term may only lower what it is part of.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    terms: tuple[str, ...]
    value: tuple[float, ...]
    error: tuple[float, ...]
    cap: tuple[float, ...]
    acts: int
    """Recorded acts that it was fitted to."""
    spread: tuple[tuple[float, ...], ...] = ()
    """The lower triangle whose product with its transpose is the covariance of the coefficients; empty in files of earlier fits."""

    def drawn(self, key: int, name: str) -> "Part":
        """The part with coefficients from their sampling law, a normal one around those that were fitted; `key` addresses the draw."""
        count = len(self.value)
        lot = ndtri(noise.uniform(key, f"coefficients {name}", 0, np.arange(count)))
        factor = np.zeros((count, count))
        for at, row in enumerate(self.spread):
            factor[at, : at + 1] = row
        value = np.array(self.value) + factor @ lot
        return Part(
            terms=self.terms,
            value=tuple(value.tolist()),
            error=self.error,
            cap=self.cap,
            acts=self.acts,
            spread=self.spread,
        )

    @cached_property
    def coefficients(self) -> np.ndarray:
        return np.array(self.value)

    @cached_property
    def caps(self) -> np.ndarray:
        """Upper ends of the terms: infinite for those that lower."""
        return np.where(np.array(self.value) < 0, np.inf, np.array(self.cap))


class Newcomers(BaseModel):
    """Rates an hour at which people write for the first time, over the last weeks of the record."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    opens: Annotated[float, Field(ge=0)]
    replies: Annotated[float, Field(ge=0)]
    weeks: float
    """How many weeks they were counted in."""
    unnamed_openers: Annotated[float, Field(ge=0, le=1)]
    """Share of those who open a thread whose name the record lacks."""


class Group(BaseModel):
    """Five or more members whom the record left in like states: how many, and what they are like on average."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    members: int
    opened: float
    replied: float
    habit: float
    """The fading count of acts at the end of the record."""
    rest: float
    """Hours since the last act, a geometric mean."""


class Law(BaseModel):
    """What `windtunnel fit` writes as `forward` in learned.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    form: int = 1
    posts_per_day: float
    """Of the record, holes left out: a community of another size is scaled by it."""
    rhythm: Annotated[list[float], Field(min_length=24, max_length=24)]
    newcomers: Newcomers
    owes: Part
    comes: Part
    opens: Part
    thread_new: Part
    thread_old: Part
    post_new: Part
    post_old: Part
    unnamed: Part
    hotness: Annotated[float, Field(ge=0)] = 0.0
    """Shape of the gamma law (mean 1) of a lasting factor of each thread's pull; 0: there is none."""
    tone: ToneLaw | None = None
    """In what tone members answer; None: as the rules of the forum say."""
    reach: Annotated[float, Field(gt=0)] | None = None
    """Hours back to which the record knew who is new: who was silent for longer comes as a newcomer, if at all. None: there is no such limit."""
    stay: Annotated[float, Field(gt=0)] | None = None
    """Mean days after which a member comes no more; None: the record does not tell, and nobody leaves."""
    core: list[Group] = []
    """Whom a place has that begins with its members and nothing else: the record's at its end."""
    held: float = 0.0
    """Added to the log rate `comes` in a cold place, so that it writes as much as its record: of a record too short to show settled members."""
    masked_days: float = 0.0
    """Days of the record that count for nothing: holes, and a week after each."""
    notes: list[str] = []

    @model_validator(mode="after")
    def _terms_are_known(self) -> "Law":
        for name, terms in TERMS.items():
            if getattr(self, name).terms not in (terms, EARLIER.get(name)):
                raise ValueError(f"{name} has other terms than this version fits")
        return self

    @property
    def of_a_cold_place(self) -> "Law":
        """The law with `held` in the rate at which members come."""
        if not self.held:
            return self
        comes = {name: getattr(self.comes, name) for name in Part.model_fields}
        comes["value"] = (self.comes.value[0] + self.held, *self.comes.value[1:])
        return Law(**{name: getattr(self, name) for name in Law.model_fields} | {"comes": Part(**comes)})


def stays_for(law: Law, lot: np.ndarray) -> np.ndarray:
    """Hours (n,) that members stay, by a lot in (0, 1) of each: exponential, so that how long one has been there tells nothing."""
    return -24 * law.stay * np.log1p(-lot) if law.stay else np.full(len(lot), np.inf)


def law_of(content: Mapping[str, Any]) -> Law:
    """The law in the section `forward` of learned.yaml; `ValueError` says what is wrong with it."""
    try:
        return Law.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in ("forward", *first["loc"]))
        raise ValueError(
            f"learned.yaml: {where}: {first['msg'].removeprefix('Value error, ')}; fit it again by `windtunnel fit`"
        ) from None


def drawn_law(law: Law, key: int) -> Law:
    """The law with the coefficients of every part drawn from their sampling law. `ValueError` where the fit did not keep it."""
    if any(not getattr(law, name).spread and any(getattr(law, name).error) for name in TERMS):
        raise ValueError(
            "mind.law=drawn needs the covariance of the coefficients, which this learned.yaml does not hold: fit it again by "
            "`windtunnel fit`"
        )
    parts = {name: getattr(law, name).drawn(key, name) for name in TERMS}
    return Law(**{name: getattr(law, name) for name in Law.model_fields} | parts)


def speeds(hours: np.ndarray, scales: tuple[float, ...]) -> list[np.ndarray]:
    """log(1 + hours / scale), a column a scale."""
    return [np.log1p(hours / scale) for scale in scales]


def habit_term(habit: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """The term `habit` (n,) of fading counts of acts and hours since the last one."""
    return np.where(rest > SESSION, np.log1p(habit), 0.0)


def away_term(rest: np.ndarray) -> np.ndarray:
    """The term `away` (n,) of hours since a member's last act when it was answered."""
    return np.log1p(np.minimum(rest, AWAY))


def columns(*terms: np.ndarray | float) -> np.ndarray:
    """The terms, each (n,) or for all alike, as a table (n, terms)."""
    out = np.empty((len(terms), len(terms[-1])))  # type: ignore[arg-type]
    for place, term in enumerate(terms):
        out[place] = term
    return out.T


def _logs(table: np.ndarray, *rows: slice) -> np.ndarray:
    """The table (terms, n) with log(1 + x) in place of x in these rows, as (n, terms)."""
    for some in rows:
        np.log1p(table[some], out=table[some])
    return table.T


def linear(part: Part, columns: np.ndarray) -> np.ndarray:
    """The linear predictor (n,) of columns (n, terms), capped."""
    return weighed(part.coefficients, np.minimum(columns.T, part.caps[:, None], order="C"))


def thread_terms(
    size: np.ndarray,
    crowd: np.ndarray,
    age: np.ndarray,
    last: np.ndarray,
    unnamed: np.ndarray,
    acts: np.ndarray,
) -> np.ndarray:
    """The terms `THREAD` (n, 10): replies, people in it, hours since it was opened and since its last post, and of its opener
    whether its name lacks, and its acts so far."""
    out = np.empty((len(THREAD), len(size)))
    out[0], out[1], out[2], out[3] = size, crowd, age / 3, age / 24
    out[1] -= crowd > 0
    np.divide(last, _AGES, out=out[4:7])
    out[7], out[8], out[9] = size == 0, unnamed, acts
    return _logs(out, slice(0, 7), slice(9, 10))


def own_thread_terms(size_then: np.ndarray, size: np.ndarray, opened: np.ndarray) -> list[np.ndarray]:
    """The three terms that `thread_old` has beside: the thread's size at the member's last post there (-1: none), and now."""
    inside = size_then >= 0
    return [inside, opened, np.where(inside, np.log1p(np.maximum(size - size_then, 0)), 0.0)]


def post_terms(
    root: np.ndarray,
    replies: np.ndarray,
    age: np.ndarray,
    depth: np.ndarray,
    latest: np.ndarray,
    unnamed: np.ndarray,
    acts: np.ndarray,
    rest: np.ndarray,
    by_opener: np.ndarray,
) -> np.ndarray:
    """The terms `POST` (n, 12): direct replies, hours since it was written, answers up to the opening post, and of its author
    whether its name lacks, its acts so far, hours since the last one, and whether it opened the thread (of replies)."""
    out = np.empty((len(POST), len(replies)))
    out[0], out[1], out[2], out[6] = root, replies, replies == 0, depth
    np.divide(age, _AGES, out=out[3:6])
    out[7], out[8], out[9], out[10], out[11] = latest, unnamed, acts, rest, by_opener
    return _logs(out, slice(1, 2), slice(3, 7), slice(9, 11))
