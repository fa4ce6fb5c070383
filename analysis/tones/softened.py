"""Rude words that are said of nobody here: of oneself, in delight, told as what somebody said, or
exclaimed alone. They are read as "thing".

Rules, not fits: labelled threads hold too few of them, and a reader that learns from quarrels takes each for one.
"""

import re
from functools import cache
from importlib.resources import files

import yaml

_WORD = re.compile(r"\w+")
_RUDE = ("scorn", "insult", "swear")
_FILLER = r"(?:such|so|a|an|the|being|just|really|very|complete|completely|total|totally|absolute|absolutely|bit|of|too|like|kind|quite|own|old|god|fucking|damn|bloody|most|lazy)"

_EXCLAIMED = re.compile(
    r"\A\W*(?:(?:haha+|lol|omg|oh|aw|ah|well|man|dude|holy|no|what the)\W+)*(?:wtf|ffs|damn|dammit|damnit|shit|crap|hell|fuck)\W*\Z",
    re.I,
)
"""A post that is an exclamation and no more."""


@cache
def _rude() -> frozenset[str]:
    lists = yaml.safe_load(files(__package__).joinpath("lexicon.yaml").read_text("utf-8"))
    return frozenset(word for name in _RUDE for word in lists[name].split())


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    lists = yaml.safe_load(files(__package__).joinpath("lexicon.yaml").read_text("utf-8"))
    rude = sorted({word for name in _RUDE for word in lists[name].split()}, key=len, reverse=True)
    glad = "|".join(
        map(re.escape, [*lists["glad"].split(), "gorgeous", "marvellous", "funny", "thanks", "congrats"])
    )
    bad = rf"(?P<rude>(?:{'|'.join(map(re.escape, rude))}))\b"
    inside = r"(?:(?!\b(?:you|your|they|not|no|never)\b)[^.!?\n]){0,60}?"
    found = [
        rf"\b(?:i'm|i am|i was|i feel|i felt|am i|i have been|i must be|i am being|ignore me|call me|i)\s+(?:{_FILLER}\s+)*{bad}",
        rf"(?<!kiss )(?<!lick )(?<!suck )(?<!bite )(?<!eat )\bmy\s+(?:{_FILLER}\s+)*{bad}",
        rf"\b{bad}(?=\s+(?:me|of me)\b)",
        rf"\b(?:holy|hell|fuck|hell)?\s*{bad}(?={inside}\b(?:{glad})\b)",
        rf"\b(?:called|calls|calling|call)\s+(?:me|him|her|us|them|my \w+|person|each other)\s+(?:\w+\s+){{0,2}}?{bad}",
        rf"\b(?:the (?:word|term|insult)|sounds like|sounded like|does)\s+(?:an?\s+)?[\"']?{bad}",
    ]
    return tuple(re.compile(each, re.I) for each in found)


def softened(text: str) -> str:
    """The text without rude words that are said of nobody in the conversation.

    >>> softened("I am such an idiot"), softened("you are such an idiot"), softened("haha wtf")
    ('I am such an thing', 'you are such an idiot', 'thing')
    """
    if _rude().isdisjoint(_WORD.findall(text.lower())):
        return text
    if _EXCLAIMED.match(text):
        return "thing"
    for pattern in _patterns():
        for _ in range(2):
            text, changed = pattern.subn(_without, text)
            if not changed:
                break
    return text


def _without(found: re.Match[str]) -> str:
    start, end = (place - found.start() for place in found.span("rude"))
    return f"{found[0][:start]}thing{found[0][end:]}"
