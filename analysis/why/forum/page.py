"""The incident page: one question about one incident as a static page, for a moderator who has a minute."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from windtunnel.analysis.incidents.moments import moment_cell
from windtunnel.analysis.numbers_in_words import number
from windtunnel.analysis.report.blocks import Block, Cell, Document, Fold, Picture, Rows, Section, Text
from windtunnel.analysis.report.page import page
from windtunnel.analysis.summary import INSIDE
from windtunnel.analysis.why.counting import asked
from windtunnel.analysis.why.forum import sentences as tell
from windtunnel.analysis.why.forum.case import ForumCase
from windtunnel.analysis.why.forum.pictures import timeline_picture
from windtunnel.analysis.why.numbers import numbers
from windtunnel.analysis.why.pictures import futures_picture, moments_picture, span_unit
from windtunnel.analysis.why.sentences import NO_SANCTION, at, luck_words, parting_sentence, signed
from windtunnel.analysis.why.three_lines import three_lines

LONGEST = 60
"""Rows of the thread that stand open; the others are folded."""
Row = tuple[str | Cell, ...]
HARSH = ("heated", "hostile")


def incident_page(
    record: dict[str, Any], thread: pl.DataFrame, case: ForumCase, *, excerpts: bool = False
) -> str:
    """The page as HTML. Other people's words stand in it only with `excerpts`, harsh ones folded away."""
    kind = record["incident"]["kind"].replace("_", " ")
    said = tell.answer_sentences(record)
    opening: list[Block] = [Text(doubt, "alarm") for doubt in tell.doubts(record)]
    opening += [Text(words, "claim") for words in three_lines(record).said()]
    if record["by_construction"]:
        opening.append(Text(record["by_construction"], "tag"))
    opening += [Text(INSIDE, "lead"), Text(NO_SANCTION, "small")]
    told = (tell.about(record), *(said[part] for part in ("counts", "severity", "same_luck", "recurrence")))
    counts: list[Block] = [*(Text(words) for words in told), Text(INSIDE, "small")]
    pictures: list[Block] = []
    if thread.height:
        rule, luck = case.rules[record["incident"]["kind"]], luck_words(record)
        words = f"What the rule counts in the thread as it was and as it would have been. {said['same_luck']}"
        pictures.append(Picture(timeline_picture(thread, record, rule, luck), words, ""))
    pictures.append(Picture(futures_picture(record), said["counts"], ""))
    if record["moments"]:
        steps = [point["step"] for point in record["moments"]["points"]]
        unit, scale = span_unit(steps[-1] - steps[0], record["hours"])
        first = at(record, steps[0])
        pictures.append(Picture(moments_picture(record["moments"], unit, scale, first), said["moments"], ""))
    sections = [
        Section("", opening),
        Section("The counts", counts),
        Section("How it went, and how it would have gone", pictures),
        Section("The two threads, side by side", _threads(record, thread, case, excerpts)),
    ]
    if record["which_act"]:
        sections.append(Section("Which act mattered", _ranking(record, said)))
    sections.append(Section("How far to trust it", _trust(record, said)))
    return page(Document(f"{kind.capitalize()}: {asked(record)}?", sections))


def _threads(record: dict[str, Any], thread: pl.DataFrame, case: ForumCase, excerpts: bool) -> list[Block]:
    blocks: list[Block] = []
    if record["parting"]:
        blocks.append(Text(parting_sentence(record), "claim"))
    else:
        blocks.append(
            Text(
                "The two replays do not part: no member acts otherwise in the one than in the other.", "claim"
            )
        )
    counts = {
        mark: int((thread["mark"] == mark).sum())
        for mark in ("same", "removed", "prevented", "changed", "new")
    }
    told = ", ".join(f"{count} {mark}" for mark, count in counts.items() if count)
    if not told:
        return [*blocks, Text("No posts: those whom this is about had written none.")]
    blocks.append(Text(f"Posts: {told}. Each post that a simulation made is marked SIMULATED."))
    rows = thread_rows(record, thread, case.real, words=excerpts or not case.real)
    differing = [row for row in rows if row[-1] != "same"]
    if differing:
        blocks.append(_table(differing[:LONGEST], record, case))
    if len(differing) > LONGEST:
        rest = _table(differing[LONGEST:], record, case)
        blocks.append(Fold(f"{len(differing) - LONGEST} more rows that differ", [rest]))
    if len(differing) < len(rows):
        blocks.append(Fold(f"The whole thread ({number(len(rows), 'row')})", [_table(rows, record, case)]))
    return blocks


