"""Several minds as one: one for each phase of a step, or two stages of one question too long to ask at once.

A language model takes 26 options at most. A longer list of options, say amounts from 0 to 100, is asked in two stages:
first which stretch of the list, then which option in it; their log-probabilities add up to a row over all options.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import ceil, sqrt
from statistics import fmean
from typing import Any

import numpy as np

from windtunnel.agents.actions import Action, Vocabulary
from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.minds.codes import cells, distinct
from windtunnel.agents.situation import Scene, Situations
from windtunnel.agents.words import Draft

LETTERS = 26
"""Options that one question can offer."""
RARE = 1e-6
"""Share of the base rates below which a stretch of options is too rare to ask about each of them."""


class Several:
    """What minds that ask one and the same model have in common: their counts are the model's, told once."""

    def __init__(self, minds: Sequence[Any]) -> None:
        self.minds = list(minds)
        self.name, self.coupling = minds[0].name, minds[0].coupling
        self.words = bool(getattr(minds[0], "words", False))

    @property
    def model(self) -> Any:
        """The language model that all of them ask."""
        return self.minds[0].model

    @model.setter
    def model(self, model: Any) -> None:
        for mind in self.minds:
            mind.model = model

    def asked(self) -> dict[str, int]:
        """See `LLMMind.asked`; nothing where no model is asked."""
        first = self.minds[0]
        return first.asked() if hasattr(first, "asked") else {}

    def record(self) -> dict[str, Any]:
        """The first one's record, with distinct questions and their mass of all."""
        records = [mind.record() for mind in self.minds]
        out = dict(records[0])
        if "decisions" in out:
            out["decisions"] = sum(record["decisions"] for record in records)
        if "mass_by_question" not in out:
            return out
        mass = {key: share for record in records for key, share in record["mass_by_question"].items()}
        out |= {
            "mass_by_question": mass,
            "unique": len(mass),
            "thin": sum(record["thin"] for record in records),
            "letter_mass_min": min(mass.values(), default=None),
            "letter_mass_mean": fmean(mass.values()) if mass else None,
            "prompt_sha256": records[0]["prompt_sha256"],
            "prompts_sha256": [record["prompt_sha256"] for record in records],
        }
        return out

    def drift(self, sample: int) -> dict[str, Any] | None:
        """The drift of the first that was asked anything."""
        return self.minds[0].drift(sample)

    def write(self, batches: Sequence[Sequence[Draft]]) -> list[list[str] | Unanswered]:
        """The words of each world's drafts, by the first."""
        return self.minds[0].write(batches)

    def close(self) -> None:
        """Close the model, or whatever each holds."""
        for mind in self.minds:
            mind.close()


class PhasedMind(Several):
    """One mind for each phase, chosen by the phase of the scene of a batch."""

    def __init__(self, minds: Mapping[str, Any]) -> None:
        super().__init__(list(minds.values()))
        self._by_phase = dict(minds)

    def decide(self, batches: Sequence[Situations]) -> list[np.ndarray | Unanswered]:
        """As every mind's; batches of several phases may stand in one call."""
        of: dict[str, list[int]] = {}
        for place, batch in enumerate(batches):
            of.setdefault(batch.scene.phase, []).append(place)
        if missing := of.keys() - self._by_phase.keys():
            raise ValueError(f"no mind was made for the phase {min(missing)!r}")
        replies: dict[int, np.ndarray | Unanswered] = {}
        for phase, mind in self._by_phase.items():
            if phase in of:
                answers = mind.decide([batches[place] for place in of[phase]])
                replies |= zip(of[phase], answers, strict=True)
        return [replies[place] for place in range(len(batches))]


