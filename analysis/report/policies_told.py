"""What the policies of a run do, for readers who know them by name alone."""

from collections.abc import Mapping
from typing import Any

from windtunnel.analysis.numbers_in_words import capital, words
from windtunnel.policies.registry import summary

FROM_TO = ("start", "stop")
MOST = 4
"""Policies that are told one by one; more of them would push the answer out of sight."""


def policies_told(config: Mapping[str, Any]) -> list[str]:
    """A sentence for each policy that is toggled: what it does, and with which numbers.

    None for one of a package that is not installed here, and none at all of more than `MOST`.
    """
    policies = config.get("policy") or ()
    if len(policies) > MOST:
        return []
    return [line for name, given in policies if (line := _told(str(name), given))]


def _told(name: str, given: Mapping[str, Any]) -> str:
    try:
        what = summary(name).strip().rstrip(".")
    except (ValueError, ImportError):
        return ""
    if not what or what == name:
        return ""
    shown = {key: value for key, value in given.items() if key not in FROM_TO}
    if given.get("start"):
        shown["from step"] = given["start"]
    if given.get("stop") is not None:
        shown["to step"] = given["stop"]
    numbers = ", ".join(f"{words(key)} {_short(value)}" for key, value in shown.items())
    return f"{capital(words(name))}: {what[:1].lower()}{what[1:]}{f' ({numbers})' if numbers else ''}."


def _short(value: Any) -> str:
    """A parameter's value in a few characters."""
    said = f"{value:g}" if isinstance(value, float) else str(value)
    return said if len(said) <= 40 else f"{said[:37]}…"
