"""What a report is made of: a tree of plain records that HTML and Markdown are written from alike.

Words here are plain text; only `page` and `text` know how to escape them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from windtunnel.analysis.summary import INSIDE


class Text(NamedTuple):
    """A paragraph. `kind` is "" or one of `KINDS`; a section with a claim has the caveat, once."""

    words: str
    kind: str = ""


KINDS = ("claim", "lead", "alarm", "tag", "small")


class Cell(NamedTuple):
    """A cell that holds more than its words: `more` stands below them, folded under `title` where there is one."""

    words: str
    more: str
    title: str = ""


class Rows(NamedTuple):
    """A table; the first column, which is plain words, names the row."""

    head: tuple[str, ...]
    rows: Sequence[tuple[str | Cell, ...]]
    caption: str = ""


class Card(NamedTuple):
    """One question and its answer, side by side with others; the answer is a claim."""

    label: str
    question: str
    words: str


class Cards(NamedTuple):
    """The questions and answers at the top of a report."""

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
    """A heading and what stands under it."""

    title: str
    blocks: "list[Block]"
    note: str = ""
    """A tag beside the heading."""


Block = Text | Rows | Cards | Picture | Fold


class Document(NamedTuple):
    """A whole report, which the page and the Markdown both show."""

    title: str
    sections: list[Section]


def needs_caveat(section: Section) -> bool:
    """Whether a section claims something and does not say by itself what that holds for."""
    claims = any(
        isinstance(one, Cards) or (isinstance(one, Text) and one.kind == "claim") for one in section.blocks
    )
    said = any(isinstance(one, Text) and one.words == INSIDE for one in section.blocks)
    return claims and not said
