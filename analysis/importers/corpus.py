"""Brings a real community in: reads it, takes names out, scores tone, fits a profile, writes the folder."""

import gc
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.agents.harmless import harmless
from windtunnel.analysis.importers.beside.labels import Labels, correct, read_labels
from windtunnel.analysis.importers.beside.moderation import (
    PREFIXES,
    Moderation,
    moderation,
    names_in,
    read_mod_log,
)
from windtunnel.analysis.importers.beside.setting import LENGTH, TOLD, setting_of
from windtunnel.analysis.importers.beside.tones import reader_for, unread, with_tones
from windtunnel.analysis.importers.clocks.times import start_words
from windtunnel.analysis.importers.files.encodings import known_encoding
from windtunnel.analysis.importers.files.lines import DEFAULT_MAX_BYTES, Told
from windtunnel.analysis.importers.formats.bluesky import read_bluesky
from windtunnel.analysis.importers.formats.convokit import read_convokit
from windtunnel.analysis.importers.formats.discourse import read_discourse
from windtunnel.analysis.importers.formats.mapping import nearest_valid
from windtunnel.analysis.importers.formats.mastodon import read_mastodon
from windtunnel.analysis.importers.formats.reddit import read_reddit
from windtunnel.analysis.importers.formats.stackexchange import read_stackexchange
from windtunnel.analysis.importers.formats.table import read_table
from windtunnel.analysis.importers.imported import written
from windtunnel.analysis.importers.imported.forgotten import place_of, refuse_another_key, without_forgotten
from windtunnel.analysis.importers.imported.lacking import at_one_time, lacking
from windtunnel.analysis.importers.people.identities import IDENTITIES, identities_of, key_check, table_of
from windtunnel.analysis.importers.people.people import people_of, with_pseudonyms
from windtunnel.analysis.importers.people.pseudonyms import DEFAULT_KEY_FILE, read_key
from windtunnel.analysis.importers.people.scrubbing import Marks, common_names, marks_of, scrubbed
from windtunnel.analysis.importers.people.sealing import SOURCES, seal_of, sealed
from windtunnel.analysis.importers.posts.gathering import Collector, Record
from windtunnel.analysis.importers.posts.numbering import Numbered
from windtunnel.analysis.importers.posts.raw import BadLine, Progress
from windtunnel.analysis.importers.report import ImportReport, notes_of, sentences_of
from windtunnel.analysis.numbers_in_words import counted, number
from windtunnel.analysis.tones.by_hand import all_by_hand

READERS: dict[str, Callable[[Path, Collector], list[str]]] = {
    "reddit": read_reddit,
    "convokit": read_convokit,
    "discourse": read_discourse,
    "stackexchange": read_stackexchange,
    "mastodon": read_mastodon,
    "bluesky": read_bluesky,
}
FORMATS = (*READERS, "table")


NAMED_LIKE_WORDS = "taken out of texts only where somebody is addressed (@name, u/name, name: at the start)"


