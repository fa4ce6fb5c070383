"""Finds the post or thread that a name means where it is written another way: with decimals, in <> as mails are named, or with or without
Reddit's prefix."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

import polars as pl

from windtunnel.analysis.importers.values.missing import whole

FULLNAME = re.compile(r"t[1-6]_(?=\w)")
"""What Reddit puts before an id to say of what kind it is."""
ADDED = ("t1_", "t3_")


def forms_of(name: str, prefixes: Iterable[str] = ()) -> Iterator[str]:
    """The ways in which a record may write this name, the likeliest first.

    >>> list(forms_of("12.0", ["p"]))
    ['12.0', '12', 'p12.0', 'p12', 't1_12.0', 't1_12', 't3_12.0', 't3_12']
    >>> list(forms_of("t3_abc"))
    ['t3_abc', 'abc']
    >>> list(forms_of("<1@x>")), list(forms_of("1@x"))[-1]
    (['<1@x>', '1@x'], '<1@x>')
    """
    if name[:1] == "<" and name[-1:] == ">":
        yield from (name, name[1:-1])
        return
    bare = FULLNAME.sub("", name, count=1)
    if bare != name:
        yield from dict.fromkeys((name, bare))
        return
    for prefix in ("", *dict.fromkeys((*prefixes, *ADDED))):
        yield from dict.fromkeys((f"{prefix}{name}", f"{prefix}{whole(name)}"))
    if name.isdecimal():
        yield f"{name}.0"
    if "@" in name:
        yield f"<{name}>"


def matched(names: Collection[str], known: pl.Series, prefixes: Iterable[str] = ()) -> Mapping[str, str]:
    """For each name that `known` has in one of its forms, that form."""
    prefixes = tuple(prefixes)
    forms = {name: list(forms_of(name, prefixes)) for name in names}
    asked = pl.Series(sorted({form for each in forms.values() for form in each}), dtype=pl.String)
    there = set(asked.filter(asked.is_in(known.implode())))
    return {
        name: next(form for form in each if form in there)
        for name, each in forms.items()
        if not there.isdisjoint(each)
    }
