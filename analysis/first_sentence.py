"""A long line as its first sentence, which is shown, and the others, which may be folded away."""

BEHIND = "What field experiments elsewhere say, and what is declared"
"""Title of the fold behind the first sentences on how far an answer was compared with reality."""


def first_sentence(line: str) -> tuple[str, str]:
    """The first sentence of a line, and the others.

    >>> first_sentence("Nobody knows. Much was tried. All failed.")
    ('Nobody knows.', 'Much was tried. All failed.')
    """
    first, dot, rest = line.partition(". ")
    return first + dot.strip(), rest
