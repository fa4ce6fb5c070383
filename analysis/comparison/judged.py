"""By which outcome policies are judged: the declared one, or, where a policy decides that itself, the first that none decides."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from windtunnel import conf
from windtunnel.analysis.comparison.inputs import Tested
from windtunnel.analysis.outcomes import direction, find_outcome, known_outcomes, leading, threshold_of
from windtunnel.analysis.outcomes.immovable import cannot_move

Record = Mapping[str, Any]


def judged(
    tested: list[Tested], config: Record, declared: Record, asked: str | None = None
) -> tuple[list[Tested], dict[str, Any], str]:
    """The policies with the pairs of the outcome that judges them, that outcome as a manifest tells it, and its direction.

    `asked` is NAME or NAME:THRESHOLD and wins over any rule. Else it is the declared outcome, unless a policy here decides
    that by its own mechanism, or no policy can move it: then the first of those that lead, and of the others, that no policy here decides
    and that can move, at the threshold of its yaml. `instead_of` and `decided_by` say so. `ValueError` for an unknown one.
    """
    name, threshold = _asked(asked) if asked else (declared["name"], None)
    decided_by = [one.name for one in tested if name in one.forced]
    fixed = cannot_move(config)
    if not asked and (decided_by or name in fixed):
        name = next((other for other in _order() if _may_judge(other, tested, fixed)), name)
    if name == declared["name"] and threshold in (None, declared["threshold"]):
        return tested, dict(declared), direction(find_outcome(name))
    outcome = find_outcome(name)
    if threshold is None:
        threshold = _threshold(name, config)
    if threshold is None:
        raise ValueError(f"{name} has no threshold of its own: give one, as in --outcome {name}:10")
    found = {
        **declared,
        "name": name,
        "polarity": outcome.polarity,
        "unit": outcome.unit,
        "threshold": threshold,
        "instead_of": declared["name"],
        "decided_by": [] if asked else decided_by,
        "fixed": not asked and not decided_by,
    }
    return [_under(one, name, threshold, config) for one in tested], found, direction(outcome)


def sentence(outcome: Record) -> str | None:
    """By what the policies are judged and why; None where it is the declared outcome."""
    if not outcome.get("instead_of"):
        return None
    names, before = outcome["decided_by"], outcome["instead_of"].replace("_", " ")
    why = "as the goal says" if outcome.get("by_goal") else "as was asked"
    if names:
        who = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        why = f"since {who} decide{'s' if len(names) == 1 else ''} {before} by {'its' if len(names) == 1 else 'their'} own mechanism"
    elif outcome.get("fixed"):
        why = f"since {before} cannot move in this model"
    return (
        f"Judged by {outcome['name'].replace('_', ' ')} of {outcome['threshold']:g} or more ({outcome['unit']}), "
        f"{why}; the runs declared {before}."
    )


def _asked(words: str) -> tuple[str, float | None]:
    name, sign, number = words.partition(":")
    find_outcome(name)
    try:
        return name, float(number) if sign else None
    except ValueError:
        raise ValueError(
            f"--outcome is {words!r}: give NAME or NAME:THRESHOLD, as in hostile_share:0.1"
        ) from None


def _order() -> Sequence[str]:
    return tuple(dict.fromkeys((*leading(), *known_outcomes())))


def _may_judge(name: str, tested: Sequence[Tested], fixed: frozenset[str]) -> bool:
    measured = all(name in one.measures["outcome"].unique() for one in tested)
    free = not any(name in one.forced for one in tested)
    return measured and free and name not in fixed and "threshold" in conf.content("outcome", name)


def _threshold(name: str, config: Record) -> float | None:
    stated = conf.content("outcome", name)
    return threshold_of(stated, int(config["community"].get("size") or 0)) if "threshold" in stated else None


def _under(one: Tested, name: str, threshold: float, config: Record) -> Tested:
    """The policy with its pairs' y under another outcome."""
    rows = one.measures.filter(pl.col("outcome") == name)
    if rows.is_empty():
        raise ValueError(f"{one.folder} has no pair in which {name} was measured: run it again")
    pairs = rows.select(
        "draw",
        "seed",
        y0=(pl.col("baseline") >= threshold).cast(pl.Int8),
        y1=(pl.col("policy") >= threshold).cast(pl.Int8),
    ).sort("draw", "seed")
    lost = max(0, int(config["draws"]) * int(config["seeds"]) - len(pairs))
    return one._replace(pairs=pairs, lost=lost, by_construction=name in one.forced)
