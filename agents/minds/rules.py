"""A mind made of rules: a multinomial logit over the raw features of a situation (McFadden 1974)."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.situation import Line, Scene, Situations

_BLOCK = 1 << 13
_CELLS = 1 << 16
"""Options of all worlds together that a strategy is asked of at once: what it works on stays in the processor's cache."""
_KEPT = 12
"""Answers that a strategy of fixed traits keeps: those of the draws that are stepped together."""


class RulesMind:
    """log p(action) = alpha + features · weights, normalised over the actions on offer.

    `alpha` (actions,) are log base rates; `weights` (features, actions) the table of coefficients.
    """

    name = "rules"
    coupling = "gumbel-max"

    def __init__(self, scene: Scene, alpha: np.ndarray, weights: np.ndarray) -> None:
        shape = (len(scene.features), len(scene.actions))
        if weights.shape != shape or alpha.shape != shape[1:]:
            raise ValueError(f"weights are {weights.shape} and alpha {alpha.shape}; this scene needs {shape}")
        self.alpha, self.weights = alpha, weights
        self.decisions = 0

    def decide(self, batches: Sequence[Situations]) -> list[np.ndarray | Unanswered]:
        self.decisions += sum(len(batch) for batch in batches)
        return [self._rows(batch) for batch in batches]

    def _rows(self, batch: Situations) -> np.ndarray:
        out = np.empty(batch.options.shape)
        for low in range(0, len(batch), _BLOCK):  # blocks that stay in the processor's cache
            part = slice(low, low + _BLOCK)
            rows = self._scores(batch, part)
            rows[~batch.options[part]] = -np.inf
            out[part] = normalise(rows)
        return out

    def _scores(self, batch: Situations, part: slice) -> np.ndarray:
        """Unnormalised log-odds of every action, (rows of the part, actions)."""
        rows = batch.features[part] @ self.weights
        rows += self.alpha
        return rows

    def record(self) -> dict[str, Any]:
        return {"mind": self.name, "decisions": self.decisions}

    def drift(self, sample: int) -> dict[str, Any] | None:
        return None

    def close(self) -> None:
        """Nothing to close."""


class StrategyMind(RulesMind):
    """Decides by a function of a batch: (n, actions) log-odds up to a constant a row, `-inf` for what is never done.

    So members do just what a strategy says, where it leaves one action; what is not on offer is left out. A row in which
    nothing is left that is on offer takes every offer alike. Small worlds are put to the strategy several at a time: what
    it says of a row must come from that row alone.

    `reads` are the features that it looks at, where they are traits and nothing else counts: the same members are then
    worked out once for all steps, seeds and arms of a draw.
    """

    def __init__(
        self, scene: Scene, strategy: Callable[[Situations], np.ndarray], reads: Sequence[str] = ()
    ) -> None:
        super().__init__(
            scene, np.zeros(len(scene.actions)), np.zeros((len(scene.features), len(scene.actions)))
        )
        self._strategy = strategy
        self._reads = [[feature.name for feature in scene.features].index(name) for name in reads]
        self._kept: OrderedDict[bytes, np.ndarray] = OrderedDict()

    def decide(self, batches: Sequence[Situations]) -> list[np.ndarray | Unanswered]:
        self.decisions += sum(len(batch) for batch in batches)
        if self._reads:
            return [self._known(batch) for batch in batches]
        found: list[np.ndarray | Unanswered] = []
        for some in together(batches):
            found += in_parts(self._rows(one_batch(some)), [len(batch) for batch in some])
        return found

    def _known(self, batch: Situations) -> np.ndarray:
        """Its rows, not to be written to: those of an earlier batch of the same members, where everything is on offer."""
        if not batch.options.all():
            return self._rows(batch)
        key = batch.features[:, self._reads].tobytes()
        rows = self._kept.pop(key, None)
        if rows is None:
            rows = self._rows(batch)
            rows.setflags(write=False)
        self._kept[key] = rows
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return rows

    def _rows(self, batch: Situations) -> np.ndarray:
        shape = batch.options.shape
        odds = np.asarray(self._strategy(batch), float)
        if odds.shape != shape or np.isnan(odds).any():
            raise ValueError(
                f"a strategy gave {odds.shape} log-odds, or some that are no number; it needs {shape}"
            )
        rows = np.where(batch.options, odds, -np.inf)
        nothing = np.isneginf(rows).all(axis=1)
        rows[nothing] = np.where(batch.options[nothing], 0.0, -np.inf)
        return normalise(rows) if len(rows) else rows


