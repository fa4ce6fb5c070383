"""Whose words something holds: keys of an imported thread and author, by which all that was made of them can be forgotten."""

from collections.abc import Callable
from pathlib import Path

from agents.situation import About
from analysis.folder import Folder
from analysis.importers.written import SOURCE

IDENTITIES, COMMUNITY = "identities", "community"
"""Table of the keyed hashes of authors and threads, and what import.json calls the community in keys."""
NOBODY = "nobody"


def about_keys(folder: Path) -> Callable[[int, str | None], About]:
    """A function from a post's thread and author to their keys, as `Line.about` takes them.

    The keys are the import's keyed hashes, which a second import keeps. A folder without them has the folder's
    name, the thread's number and the pseudonym instead.
    """
    place = Folder(folder)
    told = place.read_json(folder / SOURCE) if (folder / SOURCE).is_file() else {}
    community = str(told.get(COMMUNITY) or folder.resolve().name)
    known: dict[tuple[str, str], str] = {}
    if place.table(IDENTITIES).is_file():
        rows = place.read_table(IDENTITIES).select("kind", "label", "hash").iter_rows()
        known = {(kind, label): hashed for kind, label, hashed in rows}

    def about(thread: int, author: str | None) -> About:
        writer = NOBODY if author is None else known.get(("author", author), author)
        return About(f"{community}/{known.get(('thread', str(thread)), thread)}", f"{community}/{writer}")

    return about
