"""The mind of a language model: distinct questions asked once, answers calibrated, one row a decision.

By archetype, all members of one persona in equal bins share a question, so that a step over many members is a
look-up in a table that grows by the few questions not seen before. By member, each member's own lines are asked.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from agents.llm.request import Answer, Model, Request, hash_of
from agents.minds.base import Unanswered
from agents.minds.codes import Codes
from agents.prompt import archetype_request, member_request, neutral_request, option_orders, prompt_sha256
from agents.situation import Scene, Situations


class LLMMind:
    """Decides by a language model; see `agents.minds.base.Mind`.

    The choice model is `logp(a|s) = alpha_a + beta * (log p(a|s) - log p(a|neutral))`, normalised over the
    options on offer (contextual calibration, Zhao et al. 2021). `alpha` holds one number an action, in the
    order of the vocabulary, log base rates up to a constant; None takes the model's own neutral answer, so that
    `beta=1` is then the raw model and needs no neutral question. `permute` orders of the letters are asked and
    their log-probabilities averaged.
    """

    name = "llm"
    coupling = "gumbel-max"

    def __init__(
        self,
        model: Model,
        scene: Scene,
        *,
        prompt: Literal["archetype", "member"] = "archetype",
        alpha: Sequence[float] | None = None,
        beta: float = 1.0,
        permute: int = 1,
    ) -> None:
        if prompt not in ("archetype", "member"):
            raise ValueError(f"prompt is {prompt!r}; it can be archetype or member")
        if alpha is not None and (len(alpha) != len(scene.actions) or not np.isfinite(alpha).all()):
            raise ValueError(
                f"alpha holds {list(alpha)}; it needs {len(scene.actions)} finite numbers, "
                f"one for each of {', '.join(scene.actions.names)}"
            )
        if not (np.isfinite(beta) and beta >= 0 and permute >= 1):
            raise ValueError(
                f"beta is {beta} and permute {permute}: beta must be at least 0 and permute at least 1"
            )
        self.model, self.scene, self.prompt = model, scene, prompt
        self.alpha = None if alpha is None else np.asarray(alpha, float)
        self.beta, self.permute = float(beta), int(permute)
        self._codes = Codes(scene)
        self._rows: dict[int, np.ndarray] = {}
        self._neutral: dict[tuple[int, ...], np.ndarray] = {}
        self._mass: dict[Request, float] = {}

    def decide(self, batches: Sequence[Situations]) -> list[np.ndarray | Unanswered]:
        for batch in batches:
            if batch.scene is not self.scene and batch.scene != self.scene:
                raise ValueError(
                    f"a situation of {batch.scene.community!r} reached the mind of "
                    f"{self.scene.community!r}: make one mind for each scene"
                )
        self.model.counts.add(questions=sum(map(len, batches)))
        return self._by_archetype(batches) if self.prompt == "archetype" else self._by_member(batches)

    def record(self) -> dict[str, Any]:
        """What the manifest must know: model, prompts, calibration, coupling, letter mass and counts."""
        identity, mass = self.model.identity, list(self._mass.values())
        return {
            "mind": self.name,
            "prompt": self.prompt,
            "coupling": self.coupling,
            "model": identity.model,
            "weights_sha256": identity.digest or None,
            "server": identity.source or None,
            "template": identity.template,
            "parameters": dict(identity.parameters),
            "prompt_sha256": prompt_sha256(self.scene),
            "alpha": None if self.alpha is None else self.alpha.tolist(),
            "beta": self.beta,
            "permute": self.permute,
            "letter_mass_min": min(mass, default=None),
            "letter_mass_mean": float(np.mean(mass)) if mass else None,
            **self.model.counts.snapshot(),
            "unique": len(mass),
            "mass_by_question": {hash_of(request): share for request, share in self._mass.items()},
        }

    def asked(self) -> dict[str, int]:
        """Calls to the model and store hits so far, for a progress display; may be read from another thread."""
        counts = self.model.counts.snapshot()
        return {"questions": counts["calls"], "hits": counts["store_hits"]}

    def close(self) -> None:
        self.model.close()

    def drift(self, sample: int = 50) -> dict[str, Any]:
        """How far the model is from repeating itself: re-asks up to `sample` answered questions past the store.

        `flips` is the share of choices that the drift would turn under one and the same Gumbel noise, over the
        questions' raw answers; `logp_max` is the largest change of a log-probability over the letters.
        """
        requests = list(self._mass)
        picked = requests[:: max(1, len(requests) // sample)][:sample]
        pairs = [
            (_over_letters(old), _over_letters(new))
            for old, new in zip(
                self.model.ask(picked), getattr(self.model, "inner", self.model).ask(picked), strict=True
            )
            if isinstance(old, Answer) and isinstance(new, Answer)
        ]
        return {
            "asked": len(picked),
            "answered": len(pairs),
            "flips": float(np.mean([flip_share(old, new) for old, new in pairs])) if pairs else None,
            "logp_max": max((float(abs(old - new).max()) for old, new in pairs), default=None),
        }

    def _by_archetype(self, batches: Sequence[Situations]) -> list[np.ndarray | Unanswered]:
        coded = [self._codes.of(batch) for batch in batches]
        failed = self._learn(sorted({int(code) for codes, _ in coded for code in codes} - self._rows.keys()))
        replies: list[np.ndarray | Unanswered] = []
        for codes, inverse in coded:
            lost = next((failed[int(code)] for code in codes if int(code) in failed), None)
            if lost is not None:
                replies.append(lost)
            elif len(codes) == 0:
                replies.append(np.empty((0, len(self.scene.actions))))
            else:
                replies.append(np.stack([self._rows[int(code)] for code in codes])[inverse])
        return replies

    def _learn(self, codes: Sequence[int]) -> dict[int, Unanswered]:
        """Ask what is new and keep its rows; gives the codes that got no answer."""
        questions = []
        for code in codes:
            persona, bins, options = self._codes.meaning(code)
            questions.append(
                (
                    options,
                    [archetype_request(self.scene, bins, persona, order) for order in self._orders(options)],
                )
            )
        rows = self._answer(questions)
        self._rows |= {
            code: row for code, row in zip(codes, rows, strict=True) if isinstance(row, np.ndarray)
        }
        return {code: row for code, row in zip(codes, rows, strict=True) if isinstance(row, Unanswered)}

    def _by_member(self, batches: Sequence[Situations]) -> list[np.ndarray | Unanswered]:
        questions = []
        for batch in batches:
            for row in range(len(batch)):
                options = tuple(int(column) for column in np.flatnonzero(batch.options[row]))
                questions.append(
                    (options, [member_request(batch, row, order) for order in self._orders(options)])
                )
        rows, start = self._answer(questions), 0
        replies: list[np.ndarray | Unanswered] = []
        for batch in batches:
            mine = rows[start : start + len(batch)]
            start += len(batch)
            lost = next((row for row in mine if isinstance(row, Unanswered)), None)
            replies.append(lost if lost is not None else np.array(mine).reshape(-1, len(self.scene.actions)))
        return replies

    def _answer(
        self, questions: Sequence[tuple[tuple[int, ...], list[Request]]]
    ) -> list[np.ndarray | Unanswered]:
        """A calibrated row for each (options, requests in each order), all asked in one batch."""
        calibrated = self.alpha is not None or self.beta != 1
        unknown = {options for options, _ in questions} - self._neutral.keys() if calibrated else set()
        neutral = [
            (options, [neutral_request(self.scene, order) for order in self._orders(options)])
            for options in sorted(unknown)
        ]
        every = [*neutral, *questions]
        distinct = list(dict.fromkeys(request for _, requests in every for request in requests))
        replies = dict(zip(distinct, self.model.ask(distinct), strict=True)) if distinct else {}
        self._mass |= {request: reply.mass for request, reply in replies.items() if isinstance(reply, Answer)}
        rows = [
            self._average(options, [replies[request] for request in requests]) for options, requests in every
        ]
        unasked: dict[tuple[int, ...], Unanswered] = {}
        for (options, _), row in zip(neutral, rows, strict=False):
            if isinstance(row, Unanswered):
                unasked[options] = row
            else:
                self._neutral[options] = row
        return [
            unasked.get(options) or (row if isinstance(row, Unanswered) else self._calibrate(options, row))
            for (options, _), row in zip(questions, rows[len(neutral) :], strict=True)
        ]

    def _average(
        self, options: tuple[int, ...], replies: Sequence[Answer | Unanswered]
    ) -> np.ndarray | Unanswered:
        """Log-probabilities over the vocabulary, the mean of the orders', normalised over the options."""
        sums = np.full(len(self.scene.actions), -np.inf)
        sums[list(options)] = 0.0
        for order, reply in zip(self._orders(options), replies, strict=True):
            if isinstance(reply, Unanswered):
                return reply
            sums[list(order)] += np.asarray(reply.logp) / len(replies)
        return _normalised(sums)

    def _calibrate(self, options: tuple[int, ...], row: np.ndarray) -> np.ndarray:
        if self.alpha is None and self.beta == 1:
            return row
        columns, neutral = list(options), self._neutral[options]
        base = neutral if self.alpha is None else self.alpha
        out = np.full(len(row), -np.inf)
        out[columns] = base[columns] + self.beta * (row[columns] - neutral[columns])
        return _normalised(out)

    def _orders(self, options: tuple[int, ...]) -> list[tuple[int, ...]]:
        return option_orders(self.scene, options, self.permute)


def flip_share(p: np.ndarray, q: np.ndarray) -> float:
    """Chance that `argmax(p + g)` and `argmax(q + g)` differ for one and the same Gumbel noise g.

    Both pick i exactly when g_j - g_i stays below the smaller of the two gaps for every j, which has the
    chance 1 / sum_j max(p_j / p_i, q_j / q_i). `p` and `q` are log-probabilities, all finite.

    >>> import numpy as np
    >>> round(1 - flip_share(np.log([.5, .3, .2]), np.log([.3, .5, .2])), 6), round(23 / 30, 6)
    (0.766667, 0.766667)
    """
    gaps = np.maximum(p[None, :] - p[:, None], q[None, :] - q[:, None])
    return float(max(0.0, 1 - (1 / np.exp(gaps).sum(axis=1)).sum()))


def _over_letters(answer: Answer) -> np.ndarray:
    return _normalised(np.asarray(answer.logp))


def _normalised(logp: np.ndarray) -> np.ndarray:
    return logp - np.logaddexp.reduce(logp)
