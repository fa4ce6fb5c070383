"""Fits the forward form to a record: rates by Poisson likelihood, choices by conditional logit."""

from typing import Any

import numpy as np

from windtunnel.analysis.learned.forward.hotness import lasting_hotness
from windtunnel.analysis.learned.forward.likelihood import CAP, Fitted, choices, poisson, yes_or_no
from windtunnel.analysis.learned.forward.rates import Clock, Design, Rates
from windtunnel.analysis.learned.forward.replay import FIRST_OPENS, FIRST_REPLIES, Choice, Lived, lived
from windtunnel.analysis.learned.forward.staying import stay_of
from windtunnel.analysis.learned.record import CommunityRecord
from windtunnel.sim.communities.forum.learned.law import TERMS, Group, Law, Newcomers, Part

LEAST_ACTS = 30
"""Fewer acts of a kind fit nothing: their part keeps the ridge's zeros."""
LEAST_REPLIES, LEAST_DAYS, LEAST_NAMED = 300, 7, 10
"""What a record must have outside its holes. Chosen."""
LEAST_COUNTED = 0.5
"""Share of all posts that must lie outside the holes and the week after each. Chosen."""
LEAST_ALIKE = 5
"""Members that a group of the core has at least: nobody is told alone."""
LATE_WEEKS = 8
"""Newcomers are counted in so many last weeks that count: what looks new falls as a record grows."""
EVERYBODY_NEW = 14 * 24.0
"""Hours at the beginning of a record in which newcomers are not counted."""
LEAST_NEW = 10
"""Newcomers of a week from which on the median week counts: what a week is like, not the one in which a crowd came by. Below, the mean."""


def fit_forward(record: CommunityRecord) -> dict[str, Any]:
    """The section `forward` of learned.yaml; `ValueError` where the record lacks authors, times, hours or parents, or is too small."""
    if record.lacks:
        raise ValueError(f"the record tells no {record.lacks[0]}s, so no forward form can be fitted")
    clock = Clock(record)
    counted = clock.counts(record.minute / 60.0)
    replies = int((counted & ~record.opens).sum())
    named, days = np.unique(record.author[record.author >= 0]), float((~clock.masked).sum()) / 24
    if replies < LEAST_REPLIES or days < LEAST_DAYS or len(named) < LEAST_NAMED:
        raise ValueError(
            f"to simulate from, a record needs {LEAST_REPLIES} replies over {LEAST_DAYS} days by {LEAST_NAMED} named people; this "
            f"one has {replies} over {days:.1f} by {len(named)}"
        )
    moved = np.isin(record.minute, [hole.first for hole in record.holes if hole.kind == "one time"])
    if counted[~moved].mean() < LEAST_COUNTED:
        raise ValueError(
            f"of its {int((~moved).sum()):,} posts {int((~counted & ~moved).sum()):,} lie in holes of the record or in the week after one, which "
            "count for nothing: what is left is another place than the recorded one"
        )
    return fitted_law(record).model_dump(mode="json")


