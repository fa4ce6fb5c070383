"""What an import did: its counts and files, and how they are said."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from windtunnel.analysis.importers.beside.moderation import Moderation
from windtunnel.analysis.importers.beside.tones import tone_words
from windtunnel.analysis.importers.imported.lacking import TELLS
from windtunnel.analysis.importers.posts.gathering import Record
from windtunnel.analysis.numbers_in_words import counted, number


class ImportReport(NamedTuple):
    """What an import did: counts, bad lines by reason, the source of tone, the files, and how to say it.

    `lacks` has what the record does not tell, of author, time, parent and hour; then there may be no profile. `notes` say what was
    dropped, changed or guessed; they are among the `sentences`.
    """

    name: str
    posts: int
    threads: int
    authors: int
    lines: int
    bad_lines: int
    bad_reasons: dict[str, int]
    acts: dict[str, int]
    tone_source: str
    posts_file: Path
    profile_file: Path | None
    bad_lines_file: Path | None
    moderation_file: Path | None
    tone_errors_file: Path | None
    lacks: tuple[str, ...]
    notes: tuple[str, ...]
    sentences: tuple[str, ...]


def notes_of(
    report: ImportReport, record: Record, posts: pl.DataFrame, acts: Moderation, left_out: int
) -> Iterator[str]:
    """What was dropped, changed or guessed, and what cannot be asked."""
    yield from record.remarks
    yield from (TELLS[each] for each in report.lacks)
    lost = posts.filter((pl.col("kind") == "reply") & pl.col("parent").is_null()).height
    if lost and "parent" not in report.lacks:
        yield counted(
            lost, "replies answer a post that is not in the record, or name none; they keep their thread"
        )
    unsigned = posts.filter(pl.col("author").is_null() & (pl.col("role") != "bot")).height
    if unsigned and "author" not in report.lacks:
        one = unsigned == 1
        yield (
            f"{unsigned:,} {'post has' if one else 'posts have'} no author; "
            f"{'it counts as a post, not as a member' if one else 'they count as posts, not as members'}"
        )
    if bots := posts.filter(pl.col("role") == "bot").height:
        yield (
            f"{bots:,} {'post is by a bot; it counts as a post' if bots == 1 else 'posts are by bots; they count as posts'}, "
            f"not as {'a member' if bots == 1 else 'members'}"
        )
    if acts.unknown:
        yield counted(
            acts.unknown,
            "acts of moderators are about nothing in the record (a post, thread or member that it holds); left out",
        )
    if acts.twice:
        yield counted(
            acts.twice,
            "acts of moderators stand in the list a second time, in the same minute: counted twice, done once",
        )
    if acts.outside:
        yield counted(acts.outside, "acts of moderators lie before the record's first post or after its last")
    if left_out:
        yield counted(
            left_out, "posts of people and threads that were forgotten here stay out (forgotten.json)"
        )


def sentences_of(
    report: ImportReport, record: Record, posts: pl.DataFrame, acts: Moderation
) -> tuple[str, ...]:
    """The whole report, for people."""
    days = posts["minute"].to_numpy().max(initial=0) / 1440
    over = "" if "time" in report.lacks else f" over {number(round(days), 'day')}"
    said = [
        f"{report.name}: {number(report.posts, 'post')} in {number(report.threads, 'thread')} by {number(report.authors, 'author')}{over}",
        f"tone: {tone_words(report.tone_source)}",
    ]
    said += [f"note: {note}" for note in report.notes]
    if acts.table.height:
        kinds = ", ".join(f"{act} {times:,}" for act, times in acts.counts.items())
        said.append(f"acts of moderators: {acts.table.height:,} ({kinds}), in {report.moderation_file}")
    if report.tone_errors_file:
        said.append(f"the scorer against the labels: {report.tone_errors_file}")
    if report.bad_lines:
        named = sorted({line.file for line in record.bad if line.file}) or list(
            range(1, len(record.files) + 1)
        )
        files = "; ".join(f"file {place} is {record.files[place - 1]}" for place in named[:5])
        reasons = list(report.bad_reasons.items())
        most = "; ".join(f"{reason}, {times:,}" for reason, times in reasons[:5])
        more = f"; {len(reasons) - 5} other reasons" if len(reasons) > 5 else ""
        said.append(
            f"{number(report.bad_lines, 'line')} could not be used ({most}{more}); each is listed "
            f"in {report.bad_lines_file} ({files}{'; …' if len(named) > 5 else ''})"
        )
    said.append(
        "authors are pseudonymised, not anonymous: whoever holds the original record can match threads; "
        "imported text is other people's words"
    )
    return tuple(said)
