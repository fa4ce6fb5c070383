"""A value of somebody's file in a sentence, however long or deep it is."""

import reprlib
from typing import Any

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 2


def shown(value: Any) -> str:
    """The value as Python writes it, cut where it is long.

    >>> shown("word"), len(shown("x" * 10_000)) < 70
    ("'word'", True)
    """
    return _SHORT.repr(value)
