"""The incident page of a run: one question about one incident as a static page, for somebody who has a minute."""

from typing import Any

from windtunnel.analysis.report.blocks import Block, Document, Fold, Picture, Rows, Section, Text
from windtunnel.analysis.report.page import page
from windtunnel.analysis.summary import INSIDE
from windtunnel.analysis.why import sentences as tell
from windtunnel.analysis.why.counting import asked, counted
from windtunnel.analysis.why.numbers import numbers
from windtunnel.analysis.why.pictures import course_picture, futures_picture, moments_picture
from windtunnel.analysis.why.three_lines import three_lines

LONGEST = 20
"""Rows of what members did otherwise that stand open; the others are folded."""


def incident_page(record: dict[str, Any]) -> str:
    """The page as HTML."""
    kind = record["incident"]["kind"].replace("_", " ")
    sections = [
        Section("", _opening(record)),
        Section("The counts", _counts(record)),
        Section("How it went, and how it would have gone", _pictures(record)),
        Section(f"What {record['nouns']['members']} did otherwise", _otherwise(record)),
        Section("What was counted, step by step", _courses(record)),
        Section("How far to trust it", _trust(record)),
    ]
    return page(Document(f"{kind.capitalize()}: {asked(record)}?", sections))


def _opening(record: dict[str, Any]) -> list[Block]:
    replay = record["replay"]
    failed = [] if replay["acts"] == replay["reproduced"] else [tell.checked(replay)]
    blocks: list[Block] = [Text(doubt, "alarm") for doubt in (*failed, *record["notes"])]
    blocks += [Text(words, "claim") for words in three_lines(record).said()]
    if record["by_construction"]:
        blocks.append(Text(record["by_construction"], "tag"))
    return [*blocks, Text(INSIDE, "lead"), Text(tell.NO_SANCTION, "small")]


def _counts(record: dict[str, Any]) -> list[Block]:
    """What was counted, in sentences."""
    told = (tell.about, counted, tell.severity, tell.same_luck, tell.recurrence)
    return [*(Text(words(record)) for words in told), Text(INSIDE, "small")]


def _pictures(record: dict[str, Any]) -> list[Block]:
    blocks: list[Block] = []
    step, luck = record["nouns"]["step"], tell.luck_words(record)
    if record["course"]:
        course = record["course"][0]
        said = tell.same_luck(record)
        words = (
            f"{course['measure'].replace('_', ' ').capitalize()} as it was and as it would have been. {said}"
        )
        blocks.append(Picture(course_picture(course, record["at"], step, luck), words, ""))
    blocks.append(Picture(futures_picture(record), counted(record), ""))
    curve = record["moments"]
    if curve and any(point["est"] is not None for point in curve["points"]):
        first = tell.at(record, curve["points"][0]["step"])
        words = " ".join(tell.curve_words(record))
        blocks.append(Picture(moments_picture(curve, f"{step}s", 1.0, first, whole=True), words, ""))
    return blocks


def _otherwise(record: dict[str, Any]) -> list[Block]:
    blocks: list[Block] = []
    if not record["parting"]:
        blocks.append(
            Text("The two replays do not part: nobody acts otherwise in the one than in the other.", "claim")
        )
        return blocks
    blocks.append(Text(tell.parting_sentence(record), "claim"))
    head = ("when", tell.noun(record), "what happened", "what would have happened")
    rows = [
        (
            tell.at(record, row["step"]),
            str(row["member"]),
            f"SIMULATED {row['was']}",
            f"SIMULATED {row['would']}",
        )
        for row in record["differing"]
    ]
    caption = f"Acts that only one of the two replays has. {tell.luck_words(record)}. {INSIDE}"
    blocks.append(Rows(head, rows[:LONGEST], caption))
    if len(rows) > LONGEST:
        blocks.append(Fold(f"{len(rows) - LONGEST} more rows", [Rows(head, rows[LONGEST:], caption)]))
    return blocks


def _courses(record: dict[str, Any]) -> list[Block]:
    """The measures in both replays, that of the picture open and the others on demand."""
    blocks: list[Block] = []
    for place, course in enumerate(record["course"]):
        name = f"{course['measure'].replace('_', ' ')} ({course['unit']})"
        longest = max(len(course["was"]), len(course["would"]))
        rows = [
            (tell.at(record, step), _number(course["was"], step), _number(course["would"], step))
            for step in range(longest)
        ]
        table = Rows(("when", "what happened", "what would have happened"), rows, f"{name}. {INSIDE}")
        blocks.append(table if place == 0 else Fold(name, [table]))
    return blocks or [Text("Nothing is counted step by step in this place.")]


def _number(values: list[float], step: int) -> str:
    return f"{values[step]:.6g}" if step < len(values) else "none"


def _trust(record: dict[str, Any]) -> list[Block]:
    said = [tell.checked(record["replay"]), tell.bounds(record)]
    known = [Text(words, "small") for words in record.get("fidelity", ())]
    return [*(Text(words) for words in said), *known, numbers(record)]