def thread_rows(
    record: dict[str, Any], thread: pl.DataFrame, real: bool, *, words: bool = False
) -> list[Row]:
    """The posts of the thread, and between them what moderators did: a row each, in time.

    With `words` a post has its own, harsh ones folded; a record's are other people's. SIMULATED stands with every post that no record holds: what happened in a run, and from the act on what would have.
    """
    rows: list[tuple[int, Row]] = []
    for row in thread.iter_rows(named=True):
        member = "somebody" if row["member"] is None else f"member {row['member']}"
        was = "nothing" if row["was"] is None else row["was"] if real else f"SIMULATED {row['was']}"
        would = "nothing" if row["would"] is None or row["mark"] == "removed" else f"SIMULATED {row['would']}"
        if row["mark"] == "same":
            would = "the same" if real and row["step"] < record["at"] else f"{would}, the same"
        if row["mark"] == "changed" and row["was"] == row["would"]:
            would += ", to another post"
        told = (_worded(row, "text", was), _worded(row, "text_would", would)) if words else (was, would)
        rows.append((row["step"], (str(row["post"]), member, *told, row["mark"])))
    for act in record["moderators"]:
        was, would = (act["what"] if act[arm] else "nothing" for arm in ("was", "would"))
        mark = "same" if act["was"] and act["would"] else "taken away" if act["was"] else "added"
        would = "the same" if mark == "same" else would
        rows.append((act["step"], (str(act["shown"]), "moderators", was, would, mark)))
    rows.sort(key=lambda row: (row[0], row[1][1] != "moderators"))  # they act before a step's posts
    return [_timed(step, cells, record) for step, cells in rows]


def _worded(row: Mapping[str, Any], text: str, said: str) -> str | Cell:
    """A cell with the post's own words in it; those of what would have been are told once, where they differ."""
    words = row.get(text)
    if not words or said == "nothing" or (text == "text_would" and words == row.get("text")):
        return said
    words, act = " ".join(words[:600].split()), row["was"] if text == "text" else row["would"]
    harsh = any(one in (act or "") for one in HARSH)
    mark = "SIMULATED " if said.startswith("SIMULATED") else ""
    return Cell(said, f"{mark}“{words}”", f"its words ({act.split()[0]})" if harsh else "")


def _timed(step: int, cells: Row, record: Mapping[str, Any]) -> Row:
    """A row with its moment; an act of moderators stands at the moment by which it is spoken of."""
    if cells[1] == "moderators":
        return (moment_cell(int(str(cells[0])), record["hours"], record.get("start")), "none", *cells[1:])
    return (moment_cell(step, record["hours"], record.get("start")), *cells)


def _table(rows: list[Row], record: dict[str, Any], case: ForumCase) -> Rows:
    what = "recorded" if case.real else "simulated too"
    return Rows(
        ("when", "post", "who", "what happened", "what would have happened", "mark"),
        rows,
        f"What happened is {what}. {luck_words(record)}. {INSIDE}",
    )


def _ranking(record: dict[str, Any], said: dict[str, str]) -> list[Block]:
    ranking = record["which_act"]
    rows = [
        (
            row["what"] + (" (by construction)" if row["forced"] else ""),
            signed(row["same_luck"]),
            signed(row["change"]),
            f"{row['averted']} of {row['happened']}",
            f"{row['p']:.3f}",
        )
        for row in ranking["ranked"]
    ]
    head = (
        "left out",
        f"change in how bad it gets, {'one luck' if record['estimand'] == 'given_record' else 'same luck'}",
        "the same, mean over futures",
        "averted, of the futures that have it",
        "p (Holm)",
    )
    return [
        Text(said["ranking"], "claim"),
        Rows(
            head,
            rows,
            f"Each left out by itself in {ranking['futures']} futures. p: how often chance alone would make so large a change, "
            f"corrected for {ranking['tested']} tests (Holm). No blame is meant. {INSIDE}",
        ),
    ]


def _trust(record: dict[str, Any], said: dict[str, str]) -> list[Block]:
    lines = [*tell.trust(record), said["bounds"], *tell.sensitivity(record)]
    blocks: list[Block] = [Text(line) for line in lines]
    blocks += [Text(words, "small") for words in record["assumptions"]]
    return [*blocks, numbers(record)]
