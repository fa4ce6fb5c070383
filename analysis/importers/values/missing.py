"""The one place that says which values of a record stand for nothing, and how an id or a name is read."""

import math
import re
from typing import Any

MOST = 2**62
EXACT = 2**53
"""Beyond this a number with decimals no longer tells neighbours apart."""

_ALWAYS = frozenset(
    {
        "",
        "NULL",
        "Null",
        "null",
        "\\N",
        "NaN",
        "nan",
        "NAN",
        "-nan",
        "None",
        "NA",
        "N/A",
        "n/a",
        "#N/A",
        "#NA",
    }
    | {"<NA>", "<NULL>", "<null>", "(null)", "NaT", "#NULL!", "1.#QNAN"}
)
_NEVER_SAID = frozenset({"", "NULL", "\\N", "NaN", "nan", "<NA>", "#N/A", "(null)", "<NULL>", "NaT"})
_NO_ID = _ALWAYS | {
    "none",
    "NONE",
    "nil",
    "undefined",
    "na",
    "-",
    "0",
    "-1",
    "00000000-0000-0000-0000-000000000000",
}

MARKERS = {"name": _ALWAYS, "text": _NEVER_SAID, "id": _NO_ID, "cell": _ALWAYS | _NO_ID - {"0", "-1", ""}}
"""The words that mean nothing was there, by what should be there: an author's `name` (somebody may be called Nil), a
`text` (somebody may say none), the `id` of another post (0 and -1 too, unless a post bears it), or any other `cell`."""

LONGEST = max(map(len, _NO_ID))

_ROUNDED = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d{2,3}")
_WHOLE = re.compile(r"(-?\d+)(?:\.0+|,0)")


def absent(value: Any) -> bool:
    """No value at all: None, not a number, or blanks."""
    if isinstance(value, str):
        return not value or value.isspace()
    if value is None:
        return True
    return bool(isinstance(value, float) and math.isnan(value) or type(value).__name__ == "NaTType")


def empty(value: Any, of: str = "cell") -> bool:
    """Whether a value stands for nothing where a `name`, `text`, `id` or other `cell` should be.

    >>> empty("NULL"), empty(float("nan")), empty("0"), empty("0", "id"), empty("None", "text")
    (True, True, False, True, False)
    """
    if isinstance(value, str):
        if len(value) > LONGEST and not value[0].isspace() and not value[-1].isspace():
            return False
        said = value.strip()
        return not said or said in MARKERS[of]
    return absent(value)


def word(value: Any) -> str | None:
    """An id or a name as text, None where there is none; 12.0 is 12, and True is no name.

    `ValueError` for a number with decimals that is too large to be the id that it was.

    >>> word(12.0), word(" ann "), word(float("nan")), word(True)
    ('12', 'ann', None, None)
    """
    if absent(value) or isinstance(value, (bool, dict, list, bytes)):
        return None
    if isinstance(value, float):
        if math.isinf(value):
            return None
        if abs(value) >= EXACT:
            raise ValueError("an id is a number too large for its decimals to be exact: keep ids as text")
        value = int(value) if value.is_integer() else value
    if isinstance(value, int) and abs(value) >= MOST:
        return None
    said = str(value).strip()
    if "+" in said and _ROUNDED.fullmatch(said):
        raise ValueError("an id was rounded by a spreadsheet, as 1.1E+18: export again with ids as text")
    return said


def whole(name: str) -> str:
    """The name without decimals that are nought: a column of numbers with gaps is often written so.

    >>> whole("12.0"), whole("12,0"), whole("1.10"), whole("v1.0")
    ('12', '12', '1.10', 'v1.0')
    """
    found = _WHOLE.fullmatch(name)
    return found[1] if found else name
