"""The comparison as tables of words: what the terminal prints and the page lets a person copy."""

import math
from collections.abc import Mapping
from typing import Any

from windtunnel.analysis.causal.questions import PERCENT_FROM
from windtunnel.analysis.comparison.sentences import net_words
from windtunnel.analysis.numbers_in_words import change, words

Record = Mapping[str, Any]


def short_table(record: Record) -> list[dict[str, str]]:
    """A row a policy for a terminal: what it stopped and caused, the net change, the first costs, the verdict."""
    return [
        {
            "policy": row["policy"] + (" (by construction)" if row["by_construction"] else ""),
            **counts(record, row),
            "net change (interval)": net_words(row),
            **worst_column(record, row),
            **(
                {"benefit a future (however twins share chance)": benefit_words(row)}
                if record["payoff"]
                else {}
            ),
            "verdict": row["verdict"] or "-",
        }
        for row in record["policies"]
    ]


def counts(record: Record, row: Record) -> dict[str, str]:
    """How many futures the policy changed for the good and for the bad, each with what it is counted of."""
    table = row["table"]
    had, had_not = table["n10"] + table["n11"], table["n00"] + table["n01"]
    if record["direction"] == "preventive":
        return {"stopped": f"{table['n10']} of {had}", "caused": f"{table['n01']} of {had_not}"}
    return {"brought about": f"{table['n01']} of {had_not}", "prevented": f"{table['n10']} of {had}"}


def share_words(row: Record, name: str, cell: tuple[int, int]) -> str:
    """A share as counts with its interval: in per cent from 20 cases on, else in counts."""
    hits, cases = cell
    found = row[name]
    if found["est"] is None:
        return "withheld" if row["claim"] != "made" else "undefined"
    said = f"{hits} of {cases}"
    if found["low"] is None:
        return said
    if cases < PERCENT_FROM:
        return (
            f"{said} ({math.floor(found['low'] * cases + 1e-9)} to {math.ceil(found['high'] * cases - 1e-9)})"
        )
    return f"{said} ({found['low']:.0%} to {found['high']:.0%})"


def cost_words(found: Record | None) -> str:
    """The mean change of a cost a future, with its interval."""
    if found is None or found["est"] is None:
        return "-"
    return change(found["est"], found["low"], found["high"])


def worst_column(record: Record, row: Record) -> dict[str, str]:
    """The column of the group that fares worst; none where the community declares nothing by which groups fare."""
    return {f"worst group ({record['harm']['short']})": worst_words(row)} if record["harm"] else {}


def worst_words(row: Record) -> str:
    """The group that fares worst, with the change in what is told of its members."""
    worst = row["worst_group"]
    if worst is None:
        return "-"
    start = "least gain: " if worst["gains"] else ""
    tail = ", harmed" if worst["harmed"] else ""
    tail += " (by construction)" if worst["forced"] else ""
    return f"{start}{words(worst['group'])} {cost_words(worst['change'])}{tail}"


def benefit_words(row: Record) -> str:
    """The mean payoff of a future as counted, and however twins share chance."""
    found = row["benefit"]
    if found is None:
        return "-"
    low, high = found["bounds"]["low"], found["bounds"]["high"]
    other = f"however twins share chance {low:.3g} to {high:.3g}".replace("-", "\u2212")
    return f"{cost_words(found['paired'])}; {other}"
