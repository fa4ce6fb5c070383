"""A list of words as a rule: one word or phrase a line, a regular expression between slashes, # for a comment."""

from windtunnel.analysis.rules.model import KINDS, Rule, Variant
from windtunnel.analysis.rules.searches import search


def read_word_list(text: str) -> Rule:
    """The rule that a list makes: a post is touched whose title or body has one of the words, whole and in any case.

    `ValueError` for an empty list, or a regular expression that cannot be taken.
    """
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    expressions = [line[1:-1] for line in lines if _is_expression(line)]
    words = [line for line in lines if not _is_expression(line)]
    if not lines:
        raise ValueError("it holds no word")
    if "" in expressions:
        raise ValueError("it has an empty expression //, which is found everywhere")
    checks = []
    if words:
        checks.append(search("words", ("text",), words, ("includes-word",)))
    if expressions:
        checks.append(search("expressions", ("text",), expressions, ("regex", "includes")))
    variants = tuple(Variant(kind, (check,)) for kind in KINDS for check in checks)
    return Rule("the list", variants, action="remove", exempt=True)


def _is_expression(line: str) -> bool:
    return len(line) > 1 and line.startswith("/") and line.endswith("/")
