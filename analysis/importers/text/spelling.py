"""Texts whose signs were spoilt on the way: UTF-8 that was taken for Latin-1 or cp1252 and written as UTF-8 once more."""

import re

_TWICE = re.compile(
    "[\u00c2-\u00f4][\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
)
"""The first two signs of a letter that was written twice."""


def written_once(text: str) -> str:
    """The text as it was meant, where all its signs beyond ASCII are UTF-8 written twice; else the text as it is.

    >>> written_once("caf\u00c3\u00a9 don\u00e2\u20ac\u2122t"), written_once("caf\u00e9"), written_once("\u00c3\u00a9 \u6f22")
    ('caf\u00e9 don\u2019t', 'caf\u00e9', '\u00c3\u00a9 \u6f22')
    """
    if not _TWICE.search(text):
        return text
    try:
        return b"".join(map(_byte, text)).decode()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return text


def _byte(sign: str) -> bytes:
    """The byte that a sign was read from, as cp1252 or, where that has none, as Latin-1."""
    try:
        return sign.encode("cp1252")
    except UnicodeEncodeError:
        return sign.encode("latin-1")
