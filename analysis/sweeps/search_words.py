"""What a search of a policy's parameters found, in words: the best trials, and how the best one does elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from windtunnel.analysis.comparison.goal_words import value_words
from windtunnel.analysis.numbers_in_words import number

SHOWN = 5
"""Trials that are told of, the best first."""
VERDICTS = {
    "meets": "it meets the goal and every limit",
    "fails": "it fails",
    "not told apart": "it is not told apart: more draws would tell",
}


class Told(NamedTuple):
    """A line that says what was searched for, a row a trial, and the answer."""

    title: str
    trials: list[dict[str, Any]]
    sentences: list[str]


def told(found: Mapping[str, Any], forced: bool = False) -> Told:
    """The record of `search`; `forced` where a policy's own mechanism decides the outcome that a score counts."""
    return _of_goal(found) if "judged" in found["confirmed"] else _of_score(found, forced)


def _of_goal(found: Mapping[str, Any]) -> Told:
    """The trials under a goal with limits, and the verdict of the best on new communities."""
    best, again = found["best"], found["confirmed"]
    title = f"{found['objective']['words'].capitalize()}. {number(found['trials'], 'trial')} on common seeds:"
    order = sorted(found["all"], key=lambda row: (any(one > 0 for one in row["broken"]), -row["score"]))
    rows = [
        {
            "trial": row["trial"] + 1,
            "beyond the goal": f"{row['score']:+.4g}",
            "limits": "kept" if all(one <= 0 for one in row["broken"]) else "broken",
            "settings": short(row["settings"]),
        }
        for row in order[:SHOWN]
    ]
    judged = again["judged"]
    short_of = " In the search itself no trial reached the goal." if best["score"] < 0 else ""
    kept = all(one <= 0 for one in best["broken"])
    start = "Best" if kept else "No trial keeps every limit; nearest"
    each = "; ".join(
        f"{row['statement']}: {row['verdict']}, {value_words(row)}" for row in judged["statements"]
    )
    return Told(
        title,
        rows,
        [
            f"{start}: {short(best['settings'])}. On other communities (root {again['root']}, {number(again['pairs'], 'pair')}) "
            f"{VERDICTS[judged['verdict']]}. {each[:1].upper()}{each[1:]}.{short_of}"
        ],
    )


def _of_score(found: Mapping[str, Any], forced: bool) -> Told:
    best, again = found["best"], found["confirmed"]
    cut = f"; the best {SHOWN}" if found["trials"] > SHOWN else ""
    title = f"Score: {found['objective']['words']}. {number(found['trials'], 'trial')} on common seeds{cut}:"
    rows = [
        {"trial": row["trial"] + 1, "score": f"{row['score']:+.4f}", "settings": short(row["settings"])}
        for row in sorted(found["all"], key=lambda row: -row["score"])[:SHOWN]
    ]
    interval = "no interval" if again["low"] is None else f"{again['low']:+.4f} to {again['high']:+.4f}"
    elsewhere = (
        f"On other communities (root {again['root']}) it scores {again['score']:+.4f} ({interval}): averted in "
        f"{again['averted']} of {again['pairs']} pairs, backfired in {again['backfire']}."
    )
    if again["low"] is None or again["low"] <= 0:
        elsewhere += " It is not shown to beat doing nothing."
    if len({row["score"] for row in found["all"]}) == 1 < found["trials"]:
        said = [
            "All trials score the same: nothing that was varied matters to this score.",
            f"The first: {short(best['settings'])}. {elsewhere}",
        ]
    else:
        said = [
            f"Best: {short(best['settings'])}. {elsewhere} In the search it scored {best['score']:+.4f}, the best of "
            f"{found['trials']}, which is too good to be true of others."
        ]
    if forced:
        said.append(
            "By construction: the policy's own mechanism decides this outcome; state what it costs, or take another."
        )
    return Told(title, rows, said)


def short(settings: Sequence[str]) -> str:
    """Settings without the words that all of them begin with.

    >>> short(["policy=slow_mode", "policy_with.slow_mode.hours=4"])
    'policy=slow_mode slow_mode.hours=4'
    """
    return " ".join(word.removeprefix("policy_with.") for word in settings)
