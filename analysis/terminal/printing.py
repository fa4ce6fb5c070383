"""How commands print: a table for people, one JSON document for programs."""

import json
from collections.abc import Sequence
from typing import Any

from windtunnel.analysis.terminal.ending import plain

GAP = 2
"""Spaces between two columns."""


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """A table as wide as the terminal, broken between words; where even single words do not fit, a block of lines a row."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    if not rows:
        return
    console, names = Console(), list(rows[0])
    cells = [[plain(_words(row[name])) for name in names] for row in rows]
    widths = _widths([names, *cells], console.width)
    if widths is None:
        for row in cells:
            print("\n".join(f"{name}: {cell}" for name, cell in zip(names, row, strict=True)), end="\n\n")
        return
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for name, width in zip(names, widths, strict=True):
        table.add_column(name, overflow="fold", width=width)
    for row in cells:
        table.add_row(*map(escape, row))
    console.print(table)


def _widths(cells: Sequence[Sequence[str]], room: int) -> list[int] | None:
    """How wide each column is: as its longest cell, or down to its longest word where there is less room; None: too little.

    >>> _widths([["who", "what"], ["u1", "a lengthy reply"]], 14)
    [3, 9]
    >>> _widths([["who", "what"], ["u1", "a lengthy reply"]], 9)
    """
    columns = list(zip(*cells, strict=True))
    widths = [max(map(len, column)) for column in columns]
    least = [max(len(word) for cell in column for word in (cell.split() or [""])) for column in columns]
    over = sum(widths) + GAP * (len(widths) - 1) - room
    while over > 0:
        spare = [width - low for width, low in zip(widths, least, strict=True)]
        if not any(spare):
            return None
        widest = max((place for place, more in enumerate(spare) if more), key=lambda place: widths[place])
        widths[widest] -= 1
        over -= 1
    return widths


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={_words(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    return "-" if value is None else str(value)


def print_json(content: Any) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))
