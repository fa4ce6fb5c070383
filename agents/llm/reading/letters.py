"""The letter that a model answers with: in its words, or among the log-probabilities of its first tokens."""

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from windtunnel.agents.llm.reading.replies import Unreadable, need_whole, text_of
from windtunnel.agents.llm.request import Answer

NO_LOGPROBS = "the server sent no log-probabilities: it must support logprobs and top_logprobs"
"""The reason of a reply that is well formed and lacks them; a mangled one has another."""
NO_LETTER = re.compile(r"none of (?:the letters|\d+ answers)")
"""In the reason of a reply that is well formed and answers with something else."""
_ROUNDING = 1e-3
"""A log-probability may exceed 0 by this much: servers compute in 16 bits."""
_EXCESS = 0.02
"""The chances of the candidates may add up to this much above 1, for the same reason."""
_IMPOSSIBLE = -9999.0
"""What servers that have no minus infinity in their JSON send for it."""
COUNT_INSTEAD = " (llm.choice=sampled counts answers instead)"
"""In the reason of a reply whose log-probabilities are no such."""
_NUMBERED = re.compile(r"token_id:\d+")
_BYTE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
_BYTE_LEVEL = str.maketrans({"\u2581": " ", "\u0120": " ", "\u010a": "\n", "\u0109": "\t", "\u010d": "\r"})
"""How SentencePiece and byte-level tokenizers write white space."""
_ALONE = r"(?![^\W_]|['\u2019][^\W_])"
_LONE = re.compile(r"[\W_]*([A-Za-z])[\W_]*")
_FRONT = re.compile(rf"[\W_]*([A-Z]){_ALONE}(.*)", re.DOTALL)
_ANOTHER = re.compile(rf"[\W_]*(?:(?i:or|and)\b[\W_]*|[,/&][\W_]*)[A-Z]{_ALONE}")
_LABELLED = re.compile(r"\s*(?!(?i:not?|never|nicht|pas):|[B-Z]:)[^\W\d_]+ ?:[\W_]*([A-Z])[\W_]*")
"""A word before the letter, in any language; the "A" of "A: B" answers a "Q:" and is no letter."""
_TAGS = re.compile(r"</?(?:b|i|u|em|strong|code|p|span|div|mark)(?:\s[^<>]*)?>", re.IGNORECASE)
_STRUCK = re.compile(r"~~.+?~~")
_DOUBTED = re.compile(r"\s*\?")
_DENIED = re.compile(r"(?i:\b(?:not|never|cannot|instead of|rather than)|n['\u2019]t)\W+(?:\w+\W+){0,2}$")
"""Words before "choose A" that make it no choice."""
_LISTED = re.compile(r"^[\W_]*[A-Z]\)", re.MULTILINE)
_NAMED = re.compile(
    rf"(?i:\b(?:answer|choice|choose|option|letter|pick|select)\w*)[\s\"'*_`]*"
    rf"(?i:(?:is|are|would be|will be|the|option|letter|:|=)[\s\"'*_`]*)*[\W_]*([A-Z]){_ALONE}"
    rf"|\\boxed\{{(?:\\text\{{)?[\W_]*([A-Z]){_ALONE}"
)


def letter_of(
    text: object, letters: Sequence[str], options: Mapping[str, str] | None = None, *, cut: bool = False
) -> str | None:
    """The letter that an answer is, begins with, or names as its answer; None if there is none, or more than one.

    "A" and "I" before a word are words, unless the words are those of that option (`options`: letter to words). Of an
    answer that stops at the limit of tokens (`cut`) a letter before a word is none either: the sentence is not known.

    >>> letter_of(" **B**) calmly", "ABC"), letter_of("A member would", "ABC"), letter_of("The answer is C.", "ABC")
    ('B', None, 'C')
    """
    if not isinstance(text, str):
        return None
    options, text = options or {}, _STRUCK.sub(" ", _TAGS.sub("", unicodedata.normalize("NFKC", text)))
    if _weighed(text, letters):
        return None
    if lone := _LONE.fullmatch(text):
        found = lone.group(1).upper()
        article = cut and lone.group(1) in "ai"
        return found if found in letters and not article else None
    lists_options = len(_LISTED.findall(text)) >= 3
    if not lists_options and (front := _in_front(text, letters, options, cut)):
        return front
    if named := _named(text, options):
        return named if named in letters else None
    same = [letter for letter in letters if _plain(options.get(letter, "")) == _plain(text) != ""]
    return same[0] if len(same) == 1 else None