def fitted_law(record: CommunityRecord) -> Law:
    """The law that fits the record best; see `sim.communities.forum.learned.law`."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # as in `fit.fit_folder`
        return _fitted_law(record)


def _fitted_law(record: CommunityRecord) -> Law:
    clock = Clock(record)
    life = lived(record, clock.counts(record.minute / 60.0))
    stay = stay_of(record, clock)
    rates = Rates(record, life, clock, stay)
    asked, opened, openers = rates.opens()
    marks = np.array([each.terms for each in life.marks]).reshape(-1, len(TERMS["unnamed"]))
    lacking = np.array([each.lacks for each in life.marks], bool)
    marked = np.array([each.thread for each in life.marks], np.int64)
    hotness, hot = lasting_hotness(life.threads)
    threads: dict[str, Any] = {
        f"thread_{who}": _chosen(f"thread_{who}", life.threads[who], hot) for who in ("new", "old")
    }
    posts_of: dict[str, Any] = {
        f"post_{who}": _chosen(f"post_{who}", life.posts[who]) for who in ("new", "old")
    }
    days = float((~clock.masked).sum()) / 24
    posts = int(clock.counts(life.hour).sum())
    return Law(
        posts_per_day=round(posts / max(days, 1e-9), 3),
        rhythm=[round(float(each), 4) for each in clock.rhythm],
        newcomers=newcomers(life, clock),
        owes=_rate("owes", rates.owes()),
        comes=_rate("comes", rates.comes()),
        opens=_logit("opens", asked, opened, openers),
        **threads,
        **posts_of,
        hotness=hotness,
        reach=round(reach(clock), 1),
        stay=stay if np.isfinite(stay) else None,
        core=core(life, rates, reach(clock)),
        unnamed=_logit("unnamed", marks, lacking, marked),
        masked_days=round(float(clock.masked.sum()) / 24, 2),
        notes=_notes(record, clock),
    )


def newcomers(life: Lived, clock: Clock) -> Newcomers:
    """Rates of first acts over the last weeks that count: of the median week, or the mean where hardly anybody comes."""
    begins = late_weeks(clock)
    hours = clock.at(begins + 168) - clock.at(begins)
    counts = clock.counts(life.hour)

    def rate(kind: int) -> float:
        when = np.sort(life.hour[counts & (life.kind == kind)])
        first = np.searchsorted(when, begins + 168) - np.searchsorted(when, begins)
        few = first.sum() < LEAST_NEW * len(first)
        return float(first.sum() / hours.sum() if few else np.median(first / hours))

    openers = (life.kind == FIRST_OPENS) & clock.counts(life.hour)
    nameless = float((life.member[openers] >= life.stranger).mean()) if openers.any() else 0.0
    return Newcomers(
        opens=rate(FIRST_OPENS),
        replies=rate(FIRST_REPLIES),
        weeks=round((clock.end - float(begins.min())) / 168, 2),
        unnamed_openers=nameless,
    )


def late_weeks(clock: Clock) -> np.ndarray:
    """The hours at which the last `LATE_WEEKS` weeks begin of which half or more counts, or the one of which most does.

    None from the first two weeks of a record, or from its earlier half where that is shorter: there everybody looks new.
    """
    begins = np.maximum(clock.end - 168.0 * np.arange(1, max(int(clock.end // 168), 1) + 1), 0.0)
    free = np.concatenate([[0], np.cumsum(~clock.masked)])
    counted = free[np.minimum(begins + 168, clock.end).astype(int)] - free[begins.astype(int)]
    later = begins >= min(EVERYBODY_NEW, clock.end / 2 - 84)
    if counted[later].any():
        begins, counted = begins[later], counted[later]
    return begins[counted >= min(84, counted.max())][:LATE_WEEKS]


def reach(clock: Clock) -> float:
    """Hours from the middle of the weeks in which newcomers are counted back to the beginning of the record."""
    return float(clock.end + late_weeks(clock).min()) / 2


def core(life: Lived, rates: Rates, within: float) -> list[Group]:
    """The named members who acted within so many hours of the end, in groups of `LEAST_ALIKE` or more: by habit, and within that by rest."""
    end = rates.clock.end
    who = np.unique(life.member[(life.member < life.stranger) & (life.hour > end - within)])
    past = rates.history(who, np.full(len(who), end))
    order, out = np.argsort(-past["habit"], kind="stable"), []
    length, low = 4 * LEAST_ALIKE, 0
    while len(order) - low >= LEAST_ALIKE:
        block = order[low : low + length if len(order) - low - length >= LEAST_ALIKE else None]
        block = block[np.argsort(past["rest"][block], kind="stable")]
        for part in np.array_split(block, max(1, min(4, len(block) // LEAST_ALIKE))):
            names = ("opened", "replied", "habit")
            mean = {name: round(float(past[name][part].mean()), 3) for name in names}
            rest = float(np.exp(np.log(past["rest"][part]).mean()))
            out.append(Group(members=len(part), rest=round(rest, 2), **mean))
        low += len(block)
        length = length if low < 16 * LEAST_ALIKE else 2 * length
    return out


def _rate(name: str, design: Design) -> Part:
    if len(design.acts) < LEAST_ACTS:
        start = np.zeros(len(TERMS[name]))
        start[0] = np.log(max(len(design.acts), 0.5) / max(float(design.hours.sum()), 1e-9))
        return _part(name, Fitted(start, np.full(len(start), np.nan), 0.0), design.acts)
    return _part(name, poisson(*design), design.acts)


def _logit(name: str, terms: np.ndarray, yes: np.ndarray, clusters: np.ndarray) -> Part:
    if len(yes) < LEAST_ACTS:
        start = np.zeros(len(TERMS[name]))
        share = (yes.sum() + 0.5) / (len(yes) + 1)
        start[0] = np.log(share / (1 - share))
        return _part(name, Fitted(start, np.full(len(start), np.nan), 0.0), terms)
    return _part(name, yes_or_no(terms, yes, clusters), terms)


def _chosen(name: str, made: list[Choice], hot: np.ndarray | None = None) -> Part:
    taken = np.array([each.options[each.taken] for each in made], float).reshape(-1, len(TERMS[name]))
    if len(made) < LEAST_ACTS:
        return _part(name, Fitted(np.zeros(len(TERMS[name])), np.full(len(TERMS[name]), np.nan), 0.0), taken)
    added = None if hot is None else [hot[each.names] for each in made]
    found = choices(
        [each.options.astype(float) for each in made],
        [each.taken for each in made],
        added,
        clusters=np.array([each.thread for each in made]),
    )
    return _part(name, found, taken)


def _part(name: str, found: Fitted, acts: np.ndarray) -> Part:
    cap = np.quantile(acts, CAP, axis=0) if len(acts) else np.zeros(len(TERMS[name]))
    error = np.where(np.isfinite(found.error), found.error, 0.0)
    return Part(
        terms=TERMS[name],
        value=tuple(round(float(each), 5) for each in found.value),
        error=tuple(round(float(each), 5) for each in error),
        cap=tuple(round(float(each), 5) for each in cap),
        acts=len(acts),
        spread=()
        if found.spread is None
        else tuple(
            tuple(float(f"{each:.4g}") for each in row[: at + 1]) for at, row in enumerate(found.spread)
        ),
    )


def _notes(record: CommunityRecord, clock: Clock) -> list[str]:
    if not record.holes:
        return []
    days = sum(hole.days for hole in record.holes)
    return [
        f"{len(record.holes)} holes of {days:.0f} days in all, and a week after each, count for nothing ({clock.masked.sum() / 24:.0f} days)"
    ]