def together(batches: Sequence[Situations]) -> list[list[Situations]]:
    """The batches in order, as many at a time as have no more than `_CELLS` options in all; one at least."""
    parts: list[list[Situations]] = []
    room = 0
    for batch in batches:
        if not parts or batch.options.size > room:
            parts.append([])
            room = _CELLS
        parts[-1].append(batch)
        room -= batch.options.size
    return parts


def in_parts(rows: np.ndarray, counts: Sequence[int]) -> list[np.ndarray]:
    """Rows one after the other in parts of these lengths, as views."""
    parts, low = [], 0
    for count in counts:
        parts.append(rows[low : low + count])
        low += count
    return parts


def one_batch(batches: Sequence[Situations]) -> Situations:
    """The rows of several batches of one scene, one after the other."""
    if len(batches) == 1:
        return batches[0]
    ends = np.cumsum([len(batch) for batch in batches])

    def describe(row: int) -> Sequence[Line]:
        place = int(np.searchsorted(ends, row, side="right"))
        return batches[place].describe(row - int(ends[place]) + len(batches[place]))

    def whole(name: str) -> np.ndarray:
        return np.concatenate([getattr(batch, name) for batch in batches])

    return Situations(
        batches[0].scene, whole("features"), whole("options"), whole("persona"), whole("member"), describe
    )


def normalise(rows: np.ndarray) -> np.ndarray:
    """Log-probabilities (n, actions) that sum to one in each row; `-inf` stays."""
    high = max(1, _CELLS // rows.shape[1])
    if len(rows) > high:  # many rows in parts, so that what is worked on stays in the processor's cache
        return np.concatenate([normalise(rows[low : low + high]) for low in range(0, len(rows), high)])
    top = rows.max(axis=1, keepdims=True)
    return rows - (top + np.log(np.exp(rows - top).sum(axis=1, keepdims=True)))


def weight_table(
    scene: Scene, table: Mapping[str, Mapping[str, Sequence[Any]]], profile: Mapping[str, float]
) -> np.ndarray:
    """The (features, actions) array of a table of `[value, source]`; "profile" takes its value from `profile`.

    `ValueError` names a feature or action that the scene does not have.
    """
    features = [feature.name for feature in scene.features]
    actions = list(scene.actions.names)
    out = np.zeros((len(features), len(actions)))
    for feature, row in table.items():
        for action, cell in row.items():
            if not isinstance(cell, list | tuple) or len(cell) != 2:
                raise ValueError(f"coefficient {feature}.{action} is {cell!r}: write [value, source]")
            value, _source = cell
            if value != "profile" and not isinstance(value, int | float):
                raise ValueError(f"coefficient {feature}.{action} is {value!r}: give a number, or profile")
            if feature not in features or action not in actions:
                raise ValueError(
                    f"coefficient {feature}.{action}: this community has features {features} and actions {actions}"
                )
            out[features.index(feature), actions.index(action)] = (
                profile[feature] if value == "profile" else float(value)
            )
    return out


def overlaid(
    own: Mapping[str, Mapping[str, Any]], given: Mapping[str, Mapping[str, Any]] | None
) -> dict[str, dict[str, Any]]:
    """A table of coefficients with single ones of it changed or added.

    >>> overlaid({"tone": {"report": [1, "here"]}}, {"tone": {"leave": [2, "mine"]}})
    {'tone': {'report': [1, 'here'], 'leave': [2, 'mine']}}
    """
    out = {feature: dict(row) for feature, row in own.items()}
    for feature, row in (given or {}).items():
        if not isinstance(row, Mapping):
            raise ValueError(f"coefficient {feature} is {row!r}: name its actions, each [value, source]")
        out[feature] = {**out.get(feature, {}), **row}
    return out


def centred(alpha: np.ndarray, weights: np.ndarray, reference: np.ndarray, share: np.ndarray) -> np.ndarray:
    """`alpha` lowered by each action's mean pull over reference situations (n, features) with shares (n,).

    Base rates are averages over situations, a logit's intercept is the rate in the zero situation; this
    first-order correction makes the averages come out near the base rates.
    """
    mean_pull = np.log(share @ np.exp(reference @ weights))
    out = alpha - mean_pull
    return out - np.logaddexp.reduce(out)
