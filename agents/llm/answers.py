"""Reads the log-probabilities of letters from what OpenAI-compatible servers send, in its three shapes."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from agents.llm.request import Answer


class Unreadable(ValueError):
    """An answer arrived but holds no usable log-probability of any letter."""


def first_token(choice: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The candidates for the first token and their log-probabilities.

    Chat servers and llama.cpp list them under `content`; older completions (vLLM) in one mapping a token.
    """
    logprobs = choice.get("logprobs") or {}
    try:
        if logprobs.get("content"):
            return [
                (str(one["token"]), float(one["logprob"])) for one in logprobs["content"][0]["top_logprobs"]
            ]
        if logprobs.get("top_logprobs"):
            return [(str(token), float(value)) for token, value in logprobs["top_logprobs"][0].items()]
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise Unreadable(f"log-probabilities in an unknown shape ({type(error).__name__}: {error})") from None
    raise Unreadable("the server sent no log-probabilities: it must support logprobs and top_logprobs")


def read_letters(candidates: Iterable[tuple[str, float]], letters: Sequence[str]) -> Answer:
    """The log-probability of each letter, with and without a space before it added up.

    >>> answer = read_letters([("B", -1.0), (" B", -1.0), ("The", -3.0)], "AB")
    >>> answer.logp[0], round(answer.logp[1], 3), answer.floored
    (-3.0, -0.307, 1)
    """
    candidates = [(token, value) for token, value in candidates if math.isfinite(value)]
    found: dict[str, list[float]] = {letter: [] for letter in letters}
    for token, value in candidates:
        if token.strip() in found:
            found[token.strip()].append(value)
    missing = [letter for letter in letters if not found[letter]]
    if len(missing) == len(letters):
        raise Unreadable(
            f"none of the letters {''.join(letters)} is among the {len(candidates)} likeliest first tokens"
            + (f" (the likeliest is {candidates[0][0]!r})" if candidates else "")
        )
    floor = min(value for _, value in candidates)
    return Answer(
        tuple(_added(found[letter]) if found[letter] else floor for letter in letters), floored=len(missing)
    )


def _added(values: Sequence[float]) -> float:
    """The log of the summed probabilities; one alone stays as it is, to the last bit."""
    top = max(values)
    return top + math.log(sum(math.exp(value - top) for value in values)) if len(values) > 1 else top
