"""Tables that grow, and those of several worlds side by side: each column of all of them is one array, so that rows of many worlds are read at once."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import numpy as np


class Table(Protocol):
    """Columns of equal length with room to grow, by name; what new rows hold stands in the room already."""

    beside: "SideBySide | None"

    def store(self) -> dict[str, np.ndarray]:
        """All columns (room, ...), the filled part first."""
        ...

    def stand(self, store: dict[str, np.ndarray]) -> None:
        """Have the same columns elsewhere, with more room perhaps."""
        ...

    def empty(self, name: str) -> Any:
        """What new rows of this column hold."""
        ...


class Row:
    """The tables of one kind, one after the other; each column is an attribute."""

    def __getattr__(self, name: str) -> np.ndarray:
        raise AttributeError(name)


class Views(ABC):
    """Columns (room, ...) of equal length, of which `len(self)` rows are filled; each is read as an attribute, a view of the filled part
    that is made when somebody first asks for it. `full` has them with their room, for who goes by single rows.
    """

    full: Row
    _store: dict[str, np.ndarray]
    _viewed: list[str]

    @abstractmethod
    def __len__(self) -> int: ...

    def __getattr__(self, name: str) -> np.ndarray:
        if name[0] == "_" or name not in self._store:
            raise AttributeError(name)
        view = self.__dict__[name] = self._store[name][: len(self)]
        self._viewed.append(name)
        return view

    def _lay(self, store: dict[str, np.ndarray]) -> None:
        """The columns stand elsewhere."""
        self._store, self.full = store, Row()
        vars(self.full).update(store)
        self._look_anew()

    def _look_anew(self) -> None:
        """The filled part is another: views of it are made anew."""
        for name in self.__dict__.get("_viewed", ()):
            self.__dict__.pop(name, None)
        self._viewed = []


class SideBySide:
    """Tables of `kinds`, as many of each: those at the same place have the same room, and begin at the same row of their `rows`.

    `start` (n,) holds the first row of each place. Where one needs more room, all get it.
    """

    def __init__(self, *kinds: Sequence[Table]) -> None:
        self.kinds, self.rows = kinds, tuple(Row() for _ in kinds)
        self._lay(max(len(_first(table)) for tables in kinds for table in tables))
        for table in (table for tables in kinds for table in tables):
            table.beside = self

    def make_room(self, count: int) -> None:
        """Let every table have so many rows at least."""
        room = self.room
        while room < count:
            room *= 2
        self._lay(room)

    def _lay(self, room: int) -> None:
        self.room = room
        for tables, row in zip(self.kinds, self.rows, strict=True):
            stores = [table.store() for table in tables]
            laid: list[dict[str, np.ndarray]] = [{} for _ in tables]
            for name, first in stores[0].items():
                whole = np.full((len(tables), room, *first.shape[1:]), tables[0].empty(name), first.dtype)
                for place, store in enumerate(stores):
                    whole[place, : len(store[name])] = store[name]
                    laid[place][name] = whole[place]
                setattr(row, name, whole.reshape(-1, *first.shape[1:]))
            for table, store in zip(tables, laid, strict=True):
                table.stand(store)
        self.start = np.arange(len(self.kinds[0])) * room


def _first(table: Table) -> np.ndarray:
    return next(iter(table.store().values()))


def joined(parts: Iterable[np.ndarray]) -> np.ndarray:
    """One or more arrays one after the other; of one no copy is made."""
    some = list(parts)
    return some[0] if len(some) == 1 else np.concatenate(some)
