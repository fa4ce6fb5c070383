"""The report as one HTML file: no script, nothing fetched, every text escaped."""

from html import escape

from windtunnel.analysis.report.blocks import (
    Block,
    Cards,
    Cell,
    Document,
    Fold,
    Picture,
    Rows,
    Section,
    Text,
    needs_caveat,
)
from windtunnel.analysis.report.style import STYLE
from windtunnel.analysis.summary import INSIDE
from windtunnel.analysis.terminal.ending import plain

SHORT = 10
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def page(document: Document) -> str:
    """The whole page. Charts stand in it as inline SVG, which needs no permission and follows the theme."""
    body = "\n".join(_section(section) for section in document.sections)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{_text(document.title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{_text(document.title)}</h1>
{body}
</main>
</body>
</html>
"""


def _section(section: Section) -> str:
    note = f' <span class="note">{_text(section.note)}</span>' if section.note else ""
    head = f"<h2>{_text(section.title)}{note}</h2>\n" if section.title else ""
    once = f"\n<p>{_caveat()}</p>" if needs_caveat(section) else ""
    return f"<section>\n{head}{_blocks(section.blocks)}{once}\n</section>"


def _blocks(blocks: list[Block]) -> str:
    """Blocks in order; pictures that follow each other stand side by side where there is room."""
    out, open_ = [], False
    for block in blocks:
        drawn = isinstance(block, Picture)
        if drawn != open_:
            out.append('<div class="pictures">' if drawn else "</div>")
            open_ = drawn
        out.append(_block(block))
    return "\n".join([*out, "</div>"] if open_ else out)


def _block(block: Block) -> str:
    if isinstance(block, Text):
        return f"<p{_class(block.kind)}>{_text(block.words)}</p>"
    if isinstance(block, Rows):
        return rows_html(block)
    if isinstance(block, Cards):
        cards = "\n".join(
            f'<div class="card"><p class="label">{_text(card.label)}</p><p class="question">{_text(card.question)}</p>'
            f"<p>{_text(card.words)}</p></div>"
            for card in block.cards
        )
        return f'<div class="cards">\n{cards}\n</div>'
    if isinstance(block, Picture):
        note = block.words if block.note is None else block.note
        svg = block.svg.replace("<svg ", f'<svg role="img" aria-label="{_text(block.words)}" ', 1)
        under = f"<figcaption>{_text(note)}</figcaption>" if note else ""
        return f"<figure>{svg}{under}</figure>"
    assert isinstance(block, Fold)
    return f"<details><summary>{_text(block.title)}</summary>\n{_blocks(block.blocks)}\n</details>"


def rows_html(table: Rows) -> str:
    """A table; the roles are said outright, since a telephone lays the rows out as blocks, and their meaning would go."""
    head = "".join(
        f'<th scope="col" role="columnheader"{_whole(name)}>{_text(name)}</th>' for name in table.head
    )
    lines = []
    for row in table.rows:
        first, *rest = zip(table.head, row, strict=True)
        cells = "".join(
            f'<td role="cell"{_whole(cell)} data-label="{_text(name)}">{_inside(cell)}</td>'
            for name, cell in rest
        )
        name = f'<th scope="row" role="rowheader"{_whole(first[1])}>{_inside(first[1])}</th>'
        lines.append(f'<tr role="row">{name}{cells}</tr>')
    caption = f"<caption>{_text(table.caption)}</caption>" if table.caption else ""
    return (
        f'<table role="table">{caption}<thead role="rowgroup"><tr role="row">{head}</tr></thead>'
        f'<tbody role="rowgroup">{"".join(lines)}</tbody></table>'
    )


def _inside(cell: str | Cell) -> str:
    """A cell's words, and what it holds besides: open, or folded under a title."""
    if isinstance(cell, str):
        return _text(cell)
    if not cell.title:
        return f"{_text(cell.words)}<br>{_text(cell.more)}"
    return f"{_text(cell.words)}<details><summary>{_text(cell.title)}</summary>{_text(cell.more)}</details>"


def _whole(cell: str | Cell) -> str:
    """A number or a short word is never broken, however narrow the paper; what is longer may be."""
    return ' class="whole"' if isinstance(cell, str) and len(cell) <= SHORT else ""


def _caveat() -> str:
    return f"<small>{_text(INSIDE)}</small>"


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""


def _text(text: str) -> str:
    """Escaped, without control and bidirectional characters."""
    return escape(plain(text), quote=True)
