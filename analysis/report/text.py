"""The report as Markdown: the same tree as the page, with pictures in words."""

import re

from windtunnel.analysis.report.blocks import (
    Block,
    Cards,
    Cell,
    Document,
    Fold,
    Picture,
    Rows,
    Text,
    needs_caveat,
)
from windtunnel.analysis.summary import INSIDE
from windtunnel.analysis.terminal.ending import plain

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~$&]|:(?=//)|(?<=\bwww)\.)")
_START = re.compile(r"^(\d*)([-+=.)])(?=\s|$)")


def markdown(document: Document) -> str:
    """The whole document; every text is escaped, so that names cannot become markup or links."""
    parts = [f"# {_escape(document.title)}"]
    for section in document.sections:
        if section.title:
            tag = f" ({_escape(section.note)})" if section.note else ""
            parts.append(f"## {_escape(section.title)}{tag}")
        parts += [_block(block) for block in section.blocks]
        parts += [f"_{_escape(INSIDE)}_"] if needs_caveat(section) else []
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return _text(block)
    if isinstance(block, Rows):
        return _rows(block)
    if isinstance(block, Cards):
        return "\n".join(
            f"- **{_escape(card.label)}.** {_escape(card.question)} {_escape(card.words)}"
            for card in block.cards
        )
    if isinstance(block, Picture):
        return f"{_escape(block.words)} (Picture in report.html.)"
    assert isinstance(block, Fold)
    return "\n\n".join([f"### {_escape(block.title)}", *map(_block, block.blocks)])


def _text(text: Text) -> str:
    words = _escape(text.words)
    return f"**{words}**" if text.kind in ("lead", "alarm", "tag") else words


def _rows(table: Rows) -> str:
    rows = [
        [f"{one.words}: {one.more}" if isinstance(one, Cell) else one for one in row] for row in table.rows
    ]
    lines = [table.head, ("---",) * len(table.head), *rows]
    body = "\n".join(
        "| " + " | ".join(_escape(cell) if cell != "---" else cell for cell in line) + " |" for line in lines
    )
    return f"{body}\n\n{_escape(table.caption)}" if table.caption else body


def _escape(text: str) -> str:
    """Text that Markdown shows as it is: one line, what it would read as markup escaped.

    >>> _escape("a_b <script>[x](y)")
    'a\\\\_b \\\\<script\\\\>\\\\[x\\\\](y)'
    """
    line = " ".join(plain(text).split())
    return _START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", line))