def import_corpus(
    format: str,
    path: Path,
    out: Path,
    *,
    mapping: dict[str, str] | None = None,
    where: dict[str, str] | None = None,
    name: str | None = None,
    key_file: Path | None = None,
    mod_log: Path | None = None,
    mod_map: dict[str, str] | None = None,
    labels: Path | None = None,
    reader: str | None = None,
    encoding: str | None = None,
    separator: str | None = None,
    max_bytes: int = DEFAULT_MAX_BYTES,
    progress: Progress | None = None,
    told: Told | None = None,
) -> ImportReport:
    """Import the record at `path` into the folder `out`: posts.parquet, profile.yaml, import.json, and where
    there is something to say bad_lines.csv, moderation.parquet, tone_errors.json.

    `format` is one of `FORMATS`; `mapping` (role to column) and `where` (column to value) go with `table` alone; `name` is the profile's,
    by default the folder's; `key_file` holds the secret of the pseudonyms, by default in the current project.
    `mod_log` is a table of moderators' acts whose columns `mod_map` names, `labels` one of tones set by hand. `reader` names the
    reader of tones; else a record of up to 20,000 posts is read by `english`, a larger one by `words` and what it suspects by `english`.
    `encoding` and `separator` are those of a table, where its head does not tell them. A record that lacks authors or times
    gets no profile.yaml; import.json says what it lacks.

    Raises `ValueError` for a record of another format, `FileNotFoundError` for one that is not there.
    """
    from windtunnel.analysis.tones.hearing import quick
    from windtunnel.analysis.tones.kept_labels import labels_before

    reader_for(reader)  # a name that there is not is said before the record is read
    _check(format, mapping, where, mod_log, mod_map)
    if format != "table" and (encoding or separator):
        option = "--encoding" if encoding else "--separator"
        raise ValueError(f"{option} goes with table only; {format} records say or have one of their own")
    refuse_another_key(out, key_file)
    before = labels_before(out, key_file)
    tell = progress or (lambda sentence: None)
    was_there, done = out.exists(), False
    into = Collector(out, quick, max_bytes, told)
    try:
        with _without_cycles_collected():
            if mapping:
                named = known_encoding(encoding) if encoding else None
                remarks = read_table(path, mapping, into, where, named, separator)
            else:
                remarks = READERS[format](path, into)
        if mod_log:
            read_mod_log(mod_log, mod_map, into)
        by_hand = read_labels(labels, into) if labels else None
        tell(f"{number(into.posts, 'post')} read; taking names out")
        # Not held here: a second name for the record would keep its facts in memory to the end.
        called, about = name or out.resolve().name, setting_of(path, format)
        report = _finish(
            format, into.record(*remarks), by_hand, out, called, key_file, tell, about, reader, before
        )
        done = True
        return report
    finally:
        into.texts.close()
        if not was_there and not done and out.is_dir():
            shutil.rmtree(
                out
            )  # ours alone: a folder that holds half a record reads like one that holds a whole one


