"""Whose words something holds: keys of an imported thread and author, by which all that was made of them can be forgotten."""

import json
from pathlib import Path

from analysis.importers.written import SOURCE

IDENTITY = "id"
"""Of import.json: what tells this community from every other; without it, the folder's name does."""


def community_of(folder: Path) -> str:
    """What the community in an import's folder is called in keys."""
    try:
        told = json.loads((folder / SOURCE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        told = {}
    return (
        str(told.get(IDENTITY) or folder.resolve().name) if isinstance(told, dict) else folder.resolve().name
    )


def about_keys(community: str, thread: int, author: str | None) -> tuple[str, str]:
    """The keys of a post's thread and author, as `agents.situation.Line.about` takes them.

    >>> about_keys("mine", 12, "u1"), about_keys("mine", 12, None)
    (('mine/12', 'mine/u1'), ('mine/12', 'mine/'))
    """
    return f"{community}/{thread}", f"{community}/{author or ''}"
