"""Rude words that are written in code: with digits and signs for letters, letter by letter, as initials, as an emoji.

Rules, not fits. Only what comes out as a word of the lists of rude words is changed.
"""

import re
from functools import cache
from importlib.resources import files

import yaml

_RUDE = ("scorn", "insult", "swear")
_SIGNS = str.maketrans("0134578@$€!|", "oieastbasei" + "l")
_CODED = re.compile(r"(?<![\w/@#.-])[a-z0-9@$€!|*#]*[0134578@$€!|*#][a-z0-9@$€!|*#]*(?![\w/@-])", re.I)
_SPACED = re.compile(r"(?<!\w)[a-z](?:([ .*_-])[a-z])(?:\1[a-z])+(?!\w)", re.I)
_INITIALS = {
    "kys": "kill yourself",
    "stfu": "shut the fuck up",
    "gtfo": "get the fuck out",
    "gfy": "go fuck yourself",
    "foad": "fuck off and die",
    "diaf": "die in a fire",
    "fml": "fuck my life",
}
_EMOJI = {
    "🖕": " fuck you ",
    "🤡": " clown ",
    "🤮": " disgusting ",
    "🤢": " disgusting ",
    "💩": " shit ",
    "🚮": " trash ",
}
_WORDS = re.compile(rf"\b(?:{'|'.join(_INITIALS)})\b", re.I)
_FACES = re.compile("|".join(_EMOJI))
_SHORT = (
    (re.compile(r"\bu r\b", re.I), "you are"),
    (re.compile(r"\bur (?=(?:an?|the|so|such)\b)", re.I), "you're "),
    (re.compile(r"\A\W*f\W?u\W*\Z", re.I), "fuck you"),
)


@cache
def _rude() -> tuple[str, ...]:
    lists = yaml.safe_load(files(__package__).joinpath("lexicon.yaml").read_text("utf-8"))
    return tuple(word for name in reversed(_RUDE) for word in lists[name].split())


@cache
def _known() -> frozenset[str]:
    return frozenset((*_rude(), *_INITIALS))


def decoded(text: str) -> str:
    """The text with rude words in code as they are meant.

    >>> decoded("you m0r0n"), decoded("f**k this"), decoded("s h i t"), decoded("port 8080 is 0x1f"), decoded("🤡")
    ('you moron', 'fuck this', 'shit', 'port 8080 is 0x1f', '🤡 clown ')
    """
    text = _SPACED.sub(_joined, _CODED.sub(_read, text))
    text = _WORDS.sub(lambda found: _INITIALS[found[0].lower()], text)
    for pattern, words in _SHORT:
        text = pattern.sub(words, text)
    return text if text.isascii() else _FACES.sub(lambda found: found[0] + _EMOJI[found[0]], text)


def _read(found: re.Match[str]) -> str:
    coded = found[0].rstrip("!|")
    low, rest = coded.lower(), found[0][len(coded) :]
    if low.isalpha() or not any(letter.isalpha() for letter in low):
        return found[0]
    if "*" in low or "#" in low:
        if len(low.strip("*#")) > 2 and low.strip("*#").isalpha():
            return found[0]  # in bold, or a heading
        meant = _guessed(re.sub("[*#]", ".", low).translate(_SIGNS))
    else:
        plain = low.translate(_SIGNS)
        meant = next(
            (each for each in (plain, low.replace("1", "l").translate(_SIGNS)) if each in _known()), None
        )
    return found[0] if meant is None else meant + rest


def _guessed(pattern: str) -> str | None:
    """The first rude word of four letters or more that fits, its first letter being there."""
    if len(pattern) < 4 or pattern[0] == ".":
        return None
    return next((word for word in _rude() if len(word) == len(pattern) and re.fullmatch(pattern, word)), None)


def _joined(found: re.Match[str]) -> str:
    word = found[0].replace(found[1], "").lower()
    return word if word in _known() else found[0]
