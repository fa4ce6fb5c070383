"""Fits the forward form to a record: rates by Poisson likelihood, choices by conditional logit."""

from typing import Any

import numpy as np

from windtunnel.analysis.learned.forward.hotness import lasting_hotness
from windtunnel.analysis.learned.forward.likelihood import CAP, Fitted, choices, poisson, yes_or_no
from windtunnel.analysis.learned.forward.rates import Clock, Design, Rates
from windtunnel.analysis.learned.forward.replay import FIRST_OPENS, FIRST_REPLIES, Choice, Lived, lived
from windtunnel.analysis.learned.record import CommunityRecord
from windtunnel.sim.communities.forum.learned.law import TERMS, Law, Newcomers, Part

LEAST_ACTS = 30
"""Fewer acts of a kind fit nothing: their part keeps the ridge's zeros."""
LEAST_REPLIES, LEAST_DAYS, LEAST_NAMED = 300, 7, 10
"""What a record must have outside its holes. Chosen."""
LATE_WEEKS = 4.0
"""Newcomers are counted in so many last weeks that count: what looks new falls as a record grows."""


def fit_forward(record: CommunityRecord) -> dict[str, Any]:
    """The section `forward` of learned.yaml; `ValueError` where the record lacks authors, times or parents, or is too small."""
    if lacking := [each for each in record.lacks if each in ("author", "time", "parent")]:
        raise ValueError(f"the record tells no {lacking[0]}s, so no forward form can be fitted")
    clock = Clock(record)
    replies = int((clock.counts(record.minute / 60.0) & ~record.opens).sum())
    named, days = np.unique(record.author[record.author >= 0]), float((~clock.masked).sum()) / 24
    if replies < LEAST_REPLIES or days < LEAST_DAYS or len(named) < LEAST_NAMED:
        raise ValueError(
            f"to simulate from, a record needs {LEAST_REPLIES} replies over {LEAST_DAYS} days by {LEAST_NAMED} named people; this "
            f"one has {replies} over {days:.1f} by {len(named)}"
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
    rates = Rates(record, life, clock)
    asked, opened = rates.opens()
    marks = np.array([terms for terms, _ in life.marks]).reshape(-1, len(TERMS["unnamed"]))
    lacking = np.array([lacks for _, lacks in life.marks], bool)
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
        opens=_logit("opens", asked, opened),
        **threads,
        **posts_of,
        hotness=hotness,
        unnamed=_logit("unnamed", marks, lacking),
        masked_days=round(float(clock.masked.sum()) / 24, 2),
        notes=_notes(record, clock),
    )


def newcomers(life: Lived, clock: Clock) -> Newcomers:
    """Rates of first acts over the last weeks that count."""
    free = np.flatnonzero(~clock.masked)
    back = free[-int(min(LATE_WEEKS * 168, len(free)))]
    late = (life.hour >= back) & clock.counts(life.hour)
    hours = float(clock.at(np.array([clock.end]))[0] - clock.at(np.array([float(back)]))[0])
    first = {kind: late & (life.kind == kind) for kind in (FIRST_OPENS, FIRST_REPLIES)}
    openers = (life.kind == FIRST_OPENS) & clock.counts(life.hour)
    nameless = float((life.member[openers] >= life.stranger).mean()) if openers.any() else 0.0
    return Newcomers(
        opens=float(first[FIRST_OPENS].sum() / hours),
        replies=float(first[FIRST_REPLIES].sum() / hours),
        weeks=round((clock.end - back) / 168, 2),
        unnamed_openers=nameless,
    )


def _rate(name: str, design: Design) -> Part:
    if len(design.acts) < LEAST_ACTS:
        start = np.zeros(len(TERMS[name]))
        start[0] = np.log(max(len(design.acts), 0.5) / max(float(design.hours.sum()), 1e-9))
        return _part(name, Fitted(start, np.full(len(start), np.nan), 0.0), design.acts)
    return _part(name, poisson(design.acts, design.stretches, design.hours), design.acts)


def _logit(name: str, terms: np.ndarray, yes: np.ndarray) -> Part:
    if len(yes) < LEAST_ACTS:
        start = np.zeros(len(TERMS[name]))
        share = (yes.sum() + 0.5) / (len(yes) + 1)
        start[0] = np.log(share / (1 - share))
        return _part(name, Fitted(start, np.full(len(start), np.nan), 0.0), terms)
    return _part(name, yes_or_no(terms, yes), terms)


def _chosen(name: str, made: list[Choice], hot: np.ndarray | None = None) -> Part:
    taken = np.array([each.options[each.taken] for each in made], float).reshape(-1, len(TERMS[name]))
    if len(made) < LEAST_ACTS:
        return _part(name, Fitted(np.zeros(len(TERMS[name])), np.full(len(TERMS[name]), np.nan), 0.0), taken)
    added = None if hot is None else [hot[each.names] for each in made]
    found = choices([each.options.astype(float) for each in made], [each.taken for each in made], added)
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
