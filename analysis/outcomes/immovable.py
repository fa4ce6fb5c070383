"""Outcomes that no policy can move in a given model, from what the model's mind declares of itself."""

from collections.abc import Mapping
from typing import Any

from windtunnel.sim.minds import DRAWN_BEFOREHAND

CANNOT = "cannot move in this model"
WHY = (
    "when members come and come back is drawn beforehand, and nothing that they read or are told changes it (leaving for "
    "good and being sent away apart)"
)


def cannot_move(config: Mapping[str, Any]) -> frozenset[str]:
    """Names of the outcomes that cannot move under a manifest's `config`, or a plan's `resolved`."""
    community, mind = (str((config.get(key) or {}).get("name")) for key in ("community", "mind"))
    return frozenset(DRAWN_BEFOREHAND.get((community, mind)) or ())


def sentence(names: list[str]) -> str:
    """What is said of these outcomes wherever one is shown; empty for none.

    >>> sentence(["active_members"]).split(":")[0]
    'Active members cannot move in this model'
    """
    if not names:
        return ""
    said = " and ".join(name.replace("_", " ") for name in names)
    return f"{said[:1].upper()}{said[1:]} {CANNOT}: {WHY}."