class StagedMind(Several):
    """A mind for a scene with more options than letters: one asks for a stretch of the list, one for each stretch.

    `make(scene, alpha)` makes the mind of a scene; `alpha` (actions,) are log base rates, or None. Where in a stretch that holds
    less than `RARE` of them is not asked: there the base rates stand.
    """

    def __init__(
        self, scene: Scene, make: Callable[[Scene, list[float] | None], Any], alpha: Sequence[float] | None
    ) -> None:
        self.scene = scene
        self.stretches = stretches(len(scene.actions))
        base = None if alpha is None else np.asarray(alpha, float)
        self._base = np.zeros(len(scene.actions)) if base is None else base
        whole = np.logaddexp.reduce(self._base)
        shares = [np.exp(np.logaddexp.reduce(self._base[part]) - whole) for part in self.stretches]
        self._rare = np.array(shares) < RARE
        parts = [slice(part[0], part[-1] + 1) for part in self.stretches]
        first = make(
            askable(scene),
            None if base is None else [float(np.logaddexp.reduce(base[part])) for part in parts],
        )
        rest = [
            make(
                scene._replace(actions=Vocabulary(scene.actions[part])),
                None if base is None else base[part].tolist(),
            )
            for part in parts
        ]
        super().__init__([first, *rest])

    def decide(self, batches: Sequence[Situations]) -> list[np.ndarray | Unanswered]:
        """As every mind's: (n, actions) log-probabilities over the whole list. By archetype each kind of situation is put once."""
        if getattr(self.minds[0], "prompt", "member") != "archetype":
            return self._decided(batches)
        kinds = [_kinds(batch) for batch in batches]
        few = [_part(b, b.scene, one, b.options[one]) for b, (one, _) in zip(batches, kinds, strict=True)]
        alike = [np.bincount(of, minlength=len(one)) - 1 for one, of in kinds]
        self.model.counts.add(
            questions=sum(int(more @ self._stages(b.options)) for more, b in zip(alike, few, strict=True))
        )
        return [
            row if isinstance(row, Unanswered) else row[of]
            for row, (_, of) in zip(self._decided(few), kinds, strict=True)
        ]

    def _stages(self, options: np.ndarray) -> np.ndarray:
        """How many questions each row (n, actions) of options takes."""
        offers = np.stack([options[:, part].sum(axis=1) for part in self.stretches], axis=1)
        return (offers[:, ~self._rare] >= 2).sum(axis=1) + ((offers > 0).sum(axis=1) >= 2)

    def _decided(self, batches: Sequence[Situations]) -> list[np.ndarray | Unanswered]:
        rows: list[np.ndarray | Unanswered] = [np.where(batch.options, 0.0, -np.inf) for batch in batches]
        offered = [
            np.stack([b.options[:, part].any(axis=1) for part in self.stretches], axis=1) for b in batches
        ]
        self._add(rows, self.minds[0], batches, offered, self.stretches)
        for mind, part, rare in zip(self.minds[1:], self.stretches, self._rare, strict=True):
            options = [batch.options[:, part] for batch in batches]
            if not rare:
                self._add(rows, mind, batches, options, [[column] for column in part])
                continue
            for row, offer in zip(rows, options, strict=True):
                if not isinstance(row, Unanswered):
                    row[:, part] += _among(self._base[part], offer)
        return rows

    def _add(
        self,
        rows: list[np.ndarray | Unanswered],
        mind: Any,
        batches: Sequence[Situations],
        options: Sequence[np.ndarray],
        columns: Sequence[Sequence[int]],
    ) -> None:
        """Ask one stage of those who have two of its options at least, and add what it says to their rows."""
        places, asked, who = [], [], []
        for place, (batch, offer) in enumerate(zip(batches, options, strict=True)):
            some = np.flatnonzero(offer.sum(axis=1) >= 2)
            if len(some) and not isinstance(rows[place], Unanswered):
                places.append(place)
                who.append(some)
                asked.append(_part(batch, mind.scene, some, offer[some]))
        if not asked:
            return
        for place, some, reply in zip(places, who, mind.decide(asked), strict=True):
            if isinstance(reply, Unanswered):
                rows[place] = reply
                continue
            row = rows[place]
            assert isinstance(row, np.ndarray)
            for number, part in enumerate(columns):
                row[np.ix_(some, np.asarray(part))] += reply[:, [number]]


def askable(scene: Scene) -> Scene:
    """The scene as it is asked first: with stretches of its options where there are more of them than letters."""
    if len(scene.actions) <= LETTERS:
        return scene
    return scene._replace(actions=Vocabulary(_named(scene, part) for part in stretches(len(scene.actions))))


def stretches(count: int) -> list[list[int]]:
    """Columns of so many options in stretches of about equal length, both no more than there are letters.

    >>> [len(part) for part in stretches(101)]
    [11, 10, 10, 10, 10, 10, 10, 10, 10, 10]
    """
    if count > LETTERS**2:
        raise ValueError(f"{count} options are on offer; two questions can tell {LETTERS**2} apart at most")
    number = min(LETTERS, max(ceil(count / LETTERS), int(sqrt(count))))
    return [part.tolist() for part in np.array_split(np.arange(count), number)]


def _named(scene: Scene, part: Sequence[int]) -> Action:
    first, last = scene.actions[part[0]], scene.actions[part[-1]]
    return Action(f"{first.name}..{last.name}", f"{first.words}, up to: {last.words}")


def _among(base: np.ndarray, offer: np.ndarray) -> np.ndarray:
    """Log base rates (actions,) normalised over what each row (n, actions) is offered; `-inf` for what it is not."""
    rows = np.where(offer, base, -np.inf)
    some = offer.any(axis=1)
    rows[some] -= np.logaddexp.reduce(rows[some], axis=1, keepdims=True)
    return rows


def _kinds(batch: Situations) -> tuple[np.ndarray, np.ndarray]:
    """A row of each kind of situation in a batch (persona, bins, options), and which of these each row is like."""
    if not len(batch):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    cell = cells(batch.scene, batch)
    if not batch.options.all():
        _, offer = np.unique(batch.options, axis=0, return_inverse=True)
        cell = cell * (int(offer.max()) + 1) + offer.ravel()
    kind, of = distinct(cell)
    first = np.empty(len(kind), np.int64)
    first[of[::-1]] = np.arange(len(of))[::-1]
    return first, of


def _part(batch: Situations, scene: Scene, some: np.ndarray, options: np.ndarray) -> Situations:
    """Those rows of a batch, with the options of one stage."""
    return replace(
        batch,
        scene=scene,
        features=batch.features[some],
        options=options,
        persona=batch.persona[some],
        member=batch.member[some],
        describe=lambda row: batch.describe(int(some[row])),
    )
