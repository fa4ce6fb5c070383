"""A record's own words, as far as a mind is told them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.agents.llm.request import Request
from windtunnel.agents.situation import About
from windtunnel.analysis.importers.people.identities import read_identities
from windtunnel.sim.communities.forum.record import Words

MOST_TOLD = 400
"""Characters of a post that a mind is told: a question has little room."""


def told_words(text: str | None) -> str | None:
    """A post's words on one line, cut to `MOST_TOLD` characters; None where it has none.

    >>> told_words("one\\n two"), told_words("  "), len(told_words("x" * 500))
    ('one two', None, 402)
    """
    said = " ".join((text or "").split())
    return f"{said[:MOST_TOLD]} …" if len(said) > MOST_TOLD else said or None


def words_of(folder: Path, thread: pl.DataFrame) -> Words | None:
    """What the posts of a thread say and whose words these are; None where the import kept no text.

    `ValueError` for the folder of an earlier version, whose people could not be forgotten afterwards.
    """
    if "text" not in thread.columns:
        return None
    about, rows = read_identities(folder).about, thread.select("thread", "author", "text").rows()
    return Words(
        tuple(told_words(text) for _, _, text in rows),
        tuple(about(place, author) for place, author, _ in rows),
    )


def may_be_told(llm: Mapping[str, Any]) -> None:
    """`ValueError` where the model's settings name a server beyond this machine and do not allow a record's words to go there.

    Where they allow it, the server is named on standard error. Nothing is asked.
    """
    from windtunnel.agents.llm.remote import Destinations
    from windtunnel.agents.llm.settings import read_settings

    settings = read_settings(llm)
    addresses = settings.base_url.split(",") if settings.base_url else []
    words = Request("", "", "", about=(About("", ""),))
    Destinations(addresses, settings.allow_remote_text).check([words])
