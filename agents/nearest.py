"""What a user may have meant: the known name that is nearest to a wrong one."""

from collections.abc import Iterable
from difflib import get_close_matches

MOST = 300
"""Characters of names that a sentence lists at most."""


def nearest(wrong: str, known: Iterable[str], others: str = "choose from {}") -> str:
    """Half a sentence: the nearest of the known names, or `others` with all of them in its place.

    >>> nearest("slow_mood", ["slow_mode", "none"]), nearest("x", ["slow_mode", "none"], "it has {}")
    ("did you mean 'slow_mode'?", 'it has slow_mode, none')
    """
    every = list(known)
    names = list(every)
    near = get_close_matches(wrong, every, 1)
    if near:
        return f"did you mean {near[0]!r}?"
    while len(listed := ", ".join(names)) > MOST:
        names.pop()
    more = ", …" if len(names) < len(every) else ""
    return others.replace("{}", listed + more)
