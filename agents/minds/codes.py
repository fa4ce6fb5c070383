"""Numbers a whole batch's archetype questions at once: persona, bins and options in one integer a row."""

from math import prod

import numpy as np

from windtunnel.agents.situation import Scene, Situations


class Codes:
    """The mixed-radix code of (persona, bins, option set) for one scene.

    Option sets are numbered as they are first met, so codes mean something to this object alone.
    """

    def __init__(self, scene: Scene) -> None:
        if len(scene.actions) > 62:
            raise ValueError(
                f"{scene.community} has {len(scene.actions)} actions; at most 62 fit an option set"
            )
        self._scene = scene
        self._radix = [len(feature.words) for feature in scene.features]
        self._bits = 1 << np.arange(len(scene.actions), dtype=np.int64)
        self._sets: dict[int, int] = {}
        self._cells = max(1, len(scene.personas)) * prod(self._radix)

    def of(self, batch: Situations) -> tuple[np.ndarray, np.ndarray]:
        """The distinct codes of a batch, ascending, and for each row which of them it has.

        `ValueError` for a feature that is not a number or a persona that does not exist.
        """
        if not len(batch):
            return np.empty(0, np.int64), np.empty(0, np.int64)
        return distinct(self._numbers(batch.options) * self._cells + cells(self._scene, batch))

    def meaning(self, code: int) -> tuple[int | None, tuple[int, ...], tuple[int, ...]]:
        """The persona (None in a scene without any), bins and columns of the options that a code stands for."""
        number, cell = divmod(code, self._cells)
        mask = next(mask for mask, index in self._sets.items() if index == number)
        bins = []
        for radix in reversed(self._radix):
            cell, index = divmod(cell, radix)
            bins.append(index)
        options = tuple(int(column) for column in np.flatnonzero(self._bits & mask))
        return (cell if self._scene.personas else None), tuple(reversed(bins)), options

    def _numbers(self, options: np.ndarray) -> np.ndarray:
        """The number of each row's option set."""
        masks, inverse = distinct(np.asarray(options) @ self._bits)
        for mask in masks:
            self._sets.setdefault(int(mask), len(self._sets))
        return np.array([self._sets[int(mask)] for mask in masks], np.int64)[inverse]


def count_questions(scene: Scene, option_sets: int = 1, permute: int = 1) -> int:
    """How many archetype questions there can be: personas x bins x option sets x orders of the letters."""
    cells = max(1, len(scene.personas)) * prod(len(feature.words) for feature in scene.features)
    return cells * option_sets * max(1, min(permute, len(scene.actions)))


def cells(scene: Scene, batch: Situations) -> np.ndarray:
    """The number (n,) of each row's persona and bins, whatever is on offer.

    `ValueError` for a feature that is not a number or a persona that does not exist.
    """
    cell = np.array(batch.persona, dtype=np.int64)
    if cell.min() < 0 or cell.max() >= max(1, len(scene.personas)):
        raise ValueError(
            f"personas {cell.min()} to {cell.max()} stand in a batch of "
            f"{scene.community}, which has {len(scene.personas)}"
        )
    for column, feature in enumerate(scene.features):
        values = batch.features[:, column]
        if np.isnan(values).any():
            raise ValueError(
                f"feature {feature.name} is not a number in {np.isnan(values).sum()} of "
                f"{len(values)} decisions"
            )
        cell *= len(feature.words)
        cell += np.searchsorted(feature.edges, values, side="right")
    return cell


def distinct(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`np.unique` with its inverse, without sorting while the values are small enough to index a table."""
    top = int(values.max()) + 1
    if top > max(1 << 16, len(values)):
        return np.unique(values, return_inverse=True)
    present = np.zeros(top, bool)
    present[values] = True
    return np.flatnonzero(present), (np.cumsum(present) - 1)[values]