@contextmanager
def _without_cycles_collected() -> Iterator[None]:
    """Reading makes millions of small objects and no cycles: looking for some costs a sixth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _check(
    format: str,
    mapping: dict[str, str] | None,
    where: dict[str, str] | None,
    mod_log: Path | None,
    mod_map: dict[str, str] | None,
) -> None:
    if format not in FORMATS:
        raise ValueError(f"unknown format {format!r}; {nearest_valid(format, list(FORMATS))}")
    if format == "table" and not mapping:
        raise ValueError(
            "a table needs --map role=column,… that says which column is what; "
            "id is needed; parent, author, time and text say the most"
        )
    if format != "table" and mapping:
        raise ValueError(f"--map goes with table only; {format} records name their own fields")
    if where and format != "table":
        raise ValueError(f"--where goes with table only; make a smaller {format} record with its own tools")
    if mod_map and not mod_log:
        raise ValueError("--mod-map names the columns of --mod-log, which is not given")


def _finish(
    format: str,
    record: Record,
    by_hand: Labels | None,
    out: Path,
    name: str,
    key_file: Path | None,
    tell: Progress,
    about: str,
    reader: str | None,
    before: Sequence[dict[str, Any]],
) -> ImportReport:
    """From what was read to the folder; the source's ids and names live in memory alone, and only until here."""
    from windtunnel.analysis.profile_fit import fit_profile
    from windtunnel.sim.communities.forum.profile import write_profile

    secret = read_key(key_file or DEFAULT_KEY_FILE)
    place = place_of(out, secret)
    kept = without_forgotten(record.facts, record.changed, place)
    numbered, left_out = kept.numbered, kept.left_out
    lacks = lacking(numbered.posts, record.scale, flat=numbered.flat)
    record = record._replace(remarks=(*record.remarks, *numbered.said, *_moved(numbered, record.scale)))
    spoken = bool(numbered.posts["spoken"].any())
    record = record._replace(facts=record.facts.clear())
    people = people_of(numbered.posts, record.aliases, names_in(record.acts) | kept.names, secret)
    if spoken and (words := common_names(people.marks)):
        those = "1 name is a common word" if words == 1 else f"{words:,} names are common words"
        record = record._replace(remarks=(*record.remarks, f"{those}, {NAMED_LIKE_WORDS}"))
    identities = identities_of(place.hashing, people.authors, numbered.thread_names.iter_rows())
    if not numbered.posts.height:
        raise ValueError(f"every post of this record was forgotten in {out}: nothing is left to import")
    del kept
    errors = None
    acts = moderation(record.acts, numbered, people, format)
    seal = seal_of(secret, place.hashing.community)
    marks = marks_of(people.marks)
    sources = sealed(seal, numbered.ids, numbered.thread_names, _titles(numbered, marks))
    began = start_words(numbered.start) if record.scale == "dates" else None
    heard = with_tones(numbered.posts, record, reader, tell)
    record = record._replace(remarks=(*record.remarks, *heard.remarks))
    posts, source = with_pseudonyms(heard.posts, people), heard.source
    numbered = numbered._replace(posts=numbered.posts.clear())
    if by_hand:
        posts, errors, record = _corrected(posts, by_hand, numbered, format, source, record)
        every = all_by_hand(posts)
        source = (
            f"all {errors['labelled']:,} set by hand" if every else f"{source}; {errors['labelled']} by hand"
        )
    record = record._replace(remarks=(*record.remarks, *unread(posts)))
    titled = not numbered.titles.is_empty()
    again = _numbers(numbered, before)
    del numbered
    profile = None
    if not {"author", "time"} & set(lacks):
        tell("fitting the profile")
        profile = fit_profile(_for_profile(posts), name=name, tone=source)
        if about:
            (about,) = scrubbed([about], marks)
            record = record._replace(
                remarks=(*record.remarks, f"{TOLD}: {about!r} (setting in profile.yaml)")
            )
            profile = profile.model_copy(update={"setting": harmless(about, LENGTH)})

    out.mkdir(parents=True, exist_ok=True)
    tell("writing the posts")
    for earlier in (IDENTITIES, SOURCES):  # those of an earlier import would name other people
        (out / earlier).unlink(missing_ok=True)
    written.write_posts(posts, record, marks, out / written.POSTS)
    (out / written.PROFILE).unlink(missing_ok=True)
    (out / written.LEARNED).unlink(missing_ok=True)  # it was learned from an earlier import
    if profile:
        write_profile(profile, out / written.PROFILE)
    report = ImportReport(
        name=name,
        posts=posts.height,
        threads=posts["thread"].n_unique(),
        authors=posts["author"].n_unique() - posts["author"].has_nulls(),
        lines=record.lines,
        bad_lines=record.bad_reasons.total(),
        bad_reasons=dict(record.bad_reasons.most_common()),
        acts=acts.counts,
        tone_source=source,
        posts_file=out / written.POSTS,
        profile_file=out / written.PROFILE if profile else None,
        lacks=lacks,
        notes=(),
        bad_lines_file=out / written.BAD_LINES if record.bad else None,
        moderation_file=out / written.MODERATION if acts.table.height else None,
        tone_errors_file=out / written.TONE_ERRORS if errors else None,
        sentences=(),
    )
    written.write_table(table_of(identities), out / IDENTITIES)
    written.write_table(sources, out / SOURCES)
    _write_beside(out, report, record, acts, errors)
    written.write_json(
        {
            "format": format,
            "files": len(record.files),
            "lines": report.lines,
            "posts": report.posts,
            "threads": report.threads,
            "authors": report.authors,
            "bad_lines": report.bad_lines,
            "acts": report.acts,
            "acts_about_nothing_here": acts.unknown,
            "posts_left_out_as_forgotten": left_out,
            "lacks": list(lacks),
            "start": began,
            "titles": titled,
            "community": place.hashing.community,
            "key_check": key_check(secret),
            "earlier_communities": list(place.earlier),
        },
        out / written.SOURCE,
    )
    if before:
        record = record._replace(remarks=(*record.remarks, _labelled_again(out, before, again)))
    report = report._replace(notes=tuple(notes_of(report, record, posts, acts, left_out)))
    return report._replace(sentences=sentences_of(report, record, posts, acts))


