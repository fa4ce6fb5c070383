"""What a report is made of: a tree of plain records that HTML and Markdown are written from alike.

Words here are plain text; only `page` and `text` know how to escape them.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Text(NamedTuple):
    """A paragraph. `kind` is "" or one of `KINDS`; a claim is never shown without the caveat."""

    words: str
    kind: str = ""


KINDS = ("claim", "lead", "alarm", "tag", "small")


class Rows(NamedTuple):
    """A table; the first column names the row."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    caption: str = ""


class Card(NamedTuple):
    """One question and its answer, side by side with others; the answer is a claim."""

    label: str
    question: str
    words: str


class Cards(NamedTuple):
    cards: list[Card]


class Picture(NamedTuple):
    """A chart as SVG, and the same in words."""

    svg: str
    words: str
    note: str | None = None
    """What stands under the chart; None: the words."""


class Fold(NamedTuple):
    """What a reader opens on demand."""

    title: str
    blocks: "list[Block]"


class Section(NamedTuple):
    title: str
    blocks: "list[Block]"
    note: str = ""
    """A tag beside the heading."""


Block = Text | Rows | Cards | Picture | Fold


class Document(NamedTuple):
    title: str
    sections: list[Section]
