"""How many tokens a text may be, said without a tokenizer: one number for prices, a higher one for room."""

import math
import re

CHARACTERS_A_TOKEN = 4
"""The usual rule of thumb for English, by which costs are estimated before anything is asked."""

_PART = re.compile(r"[A-Za-z]+|[0-9]|[^\sA-Za-z0-9]")


def estimated_tokens(text: str) -> int:
    """Tokens at four characters each, rounded up."""
    return math.ceil(len(text) / CHARACTERS_A_TOKEN)


def tokens_at_most(text: str) -> int:
    """A cautious count: three letters of a word, a digit, a sign or a byte of any other letter are a token each.

    >>> tokens_at_most("The thread is calm."), tokens_at_most("é")
    (7, 2)
    """
    return sum(
        math.ceil(len(part) / 3)
        if part.isascii() and part.isalpha()
        else len(part.encode("utf-8", "replace"))
        for part in _PART.findall(text)
    )
