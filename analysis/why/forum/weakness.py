"""Which parts of an act a mind is seen to foretell in a real community, and which not: weak is said part by part."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from windtunnel.analysis.incidents.forum.acts import RECORD
from windtunnel.sim.minds import is_learned

PARTS = {
    "who": "who writes",
    "thread": "in which thread",
    "post": "to which post",
    "when": "when",
    "whether": "whether a thread goes on",
    "tone": "in what tone",
}
"""The parts of an act in words."""


def foretold(folder: Path, mind: str, score: Mapping[str, Any] | None) -> dict[str, list[str]]:
    """The parts that are foretold better than their baselines (`learned`), and those that are not (`weak`).

    Tone is judged by the answer's own score (`score`); the others, where members are learned, by the fit of the record. Members of any
    other mind come and look by guesses that nothing was held against, so that tone alone is judged.
    """
    found: dict[str, list[str]] = {"learned": [], "weak": []}
    if is_learned(mind):
        from windtunnel.analysis.learned.told import learned_of

        parts = {} if (fit := learned_of(folder)) is None else fit.parts
        for name in PARTS:
            if name != "tone" and name in parts:
                found["learned" if parts[name].verdict == "learned" else "weak"].append(name)
    found["weak" if score is None or score["weak"] else "learned"].append("tone")
    return found


def weak(record: Mapping[str, Any]) -> bool:
    """Is nothing of what members do in the real community seen to be foretold?"""
    score, parts = record.get("log_score"), record.get("foretold")
    if record["incident"]["arm"] != RECORD:
        return False
    if parts:
        return not parts["learned"]
    return score is None or bool(score["weak"])


def weak_in(record: Mapping[str, Any]) -> str:
    """The parts that are weak where others are not, in words; empty where none is, or all are."""
    parts = record.get("foretold")
    if not parts or weak(record) or record["incident"]["arm"] != RECORD:
        return ""
    return listed([PARTS[name] for name in parts["weak"]])


def listed(words: list[str]) -> str:
    """
    >>> listed(["who writes", "when", "in what tone"])
    'who writes, when and in what tone'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
