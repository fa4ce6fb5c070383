"""The question that a comparison answers, as its title."""

from collections.abc import Mapping
from typing import Any

from windtunnel.analysis.numbers_in_words import words
from windtunnel.analysis.summary import event_words


def title(record: Mapping[str, Any]) -> str:
    """
    >>> title({"outcome": {"name": "gini_gain", "threshold": 0.5}, "direction": "preventive", "goal": None})
    'Which policy keeps gini gain below 0.5?'
    """
    if record.get("goal"):
        first, *limits = record["goal"]["statements"]
        return f"Which policy brings {first}{', with ' + ', '.join(limits) if limits else ''}?"
    name, threshold = words(record["outcome"]["name"]), record["outcome"]["threshold"]
    preventive = record["direction"] == "preventive"
    event = event_words({"outcome": record["outcome"]["name"], "threshold": threshold})
    if threshold is None or (preventive and not event.endswith(f"reached {threshold:g}")):
        return f"Which policy {'prevents' if preventive else 'brings about'} {name}?"
    return f"Which policy keeps {name} {'below' if preventive else 'at or above'} {threshold:g}?"