def _in_front(text: str, letters: Sequence[str], options: Mapping[str, str], cut: bool) -> str | None:
    """The letter that stands alone behind one word and a colon, or before all other words."""
    if (answer := _LABELLED.fullmatch(text)) and answer.group(1) in letters:
        return answer.group(1)
    front = _FRONT.match(text)
    if front and front.group(1) in letters and _is_answer(front.group(1), front.group(2), options, cut):
        return front.group(1)
    return None


def _named(text: str, options: Mapping[str, str]) -> str | None:
    """The last letter that the words call the answer, as in "so I choose B"."""
    named = [
        letter
        for found in _NAMED.finditer(text)
        if not _DENIED.search(text[: found.start()])
        and _is_answer(letter := found.group(1) or found.group(2), text[found.end() :], options, False)
    ]
    return named[-1] if named else None


def _is_answer(letter: str, rest: str, options: Mapping[str, str], cut: bool) -> bool:
    """Whether a letter in front, before `rest`, stands for an option."""
    if _ANOTHER.match(rest) or _DOUBTED.match(rest):
        return False
    if not re.match(r"[ \t]+[^\W_]", rest) or re.fullmatch(rf"(?:[\W_]+{letter})+[\W_]*", rest):
        return True
    if _plain(rest).startswith(_plain(options.get(letter, "")) or "\0"):
        return True
    return letter not in "AI" and not cut


def _weighed(text: str, letters: Sequence[str]) -> bool:
    """Whether an answer is JSON that names several letters, as of their chances, and so chooses none."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and len(said.keys() & set(letters)) > 1


def _plain(words: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", words.lower()))


def options_of(user: str, letters: Sequence[str]) -> dict[str, str]:
    """The words of each option, by its letter, as a question lists them.

    >>> options_of("You can:\\nA) wait\\nB) leave\\nWhat now?", "AB")
    {'A': 'wait', 'B': 'leave'}
    """
    found = re.findall(r"^([A-Z])\) (.+)$", user, re.MULTILINE)
    return {letter: words for letter, words in found if letter in letters}


def token_text(token: str, spelt: object = None) -> str:
    """A token as the text it stands for: white space as such, a byte as its letter, a number by its `spelt` bytes."""
    if _NUMBERED.fullmatch(token) and isinstance(spelt, list):
        try:
            return bytes(spelt).decode("utf-8", "replace")
        except (TypeError, ValueError):
            return token
    return _BYTE.sub(lambda found: chr(int(found.group(1), 16)), token.translate(_BYTE_LEVEL))


def first_token(choice: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The candidates for the first token that says something, and their log-probabilities.

    Chat servers and llama.cpp list them under `content`; older completions (vLLM) in one mapping a token. Where the model
    begins with a token of white space or signs, the candidates after it count too, times that token's probability.
    """
    need_whole(choice)
    try:
        places = _places(choice.get("logprobs") or {})
    except Unreadable:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise Unreadable(f"log-probabilities in an unknown shape ({type(error).__name__}: {error})") from None
    if not places:
        if not isinstance(text_of(choice), str | None):
            raise Unreadable(f"a choice that says no text but {type(text_of(choice)).__name__}")
        raise Unreadable(NO_LOGPROBS)
    out: list[tuple[str, float]] = []
    before = 0.0
    for place, (spoken, listed) in enumerate(places):
        through = not any(char.isalnum() for char in spoken) and place + 1 < len(places)
        out += [(token, value + before) for token, value in listed if not (through and token == spoken)]
        if not through:
            break
        before += max(value for token, value in listed if token == spoken)
    return out


