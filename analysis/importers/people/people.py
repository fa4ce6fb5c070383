"""Who is who in a record: a pseudonym for each author, and what each name becomes inside texts."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import polars as pl

from windtunnel.analysis.importers.people.pseudonyms import folded, is_bot, pseudonyms
from windtunnel.analysis.importers.people.scrubbing import STRANGER


class People(NamedTuple):
    """`authors` has the pseudonym of each author as the source spells it (bots have none); `marks` what each
    casefolded name, alias or stranger's name becomes in texts."""

    authors: dict[str, str]
    marks: dict[str, str]
    bots: frozenset[str]

    def find(self, name: str | None) -> str | None:
        """The pseudonym of whoever bears this name; None for a stranger, or a name that two bear."""
        mark = None if name is None else self.marks.get(folded(name))
        return None if mark == STRANGER else mark


def people_of(
    posts: pl.DataFrame, aliases: Mapping[str, Iterable[str]], strangers: Iterable[str], secret: bytes
) -> People:
    """The people who wrote the `posts`. `aliases` are other names of theirs, and of some who wrote
    nothing; `strangers` are names from lists of moderators' acts. Neither changes anybody's pseudonym."""
    names = posts["author"].drop_nulls().unique().to_list()
    marked = set(posts.filter(pl.col("bot"))["author"].drop_nulls().unique())
    bots = frozenset(name for name in names if name in marked or is_bot(name))
    ids = pseudonyms((name for name in names if name not in bots), secret)
    marks: dict[str, str] = {}
    for author, others in aliases.items():
        mine = ids.get(folded(author), STRANGER)
        for other in (author, *others) if mine == STRANGER else others:
            alias = folded(other)
            if author not in bots and alias and "://" not in alias:
                marks[alias] = mine if marks.get(alias, mine) == mine else STRANGER
    for name in strangers:
        if not is_bot(name):
            marks.setdefault(folded(name), STRANGER)
    authors = {name: ids[folded(name)] for name in names if name not in bots}
    return People(authors, marks | ids, bots)


def with_pseudonyms(posts: pl.DataFrame, people: People) -> pl.DataFrame:
    """`posts` with pseudonyms for authors and a `role`: member, moderator, bot.

    A bot's author becomes null: it is nobody's words, and would count as the busiest member.
    """
    role = (
        pl.when(pl.col("author").is_in(list(people.bots)))
        .then(pl.lit("bot"))
        .when(pl.col("moderator"))
        .then(pl.lit("moderator"))
        .otherwise(pl.lit("member"))
    )
    known = pl.DataFrame(
        {"author": list(people.authors), "pseudonym": list(people.authors.values())},
        schema={"author": pl.String, "pseudonym": pl.String},
    )
    posts = posts.with_columns(role=role).join(known, on="author", how="left", maintain_order="left")
    return posts.drop("author", "moderator", "bot").rename({"pseudonym": "author"})
