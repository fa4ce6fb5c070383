"""Searches in titles and bodies as AutoModerator defines them: where in the text, whole words, case.

The meaning is that of the code which Reddit published (r2/lib/automoderator.py of reddit-archive/reddit): each search is
one pattern, `.` matches line ends, case is ignored unless it says otherwise, and words are whole by default.
"""

import re
from collections.abc import Sequence

import polars as pl

from windtunnel.analysis.rules.facts import Facts
from windtunnel.analysis.rules.model import Check, any_of
from windtunnel.analysis.rules.patterns import checked, found, linear
from windtunnel.analysis.rules.shown import shown

PLACES = {
    "includes-word": r"(?:^|\W|\b)({})(?:$|\W|\b)",
    "includes": r"({})",
    "starts-with": r"^({})",
    "ends-with": r"({})\n?$",
    "full-exact": r"^({})\n?$",
    "full-text": r"^\W*({})\W*$",
}
"""Where the words must stand in the text, by the modifier's name; the first is what a search without one means."""
MODIFIERS = (*PLACES, "regex", "case-sensitive")


def pattern_of(values: Sequence[str], modifiers: Sequence[str]) -> str:
    """The pattern that stands for a search; `ValueError` for a regular expression that cannot be taken."""
    if broken := [value for value in values if not is_unicode(value)]:
        raise ValueError(f"{shown(broken[0])} is no text in Unicode")
    if "regex" in modifiers:
        parts = []
        for value in values:
            try:
                parts.append(linear(value))
            except ValueError as error:
                raise ValueError(f"the regular expression {shown(value)} is refused: {error}") from None
    else:
        parts = [_literal(value) for value in values]
    place = next((each for each in modifiers if each in PLACES), "includes-word")
    flags = "(?s)" if "case-sensitive" in modifiers else "(?is)"
    try:
        return checked(flags + PLACES[place].format("|".join(parts)))
    except ValueError as error:
        few = ", ".join(map(shown, values[:3])) + (", …" if len(values) > 3 else "")
        raise ValueError(f"{few}: {error}") from None


def is_unicode(word: str) -> bool:
    """Half a surrogate pair, which YAML's escapes can make, is none."""
    return not any("\ud800" <= char <= "\udfff" for char in word)


def _literal(word: str) -> str:
    """The word as a pattern; `\\<` and `\\>` would be ends of words."""
    return re.sub(r"[^\w\s<>]", lambda at: "\\" + at[0] if at[0].isascii() else at[0], word)


def search(
    name: str,
    fields: Sequence[str],
    values: Sequence[str],
    modifiers: Sequence[str] = (),
    *,
    negated: bool = False,
    of_opener: bool = False,
    without_quotes: bool = False,
) -> Check:
    """Whether one of `values` is found in one of `fields` (title, body), or with `negated` whether none is.

    `of_opener` looks at the post that opened the thread. An empty body holds nothing; a text that was taken away says
    neither. `without_quotes` leaves out lines that begin with >.
    """
    pattern = pattern_of(values, modifiers)
    anywhere = [each for each in modifiers if each not in PLACES]
    sieve = pattern_of(values, [*anywhere, "includes"]) if "regex" not in modifiers else None

    def judge(facts: Facts) -> pl.Series:
        said = []
        for field in there(fields, facts):
            texts = facts.of_opener(field) if of_opener else facts.column(field)
            if without_quotes:
                texts = texts.str.replace_all(r"(?m)^>.*$\n?", "")
            said.append(found(texts, pattern, sieve))
        either = any_of(said, len(facts))
        return ~either if negated else either

    return Check(name, judge, pattern, tuple(fields), plain="regex" not in modifiers and not negated)


def there(fields: Sequence[str], facts: Facts) -> Sequence[str]:
    """Of a record without titles the other fields, where others are asked for; a title alone is refused by `facts`."""
    return fields if facts.titled else ([one for one in fields if one != "title"] or fields)


def has_body() -> Check:
    """A post that opens a thread with a title alone has no body that could be searched."""
    return Check("body", lambda facts: facts.column("body") != "")
