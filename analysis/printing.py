"""How commands print: a table for people, one JSON document for programs."""

import json
from collections.abc import Sequence
from typing import Any

from windtunnel.analysis.ending import plain


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in rows[0] if rows else ():
        table.add_column(column, overflow="fold", no_wrap=column == "id")
    for row in rows:
        table.add_row(*(escape(plain(_words(value))) for value in row.values()))
    Console().print(table)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={_words(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    return "-" if value is None else str(value)


def print_json(content: Any) -> None:
    print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))
