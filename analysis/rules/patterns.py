"""Patterns as Python writes them, in an engine whose time grows with the text alone.

AutoModerator's patterns are Python's. They run here in the engine that polars has (Rust's `regex`), which knows no
backtracking. What cannot be had without it (look-around, back-references, atomic groups, possessive repeats) is
refused by name, and so are counted repeats above `MOST_REPEATS`, whose cost would be large though linear.
"""

import re
import time

import polars as pl

MOST_REPEATS = 1000
"""Copies of a part that counted repeats may ask for, those within each other multiplied; RE2 has the same limit."""
LONGEST = 10_000
"""Characters of one expression."""
SECONDS = 120.0
"""How long one pattern may read one record."""
_COUNT = re.compile(r"\{(\d*)(,?)(\d*)\}")
_GROUPS = {
    "(?=": "look-ahead (?=…)",
    "(?!": "look-ahead (?!…)",
    "(?<=": "look-behind (?<=…)",
    "(?<!": "look-behind (?<!…)",
    "(?P=": "the back-reference (?P=…)",
    "(?>": "the atomic group (?>…)",
    "(?(": "the condition (?(…)…)",
}


def linear(pattern: str) -> str:
    r"""The pattern as the engine takes it, with the meaning that Python gives it; `ValueError` names what it cannot take.

    >>> linear(r"a{,3}[[]$")
    'a{0,3}[\\[](?:\\n?\\z)'
    >>> linear(r"(\w+) \1")
    Traceback (most recent call last):
    ValueError: it has the back-reference \1, which no engine takes in time that grows with the text alone
    """
    if len(pattern) > LONGEST:
        raise ValueError(f"it has {len(pattern):,} characters; at most {LONGEST:,} are taken")
    if "\b" in pattern:
        raise ValueError(
            r"it holds a backspace, as YAML makes of \b in double quotes: write the expression in single quotes"
        )
    many_lines = re.search(r"\(\?[a-z]*m", pattern) is not None
    if re.search(r"\(\?[a-z]*x", pattern):
        raise ValueError("it has the flag (?x): write it on one line without comments")
    out: list[str] = []
    copies, last, at = [1], 1, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            taken, part = _escaped(pattern, at)
            last = 1
        elif char == "[":
            taken, part = _class(pattern, at)
            last = 1
        elif char == "(":
            taken, part = _opened(pattern, at)
            if taken.startswith("(?#"):
                at += len(taken)
                continue
            copies.append(1)
        elif char == ")":
            taken = part = char
            last = copies.pop() if len(copies) > 1 else 1
        elif char in "*+?" or (char == "{" and (found := _COUNT.match(pattern, at)) and found[0] != "{}"):
            taken, part, times = _repeat(pattern, at)
            last *= times
            copies[-1] = max(copies[-1], last)
            if last > MOST_REPEATS:
                raise ValueError(f"it repeats a part {last:,} times; at most {MOST_REPEATS:,} are taken")
        else:
            taken, last = char, 1
            part = {"{": r"\{", "}": r"\}", "$": "$" if many_lines else r"(?:\n?\z)"}.get(char, char)
        if char == ")":
            copies[-1] = max(copies[-1], last)
        out.append(part)
        at += len(taken)
    return "".join(out)


def _escaped(pattern: str, at: int) -> tuple[str, str]:
    taken = pattern[at : at + 2]
    after = taken[1:]
    if after and after in "123456789":
        raise ValueError(
            f"it has the back-reference {taken}, which no engine takes in time that grows with the text alone"
        )
    if after == "Z":
        return taken, r"\z"
    return taken, after if after in ("<", ">") or (after and not after.isascii()) else taken


def _class(pattern: str, at: int) -> tuple[str, str]:
    """A class of characters: in Python an inner bracket and doubled signs are only characters."""
    end = at + 1
    end += pattern[end : end + 1] == "^"
    out, first = [pattern[at:end]], True
    while end < len(pattern):
        char = pattern[end]
        if char == "\\":
            both = pattern[end : end + 2]
            out.append(r"\x08" if both == r"\b" else _escaped(pattern, end)[1])
            end += 2
        elif char == "]" and not first:
            return pattern[at : end + 1], "".join([*out, char])
        else:
            doubled = char in "&~-" and pattern[end : end + 2] == char * 2
            out.append("\\" + char if char in "[]" or doubled else char)
            end += 1
        first = False
    raise ValueError("a class of characters [… is not closed")


def _opened(pattern: str, at: int) -> tuple[str, str]:
    for begins, what in _GROUPS.items():
        if pattern.startswith(begins, at):
            raise ValueError(f"it has {what}, which no engine takes in time that grows with the text alone")
    if pattern.startswith("(?#", at):
        end = pattern.find(")", at)
        if end < 0:
            raise ValueError("a comment (?#… is not closed")
        return pattern[at : end + 1], ""
    return "(", "("


def _repeat(pattern: str, at: int) -> tuple[str, str, int]:
    """What was read, how the engine takes it, and how many copies it asks for."""
    found = _COUNT.match(pattern, at)
    taken = found[0] if found and pattern[at] == "{" else pattern[at]
    after = pattern[at + len(taken) : at + len(taken) + 1]
    if after == "+":
        raise ValueError(f"it has the possessive repeat {taken}+: write {taken}")
    if not found or pattern[at] != "{":
        return taken, taken, 1
    low, comma, high = found[1] or "0", found[2], found[3]
    return taken, f"{{{low}{comma}{high}}}", max(int(low), int(high or 0), 1)


def checked(pattern: str) -> str:
    """`pattern`, ready for `found`; `ValueError` with the engine's own words where it is none."""
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        said = next((line for line in lines if line.startswith("error:")), lines[-1] if lines else "")
        raise ValueError(f"it is no pattern: {said.removeprefix('error: ')}") from None
    return pattern


def found(texts: pl.Series, pattern: str, sieve: str | None = None, seconds: float = SECONDS) -> pl.Series:
    """Bool (n,), null where there is no text: whether the pattern is found in it.

    `sieve` is a pattern without which the other cannot be found, read first because it is faster (words anywhere, before whole
    words). Read in pieces; `ValueError` where all of them would take longer than `seconds`.
    """
    if sieve is not None:
        likely = found(texts, sieve, None, seconds)
        rows = likely.fill_null(False).arg_true()
        inner = found(texts.gather(rows), pattern, None, seconds)
        return likely.scatter(rows, inner) if len(rows) else likely
    out, at, size, began = [pl.Series([], dtype=pl.Boolean)], 0, 64, time.monotonic()
    while at < len(texts):
        part = texts.slice(at, size)
        before = time.monotonic()
        out.append(part.str.contains(pattern).rename(""))
        now = time.monotonic()
        at += size
        if now - began > seconds:
            done = min(at, len(texts))
            raise ValueError(
                f"it is too slow: {done:,} of {len(texts):,} posts read in {now - began:.0f} seconds"
            )
        if now - before < 0.05:
            size = min(size * 4, 100_000)
    return pl.concat(out)
