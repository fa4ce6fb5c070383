"""The settings of the language-model mind, checked: what it is told, whether it writes, how its noise floor is measured."""

from collections.abc import Mapping
from typing import Any

from windtunnel.agents.words import TOKENS

DRIFT_SAMPLE, DRIFT_SAMPLE_EMBEDDED = 200, 10
"""Questions asked again past the store where `mind.drift_sample` is auto; a model in this process takes long."""


def llm_mind(mind: Mapping[str, Any], llm: Mapping[str, Any], prompt: str) -> dict[str, Any]:
    """The mind with `prompt` added, and `drift_sample: auto` and `words: auto` resolved.

    `ValueError` for a noise floor that cannot be measured, or words that nobody would read or keep.
    """
    sample, again = mind.get("drift_sample", "auto"), mind.get("independent_aa", False)
    if sample == "auto":
        sample = DRIFT_SAMPLE_EMBEDDED if llm.get("kind") == "embedded" else DRIFT_SAMPLE
    if not isinstance(sample, int) or isinstance(sample, bool) or sample < 0:
        raise ValueError(
            f"mind.drift_sample is {sample!r}: give a whole number of questions, 0 for none, or auto"
        )
    if not isinstance(again, bool):
        raise ValueError(f"mind.independent_aa is {again!r}: write true or false")
    told = {"prompt": prompt, "drift_sample": sample, "independent_aa": again}
    return {**mind, **told, "words": _words(mind, llm, prompt), "words_tokens": _words_tokens(mind)}


def _words(mind: Mapping[str, Any], llm: Mapping[str, Any], prompt: str) -> bool:
    """Whether what members write gets a text: by itself where others read it, and where a text once written stays."""
    words = mind.get("words", "auto")
    stays = llm.get("store") != "none" or llm.get("kind") == "fake"
    if words == "auto":
        return prompt == "member" and stays
    if not isinstance(words, bool):
        raise ValueError(f"mind.words is {words!r}: write true, false or auto")
    if words and prompt != "member":
        raise ValueError(
            f"mind.words=true, but with prompt={prompt} nobody reads what others write: set prompt=member"
        )
    if words and not stays:
        raise ValueError(
            "mind.words=true needs a store, since asked again a model writes something else: set llm.store to a file"
        )
    return words


def _words_tokens(mind: Mapping[str, Any]) -> int:
    tokens = mind.get("words_tokens", TOKENS)
    if not isinstance(tokens, int) or isinstance(tokens, bool) or not 16 <= tokens <= 1000:
        raise ValueError(f"mind.words_tokens is {tokens!r}: give a whole number from 16 to 1000")
    return tokens