def _places(logprobs: Mapping[str, Any]) -> list[tuple[str, list[tuple[str, float]]]]:
    """For each token of a reply, the one that was said and the candidates for it; empty where none are listed."""
    if not logprobs.get("content"):
        listed = [_candidates(one) for one in logprobs.get("top_logprobs") or [] if one]
        return [(_likeliest(candidates), candidates) for candidates in listed]
    places = []
    for one in logprobs["content"]:
        if one.get("top_logprobs") or "logprob" not in one:
            candidates = _candidates(one["top_logprobs"])
            spoken = token_text(str(one["token"]), one.get("bytes")) if "token" in one else ""
            candidates = _with_chosen(candidates, spoken, one.get("logprob"))
            named = any(token == spoken for token, _ in candidates)
            places.append((spoken if named else _likeliest(candidates), candidates))
    return places


def _with_chosen(candidates: list[tuple[str, float]], spoken: str, value: object) -> list[tuple[str, float]]:
    """The candidates and the token that was said, where a server (LMDeploy) lists the others alone; not where it is there in another spelling."""
    if (
        not spoken
        or not candidates
        or not isinstance(value, int | float)
        or any(token == spoken for token, _ in candidates)
    ):
        return candidates
    if any(math.isclose(value, other, abs_tol=1e-6) for _, other in candidates):
        return candidates
    whole = math.exp(min(value, 0.0)) + sum(math.exp(min(other, 0.0)) for _, other in candidates)
    return [*candidates, (spoken, float(value))] if whole <= 1 + _EXCESS else candidates


def _likeliest(candidates: Sequence[tuple[str, float]]) -> str:
    return max(candidates, key=lambda pair: pair[1])[0] if candidates else ""


def _candidates(listed: Any) -> list[tuple[str, float]]:
    if isinstance(listed, Mapping):
        return [(token_text(str(token)), _value(value)) for token, value in listed.items()]
    return [(token_text(str(one["token"]), one.get("bytes")), _value(one["logprob"])) for one in listed]


def _value(said: Any) -> float:
    if said is None:
        raise Unreadable(f"null as a log-probability{COUNT_INSTEAD}")
    return float(said)


def read_letters(candidates: Iterable[tuple[str, float]], letters: Sequence[str]) -> Answer:
    """The log-probability of each letter, with and without spaces and signs around it added up.

    >>> answer = read_letters([("B", -1.0), (" B", -1.0), ("The", -3.0)], "AB")
    >>> answer.logp[0], round(answer.logp[1], 3), answer.floored
    (-3.0, -0.307, 1)
    """
    candidates = list(candidates)
    odd = [value for _, value in candidates if math.isnan(value) or value > _ROUNDING]
    if odd:
        raise Unreadable(f"{odd[0]} as a log-probability{COUNT_INSTEAD}")
    if not any(math.isfinite(value) for _, value in candidates):
        candidates = []
    whole = sum(math.exp(value) for _, value in candidates)
    if whole > 1 + _EXCESS:
        raise Unreadable(f"log-probabilities of chances that add up to {whole:.2f}{COUNT_INSTEAD}")
    found: dict[str, list[float]] = {letter: [] for letter in letters}
    for token, value in candidates:
        bare = re.sub(r"^[\W_]+|[\W_]+$", "", token)
        if bare in found:
            found[bare].append(max(value, _IMPOSSIBLE))
    missing = [letter for letter in letters if not found[letter]]
    if len(missing) == len(letters):
        raise Unreadable(_none_of(candidates, letters))
    if len(candidates) == 1 < len(letters):
        raise Unreadable(f"{NO_LOGPROBS} of more than one token")
    finite = [value for _, value in candidates if math.isfinite(value)]
    floor = min(finite)
    if len(finite) < len(letters):
        left = (1 - whole) / max(len(missing), 1)
        floor = min(floor, math.log(left) if left > 0 else _IMPOSSIBLE)
    return Answer(
        tuple(added(found[letter]) if found[letter] else floor for letter in letters), floored=len(missing)
    )


def _none_of(candidates: Sequence[tuple[str, float]], letters: Sequence[str]) -> str:
    likeliest = _likeliest(candidates)
    told = f" (the likeliest is {likeliest!r})" if likeliest else ""
    if _NUMBERED.fullmatch(likeliest):
        told += ", which is a token's number"
    return (
        f"none of the letters {''.join(letters)} is among the {len(candidates)} likeliest first tokens{told}"
    )


def added(values: Sequence[float]) -> float:
    """The log of the summed probabilities; one alone stays as it is, to the last bit."""
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values)) if len(values) > 1 else top
