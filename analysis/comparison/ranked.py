"""`compare --rank pns`: policies by the least share of futures in which each must have made the difference."""

from collections.abc import Sequence
from typing import Any

from windtunnel.analysis.causal.pns_rank import Pairs, rank_by_pns
from windtunnel.analysis.comparison.inputs import Tested

BY = ("pns",)


def ranked(tested: Sequence[Tested], direction: str, confidence: float) -> list[dict[str, Any]]:
    """A row a policy that makes a claim, the surest first; see `rank_by_pns`."""
    claiming = {
        one.name: Pairs(*(one.pairs[name].to_numpy() for name in ("draw", "y0", "y1")))
        for one in tested
        if one.claim_reason is None
    }
    forced = {one.name for one in tested if one.by_construction}
    rows = rank_by_pns(claiming, direction, confidence=confidence)
    return [
        {"policy": row["name"], "by_construction": row["name"] in forced}
        | {key: row[key] for key in ("rank", "least_pns", "tied")}
        for row in rows
    ]


def ranking_words(rows: Sequence[dict[str, Any]], direction: str) -> list[str]:
    """The ranking in sentences: what the number is, then a line a policy."""
    if not rows:
        return ["No policy here makes a claim, so none is ranked."]
    what = "averted it" if direction == "preventive" else "brought it about"
    head = (
        f"Ranked by the least share of futures in which the policy must have {what}, however twins share chance (lower bound of "
        "PNS; interval by resampling draws):"
    )
    return [head, *(f"  {_line(row, rows)}" for row in rows)]


def _line(row: dict[str, Any], rows: Sequence[dict[str, Any]]) -> str:
    found = row["least_pns"]
    tied = row["tied"] and sum(one["tied"] for one in rows) > 1
    notes = [
        words
        for words, holds in (
            ("cannot be told apart from the first", tied and row["rank"] > 1),
            ("by construction", row["by_construction"]),
        )
        if holds
    ]
    tail = f"; {', '.join(notes)}" if notes else ""
    return (
        f"{row['rank']}. {row['policy']} {found['est']:.3f} ({found['low']:.3f} to {found['high']:.3f}){tail}"
    )
