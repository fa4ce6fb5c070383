"""English words that people also take for names: such a name is taken out of a text only where somebody is addressed."""

from functools import cache
from importlib.resources import files
from typing import NamedTuple


class CommonWords(NamedTuple):
    """`words` are words alone; `first_names` are words that many people are called by, such as mark and rose."""

    words: frozenset[str]
    first_names: frozenset[str]


@cache
def common_words() -> CommonWords:
    """The words of common_words.txt, casefolded; there those that are first names too begin with a capital.

    They are the words that occur in the comments that alt-profanity-check was trained on and in small letters in
    Webster's Second (1934), with their inflected forms, and English function words.
    """
    text = (files("windtunnel.analysis.importers.text") / "common_words.txt").read_text(encoding="utf-8")
    every = text.split()
    return CommonWords(
        frozenset(word for word in every if word.islower()),
        frozenset(word.casefold() for word in every if not word.islower()),
    )


def is_word(name: str) -> bool:
    """Whether a casefolded name is a word and no first name: a common one, or several with hyphens.

    >>> is_word("keys"), is_word("well-known"), is_word("mark"), is_word("bob42")
    (True, True, False, False)
    """
    words = common_words().words
    if name in words:
        return True
    return "-" in name and all(part in words or len(part) < 3 for part in name.split("-"))


def is_first_name(name: str) -> bool:
    """Whether a casefolded name is both a word and a first name."""
    return name in common_words().first_names