def _moved(numbered: Numbered, scale: str) -> list[str]:
    """What to say of minutes that bear far too many posts."""
    found = at_one_time(numbered.posts["minute"].to_numpy()) if scale != "none" else {}
    said = []
    for minute, count in found.items():
        at = start_words(numbered.start + 60 * minute) if scale == "dates" else f"minute {minute}"
        said.append(
            f"{count:,} posts have one time ({at}): taken for that of a move, not of writing; what is learned leaves them and the week after "
            "out, and no incident begins then"
        )
    return said


def _numbers(numbered: Numbered, before: Sequence[dict[str, Any]]) -> dict[str, int]:
    """The post of each id that was labelled in this folder before."""
    wanted = {name for choice in before for name in choice["posts"]}
    return dict(numbered.ids.filter(pl.col("id").is_in(sorted(wanted))).select("id", "post").iter_rows())


def _labelled_again(out: Path, before: Sequence[dict[str, Any]], numbers: Mapping[str, int]) -> str:
    from windtunnel.analysis.tones.kept_labels import given_back

    had = sum(label not in (None, "skipped") for choice in before for label in choice["labels"])
    kept = given_back(out, before, numbers)
    gone = (
        ""
        if kept == had
        else f"; {had - kept:,} others have no post with words here, or one whose tone the record or --labels says"
    )
    return counted(kept, f"labels of `windtunnel label` were kept{gone}")


def _titles(numbered: Numbered, marks: Marks) -> dict[int, str]:
    """The title of each thread, names taken out: who is named in one could not be taken out of it later without the key."""
    words = scrubbed(numbered.titles["title"].to_list(), marks.without_pseudonyms())
    return dict(zip(numbered.titles["thread"].to_list(), words, strict=True))


def _write_beside(
    out: Path,
    report: ImportReport,
    record: Record,
    acts: Moderation,
    errors: Mapping[str, Any] | None,
) -> None:
    """The small files; those of an earlier import that have nothing to say now go."""
    for name in (written.BAD_LINES, written.MODERATION, written.TONE_ERRORS):
        (out / name).unlink(missing_ok=True)
    if report.bad_lines_file:
        written.write_bad_lines(record.bad, report.bad_lines_file)
    if report.moderation_file:
        written.write_table(acts.table, report.moderation_file)
    if report.tone_errors_file:
        written.write_json(errors, report.tone_errors_file)


def _corrected(
    posts: pl.DataFrame, by_hand: Labels, numbered: Numbered, format: str, source: str, record: Record
) -> tuple[pl.DataFrame, dict[str, Any], Record]:
    prefixes = PREFIXES.get(format, {}).get("post", ())
    corrected = correct(posts, by_hand, numbered, prefixes, source)
    reason = "a label for a post that is not in the record"
    record.bad_reasons[reason] += len(corrected.unknown)
    record.bad.extend(BadLine(by_hand.file, line, reason) for line in corrected.unknown)
    if not corrected.unknown:
        del record.bad_reasons[reason]
    if count := corrected.changed:
        those = "1 post has two labels" if count == 1 else f"{count:,} posts have two labels"
        record = record._replace(
            remarks=(*record.remarks, f"{those} that differ in --labels: the later counts")
        )
    unsure = (pl.when(~pl.col("labelled")).then(pl.col(name)).alias(name) for name in ("heated", "hostile"))
    return corrected.posts.with_columns(unsure), corrected.errors, record


def _for_profile(posts: pl.DataFrame) -> pl.DataFrame:
    """The columns that a profile is fitted to, without posts that bear the time of a move; of a text only whether there is one."""
    posts = posts.filter(~pl.col("minute").is_in(list(at_one_time(posts["minute"].to_numpy()))))
    said = pl.when(pl.col("spoken")).then(pl.lit("said"))
    return posts.with_columns(text=said).drop("spoken", "row", "told", "labelled")
