"""Learned members whose tone a language model moves: who comes, where and when are the record's, words and their tone the model's.

The choice of a tone is calibrated, with base rates that hang on the situation (contextual calibration, Zhao et al. 2021):

    log p(tone | s) = alpha(tone | s) + beta (log p_model(tone | s) - log p_model(tone | neutral))

where alpha is the tone law that the record taught, or the rules of the forum where it taught none. The rules' numbers for notices are
left out: what a notice does to tone is what the model makes of its words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.minds.learned import LearnedMind
from windtunnel.agents.minds.llm import LLMMind
from windtunnel.agents.situation import Line, Scene, Situations
from windtunnel.agents.words import Draft


class LearnedLLMMind(LearnedMind):
    """As `LearnedMind`; `shifts` is a language model's mind with alpha 0, so that its rows are beta times its shift."""

    name = "learned+llm"

    def __init__(
        self, scene: Scene, tones: Any, draws: Mapping[str, float], stay: float, shifts: LLMMind
    ) -> None:
        super().__init__(scene, tones, draws, stay)
        self.shifts, self.coupling, self.words = shifts, shifts.coupling, shifts.words
        self._says_so = np.concatenate(self._groups)

    def decide(self, batches: Sequence[Situations]) -> list[np.ndarray | Unanswered]:
        moved = self.shift(batches)
        out: list[np.ndarray | Unanswered] = []
        for one, shift in zip(batches, moved, strict=True):
            said = self._unmoved(one) if len(one) else np.empty(one.options.shape)
            if isinstance(shift, Unanswered) or isinstance(said, Unanswered):
                out.append(shift if isinstance(shift, Unanswered) else said)
            else:
                out.append(self.chances(one, said + shift) if len(one) else said)
        return out

    def shift(self, batches: Sequence[Situations]) -> list[np.ndarray | Unanswered]:
        """By how much the model moves each tone (n, actions), up to a constant a row: 0 where fewer than two are on offer."""
        some, asked = [], []
        for one in batches:
            options = np.zeros(one.options.shape, bool)
            options[:, self._says_so] = one.options[:, self._says_so]
            rows = np.flatnonzero(options.sum(axis=1) >= 2)
            some.append(rows)
            asked.append(
                Situations(
                    self.shifts.scene,
                    one.features[rows],
                    options[rows],
                    one.persona[rows],
                    one.member[rows],
                    describe=partial(_told, one, rows),
                )
            )
        out: list[np.ndarray | Unanswered] = []
        for one, rows, reply in zip(batches, some, self.shifts.decide(asked), strict=True):
            if isinstance(reply, Unanswered):
                out.append(reply)
                continue
            moved = np.zeros(one.options.shape)
            moved[rows] = np.where(np.isfinite(reply), reply, 0.0)
            out.append(moved)
        return out

    def _unmoved(self, asked: Situations) -> np.ndarray | Unanswered:
        """Tones as if no notice were up."""
        plain = asked.features.copy()
        plain[:, self._notices] = 0.0
        return self._tones(replace(asked, features=plain))

    def write(self, batches: Sequence[Sequence[Draft]]) -> list[list[str] | Unanswered]:
        """The words of each world's drafts, by the model."""
        return self.shifts.write(batches)

    def record(self) -> dict[str, Any]:
        return self.shifts.record() | {"mind": self.name}

    def asked(self) -> dict[str, int]:
        """What was asked of the model so far, by name."""
        return self.shifts.asked()

    @property
    def model(self) -> Any:
        """The language model that is asked."""
        return self.shifts.model

    @model.setter
    def model(self, model: Any) -> None:
        self.shifts.model = model

    def drift(self, sample: int) -> dict[str, Any] | None:
        return self.shifts.drift(sample)

    def close(self) -> None:
        self.shifts.close()


def _told(asked: Situations, rows: np.ndarray, row: int) -> Sequence[Line]:
    """What the one at place `row` of these rows is told."""
    return asked.describe(int(rows[row]))
