"""What a comparison says of a goal with limits: who meets it, who fails it and at what, and where these runs cannot tell."""

from collections.abc import Mapping, Sequence
from typing import Any

from windtunnel.analysis.comparison.goal import FAILS, MEETS, UNSURE
from windtunnel.analysis.numbers_in_words import words

Record = Mapping[str, Any]
MOST = 12
"""So many policies of one verdict are told with their numbers; the rest is counted."""


def goal_sentences(record: Record) -> list[str]:
    """The goal, then a sentence for each verdict that a policy has; empty without a goal."""
    goal = record["goal"]
    if not goal:
        return []
    said = [f"Goal: {goal['words']}."]
    best = _best(record)
    for verdict, opening in (
        (MEETS, "Meets the goal and every limit" if len(goal["statements"]) > 1 else "Meets the goal"),
        (FAILS, "Fails"),
        (UNSURE, "Not told apart"),
    ):
        names = [name for name, found in goal["verdicts"].items() if found == verdict]
        if not names:
            if verdict == MEETS:
                said.append("No policy here is shown to meet it.")
            continue
        if verdict == MEETS and best and len(names) > 1:
            opening += f", {best} by the most"
        told = [f"{name} ({_because(goal, name, verdict)})" for name in names[:MOST]]
        rest = f"; and {len(names) - MOST} more" if len(names) > MOST else ""
        tail = "; more draws would tell" if verdict == UNSURE else ""
        said.append(f"{opening}: {'; '.join(told)}{rest}{tail}.")
    return said


def goal_table(record: Record) -> list[dict[str, str]]:
    """A row a policy: its verdict, then a column for each statement with the number and whether it is met."""
    goal = record["goal"]
    if not goal:
        return []
    return [
        {"policy": name, "verdict": verdict}
        | {
            row["statement"]: f"{row['verdict']}: {value_words(row)}"
            for row in goal["rows"]
            if row["policy"] == name
        }
        for name, verdict in goal["verdicts"].items()
    ]


def value_words(row: Record) -> str:
    """The number that a statement speaks of, with its interval.

    >>> value_words({"value": {"est": -0.031, "low": -0.06, "high": None}, "share": True, "kind": "share", "per": "",
    ...              "alike": False, "forced": False})
    '\u22123.1 % (no interval)'
    """
    found, scale = row["value"], 100.0 if row["share"] else 1.0
    if found["est"] is None:
        return "undefined: there is none without the policy"
    signed = row["kind"] != "level"
    unit = " %" if row["share"] else ""

    def number(value: float) -> str:
        told = f"{value * scale:+.3g}" if signed else f"{value * scale:.3g}"
        return ("0" if abs(value * scale) < 1e-9 else told).replace("-", "\u2212")

    if row["alike"]:
        ends = "the same in every pair"
    elif found["low"] is None or found["high"] is None:
        ends = "no interval"
    else:
        ends = f"{number(found['low'])} to {number(found['high'])}"
    per = f" a {row['per']}" if row["per"] else ""
    tag = ", by construction" if row["forced"] else ""
    return f"{number(found['est'])}{unit}{per} ({ends}){tag}"


def _because(goal: Record, name: str, verdict: str) -> str:
    """The statements that a verdict rests on: those failed or not told apart, or all where all are met."""
    rows = [row for row in goal["rows"] if row["policy"] == name]
    told = [row for row in rows if row["verdict"] == verdict] or rows
    return ", ".join(f"{words(row['outcome'])} {value_words(row)}" for row in told)


def _best(record: Record) -> str | None:
    """Of those that meet all, the one with most of what is wanted, by the estimates; None where two have as much."""
    goal = record["goal"]
    rows = [row for row in goal["rows"] if row["role"] == "goal" and goal["verdicts"][row["policy"]] == MEETS]
    if not rows:
        return None
    wanted = 1 if rows[0]["sense"] > 0 else -1
    most = max(wanted * (row["value"]["est"] or 0) for row in rows)
    names: Sequence[str] = [
        row["policy"] for row in rows if wanted * (row["value"]["est"] or 0) >= most - 1e-12
    ]
    return names[0] if len(names) == 1 else None
