"""Checks that are no search in a text: numbers, lengths, names, yes or no."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.rules.facts import Facts
from windtunnel.analysis.rules.model import Check, any_of
from windtunnel.analysis.rules.numbers import Test
from windtunnel.analysis.rules.shown import shown


def number(name: str, column: str, test: Test) -> Check:
    """Whether a number that was known when the post came passes a test."""
    return Check(name, lambda facts: test(facts.column(column)))


def either(checks: Sequence[Check]) -> Check:
    """Whether one of these holds at least."""
    name = " or ".join(check.name for check in checks)
    return Check(name, lambda facts: any_of([check.judge(facts) for check in checks], len(facts)))


def yes_or_no(name: str, column: str, wanted: Any) -> Check:
    """Whether something was so, or with false was not."""
    if not isinstance(wanted, bool):
        raise ValueError(f"{name} is {shown(wanted)}: write true or false")
    return Check(name, lambda facts: facts.column(column) == wanted)


def body_length(name: str, limit: int, without_quotes: bool = False) -> Check:
    """Whether the body has more (or fewer) characters than the limit, without what is no word at both its ends.

    Of a post whose text was taken away the length is not known.
    """
    longer = name == "body_longer_than"

    def judge(facts: Facts) -> pl.Series:
        texts = facts.column("body")
        if without_quotes:
            texts = texts.str.replace_all(r"(?m)^>.*$\n?", "")
        size = texts.str.replace(r"(?s)\A\W+", "").str.replace(r"(?s)\W+\z", "").str.len_chars()
        return size > limit if longer else size < limit

    return Check(name, judge)


def names(name: str, wanted: Sequence[str]) -> Check:
    """Whether the author bears one of these names in the source (with ~: none); read with the key, compared whole."""
    negated = name.startswith("~")

    def judge(facts: Facts) -> pl.Series:
        known = pseudonyms_of(facts.folder.path, wanted)
        found = facts.column("author").is_in(known)
        return ~found if negated else found

    return Check(f"author: {name}", judge)


def pseudonyms_of(folder: Path, wanted: Sequence[str]) -> list[str]:
    """The pseudonyms of those of these names that wrote in an imported folder; `ValueError` without its key."""
    from windtunnel.analysis.importers.imported.key import secret_of
    from windtunnel.analysis.importers.people.identities import read_identities

    secret = secret_of(folder, "names", "no author in the rule")
    identities = read_identities(folder)
    found = (identities.pseudonym_of(one, secret) for one in wanted)
    return [one for one in found if one is not None]
