"""Small pieces of the page as HTML: escaped text, tables, and choices that need no script."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from windtunnel.analysis.report.blocks import Rows
from windtunnel.analysis.report.page import rows_html
from windtunnel.analysis.summary import INSIDE
from windtunnel.analysis.terminal.ending import plain


def text(words: Any) -> str:
    """Escaped, without control and bidirectional characters."""
    return escape(plain(str(words)), quote=True)


def table(rows: Sequence[Mapping[str, str]], caption: str = INSIDE) -> str:
    """A table whose first column names the row; the caption is the caveat, so that a copy keeps it."""
    if not rows:
        return ""
    return rows_html(Rows(tuple(rows[0]), [tuple(row.values()) for row in rows], caption))


def choice(name: str, title: str, options: Sequence[tuple[str, str]]) -> str:
    """Radio buttons of which the checked one shows its part; `options` are (label, HTML)."""
    if not options:
        return ""
    parts = "".join(
        f'<label><input type="radio" name="{text(name)}"{" checked" if place == 0 else ""}>{text(label)}</label>'
        f'<div class="shown">{inner}</div>'
        for place, (label, inner) in enumerate(options)
    )
    return f'<fieldset class="choice"><legend>{text(title)}</legend>{parts}</fieldset>'
