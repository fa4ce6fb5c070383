"""A replayed rule as one page: no script, nothing fetched, every text escaped; words of people only when asked for."""

from collections.abc import Sequence
from typing import Any

from windtunnel.analysis.report.blocks import Block, Document, Fold, Rows, Section, Text
from windtunnel.analysis.report.page import page
from windtunnel.analysis.rules import tell
from windtunnel.analysis.rules.following import Followed
from windtunnel.analysis.rules.replaying import Replayed

LONGEST = 30
"""Touched posts that stand open; the others are folded, up to `MOST`."""
MOST = 2000


def replay_page(found: Replayed, followed: Followed | None, texts: Sequence[str | None] | None = None) -> str:
    """The page as HTML; `texts` are those of the touched posts, in their order, where they may be shown."""
    opening: list[Block] = [Text(words) for words in tell.sentences(found)]
    opening += [Text(tell.SHADOW, "lead"), Text(tell.NO_SANCTION, "small")]
    sections = [
        Section("", opening),
        Section("Whose posts, and when", [*_table(tell.group_rows(found)), *_table(tell.period_rows(found))]),
        Section("By which rule and check", _checks(found)),
        Section("The posts", _posts(found, texts)),
    ]
    if followed is not None:
        folder = found.folder
        follows: list[Block] = [Text(words) for words in followed.notes]
        follows += [Text(followed.run_command(folder)), Text(followed.why_command(folder))]
        sections.append(Section("And what would have followed", follows))
    return page(Document(f"{found.rule} on {found.folder}", sections))


def _checks(found: Replayed) -> list[Block]:
    blocks = [*_table(tell.rule_rows(found)), *_table(tell.clause_rows(found))]
    return [*blocks, *_table(tell.word_rows(found, 50))]


def _posts(found: Replayed, texts: Sequence[str | None] | None) -> list[Block]:
    rows = tell.touched_rows(found, MOST, texts)
    blocks = _table(rows[:LONGEST])
    if len(rows) > LONGEST:
        blocks.append(Fold(f"{len(rows) - LONGEST} more", _table(rows[LONGEST:])))
    if found.touches.height > MOST:
        blocks.append(Text(f"{found.touches.height - MOST:,} more are in the command's --json.", "small"))
    return blocks or [Text("It touches none.")]


def _table(rows: Sequence[dict[str, Any]]) -> list[Block]:
    if not rows:
        return []
    head = tuple(rows[0])
    return [Rows(head, [tuple(str(row[name]) for name in head) for row in rows])]
