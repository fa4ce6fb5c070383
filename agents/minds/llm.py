"""The mind of a language model: distinct questions asked once, answers calibrated, one row a decision.

By archetype, all members of one persona in equal bins share a question, so that a step over many members is a
look-up in a table that grows by the few questions not seen before. By member, each member's own lines are asked.
"""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from windtunnel.agents.llm.remote import sent_to
from windtunnel.agents.llm.request import Answer, Model, Request, hash_of
from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.minds.codes import Codes
from windtunnel.agents.prompt import (
    RECALL,
    archetype_request,
    fitted_member_request,
    neutral_request,
    option_orders,
    prompt_sha256,
    spoken_to,
)
from windtunnel.agents.situation import Scene, Situations
from windtunnel.agents.words import COUPLING, TOKENS, Draft, words_sha256, write_words


class LLMMind:
    """Decides by a language model; see `windtunnel.agents.minds.base.Mind`.

    The choice model is `logp(a|s) = alpha_a + beta * (log p(a|s) - log p(a|neutral))`, normalised over the
    options on offer (contextual calibration, Zhao et al. 2021). `alpha` holds one number an action, in the
    order of the vocabulary, log base rates up to a constant; None takes the model's own neutral answer, so that
    `beta=1` is then the raw model and needs no neutral question. `permute` orders of the letters are asked and
    their log-probabilities averaged. A member's question takes `context` tokens at most (None: any number), of
    which `recall` for what it recalls; lines of what is on show that were left out are counted as `cut`. Questions whose
    letters got less than `least_mass` of the probability are counted as `thin`. With `words` it also writes what
    members say, in `words_tokens` at the most; see `windtunnel.agents.words`.
    """

    name = "llm"
    coupling = "gumbel-max"
    """`sampled-k` for a model that was asked k times instead of for log-probabilities; how words are shared, if any are."""

    def __init__(
        self,
        model: Model,
        scene: Scene,
        *,
        prompt: Literal["archetype", "member"] = "archetype",
        alpha: Sequence[float] | None = None,
        beta: float = 1.0,
        permute: int = 1,
        context: int | None = None,
        recall: int = RECALL,
        least_mass: float = 0.0,
        words: bool = False,
        words_tokens: int = TOKENS,
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
        self.asked_as = spoken_to(scene) if prompt == "member" else scene
        self.alpha = None if alpha is None else np.asarray(alpha, float)
        self.beta, self.permute = float(beta), int(permute)
        self.context, self.recall, self.least_mass = context, recall, least_mass
        if samples := model.identity.parameters.get("samples"):
            self.coupling = f"sampled-{samples}"
        self.words, self.words_tokens = words, words_tokens
        if words:
            self.coupling += f"; {COUPLING}"
        self._codes = Codes(scene)
        self._rows: dict[int, np.ndarray] = {}
        self._neutral: dict[tuple[int, ...], np.ndarray] = {}
        self._mass: dict[Request, float] = {}
        self._order: dict[Request, tuple[int, ...]] = {}

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
            "prompt_sha256": prompt_sha256(self.asked_as),
            "alpha": None if self.alpha is None else self.alpha.tolist(),
            "beta": self.beta,
            "permute": self.permute,
            "words": self._words_record(),
            "imported_text_sent_to": sent_to(self.model),
            "letter_mass_min": min(mass, default=None),
            "letter_mass_mean": float(np.mean(mass)) if mass else None,
            **self.model.counts.snapshot(),
            "unique": len(mass),
            "least_mass": self.least_mass,
            "thin": sum(share < self.least_mass for share in mass),
            "mass_by_question": {hash_of(request): share for request, share in self._mass.items()},
        }

    def _words_record(self) -> dict[str, Any] | None:
        """How words are asked for; None where none are."""
        if not self.words:
            return None
        parameters = dict(self.model.identity.words)
        return {"tokens": self.words_tokens, "parameters": parameters, "prompt_sha256": words_sha256()}

    def write(self, batches: Sequence[Sequence[Draft]]) -> list[list[str] | Unanswered]:
        """The words of each world's drafts, made harmless, in their order; all are asked for in one batch.

        See `windtunnel.agents.words.write_words`.
        """
        self.model.counts.add(texts=sum(map(len, batches)))
        return write_words(
            self.model,
            self.scene,
            batches,
            context=self.context,
            recall=self.recall,
            tokens=self.words_tokens,
        )

    def asked(self) -> dict[str, int]:
        """Calls to the model and store hits so far, for a progress display; may be read while it asks."""
        counts = self.model.counts.snapshot()
        return {"questions": counts["calls"], "hits": counts["store_hits"]}

    def close(self) -> None:
        self.model.close()

    def drift(self, sample: int = 50) -> dict[str, Any]:
        """How far the model is from repeating itself: re-asks up to `sample` answered questions past the store.

        They go out in one batch, so at the concurrency of the run. `flips` is the share of choices that the drift
        would turn under one and the same Gumbel noise, with alpha, beta and the neutral answers as they stand;
        `logp_max` and `logp_mean` are the largest and the mean change of the model's own log-probabilities over
        the letters.
        """
        from windtunnel.agents.llm.store import Stored

        requests = list(self._mass)
        picked = requests[:: max(1, len(requests) // sample)][:sample]
        past_store = self.model.inner if isinstance(self.model, Stored) else self.model
        again = past_store.ask(picked)
        pairs = [
            (request, _over_letters(old), _over_letters(new))
            for request, old, new in zip(picked, self.model.ask(picked), again, strict=True)
            if isinstance(old, Answer) and isinstance(new, Answer)
        ]
        moved = np.concatenate([abs(old - new) for _, old, new in pairs]) if pairs else None
        flips = [
            flip_share(self._chosen(request, old), self._chosen(request, new)) for request, old, new in pairs
        ]
        return {
            "asked": len(picked),
            "answered": len(pairs),
            "flips": float(np.mean(flips)) if flips else None,
            "logp_max": None if moved is None else float(moved.max()),
            "logp_mean": None if moved is None else float(moved.mean()),
        }

    def _chosen(self, request: Request, logp: np.ndarray) -> np.ndarray:
        """The choice model's log-probabilities over one question's letters, for the model's own `logp`."""
        if self.alpha is None and self.beta == 1:
            return logp
        order = list(self._order[request])
        neutral = self._neutral[tuple(sorted(order))][order]
        base = neutral if self.alpha is None else self.alpha[order]
        return _normalised(base + self.beta * (logp - neutral))

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
        questions: list[tuple[tuple[int, ...], list[Request]]] = []
        too_long: dict[int, Unanswered] = {}
        for place, batch in enumerate(batches):
            mine: list[tuple[tuple[int, ...], list[Request]]] = []
            try:
                mine = [self._member_question(batch, row) for row in range(len(batch))]
            except ValueError as error:
                too_long[place] = Unanswered("prompt", str(error))
            questions += mine
        rows, start = self._answer(questions), 0
        replies: list[np.ndarray | Unanswered] = []
        for place, batch in enumerate(batches):
            if place in too_long:
                replies.append(too_long[place])
                continue
            found = rows[start : start + len(batch)]
            start += len(batch)
            lost = next((row for row in found if isinstance(row, Unanswered)), None)
            replies.append(lost if lost is not None else np.array(found).reshape(-1, len(self.scene.actions)))
        return replies

    def _member_question(self, batch: Situations, row: int) -> tuple[tuple[int, ...], list[Request]]:
        """The options of one decision and its question in each order; `ValueError` if it is too long."""
        options = tuple(int(column) for column in np.flatnonzero(batch.options[row]))
        asked = [
            fitted_member_request(batch, row, order, context=self.context, recall=self.recall)
            for order in self._orders(options)
        ]
        self.model.counts.add(cut=asked[0][1])
        return options, [request for request, _ in asked]

    def _answer(
        self, questions: Sequence[tuple[tuple[int, ...], list[Request]]]
    ) -> list[np.ndarray | Unanswered]:
        """A calibrated row for each (options, requests in each order), all asked in one batch."""
        calibrated = self.alpha is not None or self.beta != 1
        unknown = {options for options, _ in questions} - self._neutral.keys() if calibrated else set()
        neutral = [
            (options, [neutral_request(self.asked_as, order) for order in self._orders(options)])
            for options in sorted(unknown)
        ]
        every = [*neutral, *questions]
        distinct = list(dict.fromkeys(request for _, requests in every for request in requests))
        replies = dict(zip(distinct, self.model.ask(distinct), strict=True)) if distinct else {}
        self._mass |= {request: reply.mass for request, reply in replies.items() if isinstance(reply, Answer)}
        for options, requests in every:
            self._order |= zip(requests, self._orders(options), strict=True)
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
        return option_orders(self.asked_as, options, self.permute)


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
