"""Any language model as a reader of tones: one question a post, the options' letters weighed, each answer kept in the store."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from windtunnel.agents.harmless import quoted
from windtunnel.agents.llm.request import Model, Request
from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.situation import About
from windtunnel.analysis.tones.hearing import ORDINARY
from windtunnel.analysis.tones.own_words import own_words
from windtunnel.analysis.tones.reader import Error

LETTERS = "ABC"


@cache
def prompt() -> dict[str, Any]:
    """`conf/reader/llm.yaml`."""
    return dict(
        yaml.safe_load((files("windtunnel.conf") / "reader" / "llm.yaml").read_text(encoding="utf-8"))
    )


class LlmReader:
    """Asks a model; its error is measured by `examined` alone until posts are labelled."""

    name = "llm"
    languages: tuple[str, ...] = ()
    error: Error | None = None
    base = ORDINARY

    def __init__(self, model: Model) -> None:
        self.version = f"{model.identity.model}, prompt {prompt()['version']}"
        self._model = model

    def read(self, texts: Sequence[str], about: Sequence[About] = ()) -> np.ndarray:
        """Probabilities of civil, heated and hostile, one row a post; NaN where no answer could be had.

        `about` says whose imported words each is: such words leave this machine only where the settings allow it, and `windtunnel forget`
        finds the answers by it.
        """
        whose: list[tuple[About, ...]] = [(each,) for each in about] or [()] * len(texts)
        asked = [_question(text, one) for text, one in zip(texts, whose, strict=True)]
        return np.array([_row(answer) for answer in self._model.ask(asked)]).reshape(len(asked), 3)


def _question(text: str, about: tuple[About, ...]) -> Request:
    told = prompt()
    words = quoted(own_words(text).text[: told["characters"]])
    return Request(told["system"], told["user"].replace("{text}", words), LETTERS, about=about)


def _row(answer: Any) -> np.ndarray:
    if isinstance(answer, Unanswered):
        return np.full(3, np.nan)
    weights = np.exp(np.array(answer.logp) - max(answer.logp))
    return weights / weights.sum()
