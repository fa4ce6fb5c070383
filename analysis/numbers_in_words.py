"""Names, counts and numbers as people write them."""

import re


def words(name: str) -> str:
    """A name from a file as words: `slow_mode` is slow mode."""
    return name.replace("_", " ")


def number(count: int, noun: str) -> str:
    """
    >>> number(1, "pair"), number(2, "pair")
    ('1 pair', '2 pairs')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


_VERBS = {"are": "is", "have": "has", "were": "was", "lie": "lies", "lose": "loses", "do": "does"}
_ALIKE = (
    "answer",
    "hold",
    "write",
    "stay",
    "count",
    "keep",
    "give",
    "come",
    "stand",
    "name",
    "say",
    "open",
    "repeat",
    "look",
)
_VERB = re.compile(rf"\b(?:{'|'.join((*_VERBS, *_ALIKE))})\b")
_THEY = re.compile(r"\bthey (\w+)\b")


def counted(count: int, words: str) -> str:
    """A number before words about several things, whose first noun and verb are plural, said of one where it is one.

    >>> counted(2, "rows have no name: they count for nobody")
    '2 rows have no name: they count for nobody'
    >>> counted(1, "entries have no name: they count for nobody"), counted(1, "rows lose their times")
    ('1 entry has no name: it counts for nobody', '1 row loses its time')
    """
    if count != 1:
        return f"{count:,} {words}"
    noun = re.search(r"\b(\w+?)(ies|s)\b", words)
    if noun is None:
        return f"1 {words}"
    rest = _VERB.sub(lambda found: _singular(found[0]), words[noun.end() :], count=1)
    rest = _THEY.sub(lambda found: f"it {_singular(found[1])}", rest).replace(" their times", " its time")
    one = noun[1] + ("y" if noun[2] == "ies" else "")
    return f"1 {words[: noun.start()]}{one}{rest.replace(' their ', ' its ')}"


def _singular(verb: str) -> str:
    return _VERBS.get(verb) or (f"{verb}s" if verb in _ALIKE else verb)


def figure(value: float) -> str:
    """A number of about three digits, as people write it.

    >>> figure(0.17857), figure(12), figure(1072.4)
    ('0.179', '12', '1,072')
    """
    return (f"{value:.3g}" if abs(value) < 999.5 else f"{value:,.0f}").replace("-", "\u2212")


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]


def signed(value: float) -> str:
    """A change with its sign; 0 without."""
    return "0" if abs(value) < 1e-9 else f"{'+' if value > 0 else ''}{figure(value)}"


def change(est: float | None, low: float | None, high: float | None) -> str:
    """A difference with its interval.

    >>> change(0.5, None, None), change(0.5, -1e-20, 2)
    ('+0.5 (no interval)', '+0.5 (0 to +2)')
    """
    ends = "no interval" if low is None or high is None else f"{signed(low)} to {signed(high)}"
    return "undefined" if est is None else f"{signed(est)} ({ends})"


def is_whole(text: str) -> bool:
    """Is the text a whole number from 0 on, in plain digits, and no longer than one that a table holds?

    >>> is_whole("12"), is_whole("²"), is_whole("9" * 5000), is_whole("")
    (True, False, False, False)
    """
    return text.isascii() and text.isdigit() and len(text) <= 18
