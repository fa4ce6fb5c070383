"""Which act mattered: what leaving out one reply, or one member, changes in the simulated futures."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from windtunnel.agents.minds.base import Mind
from windtunnel.analysis.causal.pns_rank import Pairs, rank_by_pns, smallest_set
from windtunnel.analysis.why.answer import happened
from windtunnel.analysis.why.case import WITH, WITHOUT, Branch, simulate_futures
from windtunnel.analysis.why.forum.case import ForumCase
from windtunnel.policies.base import Policy
from windtunnel.policies.forum.single_act import SingleAct

DOUBT = 0.05
"""Two candidates are told apart where a sign-flip test over futures is beyond this."""
_HEAVY = {"hostile": 0, "heated": 1}


BEFALLEN = ("pile_on", "newcomer_driven_away")
"""Kinds of incident that happen to a member, without whom there is none by construction."""


class Candidate(NamedTuple):
    """Something that can be left out: its id, what it is, when it first wrote, where chance is drawn anew, how to do it.

    `forced` says that leaving it out decides by itself what the incident counts.
    """

    id: str
    words: str
    begin: int
    fork: int
    make: Callable[[], Policy]
    forced: bool = False


BY = ("change", "pns")
"""What candidates are ranked by: how much less bad it gets, or in how many futures leaving one out must have averted it."""


def rank_replies(
    case: ForumCase, mind: Mind, *, budget: int, futures: int, by: str = "change", enough: float | None = None
) -> dict[str, Any]:
    """Posts of the incident's thread up to its peak, the one whose removal changes the outcome most first.

    Those of the member whom it happened to are none of them.
    """
    rows = case.acts.filter(
        pl.col("post").is_not_null() & pl.col("step").is_between(case.first, case.incident.peak)
    )
    if case.incident.place is not None:
        rows = rows.filter(pl.col("place") == case.incident.place)
    rows = _but_whom_it_befell(case, rows.filter(pl.col("kind") == "reply"))
    heavy = pl.col("tone").replace_strict(_HEAVY, default=2)
    rows = rows.with_columns(heavy=heavy).sort("heavy", "step", "ordinal")
    candidates = [
        Candidate(
            str(row["post"]),
            f"{row['tone'] or ''} reply of member {row['member']} (post {row['post']})".strip(),
            row["step"],
            max(case.incident.onset, row["step"] + 1),
            lambda row=row: SingleAct(
                label="why", act="remove", posts=(case.post_id(row["post"]),), start=row["step"] + 1
            ),  # type: ignore[misc]
        )
        for row in rows.head(budget).iter_rows(named=True)
    ]
    return _ranked(case, mind, candidates, rows.height, futures, by, enough)


def rank_members(
    case: ForumCase, mind: Mind, *, budget: int, futures: int, by: str = "change", enough: float | None = None
) -> dict[str, Any]:
    """Members who wrote in the incident's thread up to its peak, each kept away from its first post there on.

    Whom it happened to is none of them; who is kept away and cannot leave, or whose own streak it is, is marked `forced`.
    """
    rows = case.acts.filter(pl.col("post").is_not_null() & pl.col("member").is_not_null())
    rows = _but_whom_it_befell(case, rows)
    if case.incident.place is not None:
        rows = rows.filter(pl.col("place") == case.incident.place)
    rows = rows.filter(pl.col("step").is_between(case.first, case.incident.peak))
    heavy = pl.col("tone").replace_strict({"hostile": 1.0, "heated": 0.5}, default=0.0).sum()
    each = rows.group_by("member", maintain_order=True).agg(heavy=heavy, first=pl.col("step").min())
    each = each.sort("heavy", descending=True, maintain_order=True)
    candidates = [
        Candidate(
            row["member"],
            f"member {row['member']}",
            row["first"],
            case.incident.onset,
            lambda row=row: SingleAct(  # type: ignore[misc]
                label="why", act="suspend", member=case.member_id(row["member"]), start=row["first"]
            ),
            _forced(case, row["member"]),
        )
        for row in each.head(budget).iter_rows(named=True)
    ]
    return _ranked(case, mind, candidates, each.height, futures, by, enough)


def _but_whom_it_befell(case: ForumCase, rows: pl.DataFrame) -> pl.DataFrame:
    """The acts without those of the member whom the incident happened to."""
    target = case.incident.member if case.incident.kind in BEFALLEN else None
    return rows if target is None else rows.filter(pl.col("member").ne_missing(pl.lit(target)))


def _forced(case: ForumCase, member: str) -> bool:
    one = case.incident
    return member == one.member or (one.kind == "mass_departure" and member in one.members)


def _ranked(
    case: ForumCase,
    mind: Mind,
    candidates: list[Candidate],
    all_: int,
    futures: int,
    by: str,
    enough: float | None,
) -> dict[str, Any]:
    """Each candidate left out of the incident's own past, with `futures` ways in which it could go on from its fork.

    Up to the fork the incident's own luck holds, then chance is drawn again, the same for everybody left out and for
    the unchanged past. `change` is the mean change of severity (negative: less of the incident), with the p-value of
    a sign-flip test over futures, Holm-adjusted over the candidates; `same_luck` the change in the one replay; `happened`
    and `averted` count futures. Ranked by `change`; those that these futures cannot tell from the first (`tied`) come
    with it, whoever wrote more of the incident first: somebody who drew the writer in is a cause as well. With `by` "pns" they are
    ranked by `least_pns`, and `tied` is by that. `enough` adds the fewest who together avert such a share of the futures that have it.
    """
    target = case.incident.member if case.incident.kind in BEFALLEN else None
    told: dict[str, Any] = {
        "tested": len(candidates),
        "of": all_,
        "futures": futures,
        "left_aside": target,
        "by": by,
        "enough": None,
        "ranked": [],
    }
    if not candidates:
        return told
    forks = sorted({one.fork for one in candidates})
    unchanged = [Branch(WITHOUT, case.last, _schedule(case), None)]
    unchanged += [
        Branch(WITHOUT, fork, _schedule(case), number) for fork in forks for number in range(futures)
    ]
    branches = list(unchanged)
    for one in candidates:
        numbers: list[int | None] = [None, *range(futures)]
        branches += [Branch(WITH, one.fork, _schedule(case, one), number) for number in numbers]
    seen = happened(case, simulate_futures(case, branches, mind, fingerprints=False), len(branches))
    rows: list[dict[str, Any]] = []
    differences, pairs = [], {}
    for place, one in enumerate(candidates):
        base = slice(1 + forks.index(one.fork) * futures, 1 + (forks.index(one.fork) + 1) * futures)
        own = len(unchanged) + place * (futures + 1)
        left = slice(own + 1, own + 1 + futures)
        difference = seen.severity[left] - seen.severity[base]
        came = seen.y[base] == 1
        differences.append(difference)
        pairs[one.id] = Pairs(np.arange(futures), seen.y[base], seen.y[left])
        rows.append(
            {
                "id": one.id,
                "what": one.words,
                "from": one.begin,
                "same_luck": float(seen.severity[own] - seen.severity[0]),
                "change": float(difference.mean()),
                "happened": int(came.sum()),
                "averted": int((came & (seen.y[left] == 0)).sum()),
                "p": _sign_flip(difference),
                "forced": one.forced,
            }
        )
    from statsmodels.stats.multitest import multipletests

    adjusted = multipletests([row["p"] for row in rows], method="holm")[1]
    best = differences[min(range(len(rows)), key=lambda place: rows[place]["change"])]
    tied = [_sign_flip(difference - best) > DOUBT for difference in differences]
    rows = [{**row, "p": float(p), "tied": tie} for row, p, tie in zip(rows, adjusted, tied, strict=True)]
    sure = {row["name"]: row for row in rank_by_pns(pairs, "preventive")}
    for row in rows:
        row["least_pns"] = sure[row["id"]]["least_pns"]
        if by == "pns":
            row["tied"] = sure[row["id"]]["tied"]
    rows.sort(
        key=lambda row: (
            sure[row["id"]]["rank"] if by == "pns" else (not row["tied"], 0 if row["tied"] else row["change"])
        )
    )  # stable: see `candidates`
    few = None if enough is None else _fewest(case, mind, candidates, futures, enough)
    return told | {"ranked": rows, "enough": few}


def _fewest(
    case: ForumCase, mind: Mind, candidates: list[Candidate], futures: int, wanted: float
) -> dict[str, Any]:
    """The fewest whose leaving out together averts at least the share `wanted` of the futures that have the incident, greedily.

    All futures begin at the first candidate's fork, the same for every set.
    """
    fork, named = min(one.fork for one in candidates), {one.id: one for one in candidates}

    def lived(those: tuple[Candidate, ...]) -> np.ndarray:
        arm = WITH if those else WITHOUT
        branches = [Branch(arm, fork, _schedule(case, *those), number) for number in range(futures)]
        return happened(case, simulate_futures(case, branches, mind, fingerprints=False), futures).y

    came = lived(()) == 1

    def averted(names: tuple[str, ...]) -> float:
        without = lived(tuple(named[name] for name in names))
        return float((came & (without == 0)).sum() / came.sum()) if came.any() else 0.0

    taken = smallest_set(list(named), averted, wanted) if came.any() else []
    return {
        "wanted": wanted,
        "happened": int(came.sum()),
        "reached": taken[-1][1] if taken else 0.0,
        "set": [{"id": name, "what": named[name].words, "share": share} for name, share in taken],
    }


def _schedule(case: ForumCase, *those: Candidate) -> Callable[[], list[Policy]]:
    return lambda: case.schedule() + [one.make() for one in those]


def _sign_flip(difference: np.ndarray, flips: int = 2000) -> float:
    """Two-sided p-value of a mean difference over pairs, by flipping signs (seeded)."""
    if not difference.any():
        return 1.0
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (flips, len(difference)))
    extreme = np.abs(signs @ difference) >= np.abs(difference.sum()) - 1e-12
    return float((extreme.sum() + 1) / (flips + 1))
