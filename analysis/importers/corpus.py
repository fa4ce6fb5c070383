"""Brings a real community in: reads it, takes names out, scores tone, fits a profile, writes the folder."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import polars as pl

from analysis.importers.convokit import read_convokit
from analysis.importers.posts import Progress, Reading, number_posts, write_bad_lines, write_posts
from analysis.importers.pseudonyms import DEFAULT_KEY_FILE, pseudonymise, read_key
from analysis.importers.reddit import read_reddit
from analysis.importers.table import nearest, read_table

FORMATS = ("reddit", "convokit", "table")

COLUMNS = (
    "post",
    "thread",
    "parent",
    "kind",
    "author",
    "role",
    "minute",
    "tone",
    "status",
    "score",
    "controversial",
    "up",
    "down",
    "text",
)
"""Columns of posts.parquet; the last five only where the record has them."""


class ImportReport(NamedTuple):
    """What an import did: counts, bad lines by reason, the source of tone, the files, and how to say it."""

    name: str
    posts: int
    threads: int
    authors: int
    bad_lines: int
    bad_reasons: dict[str, int]
    tone_source: str
    posts_file: Path
    profile_file: Path
    bad_lines_file: Path | None
    sentences: tuple[str, ...]


def import_corpus(
    format: str,
    path: Path,
    out: Path,
    *,
    mapping: dict[str, str] | None = None,
    name: str | None = None,
    key_file: Path | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Import the record at `path` into the folder `out`: posts.parquet, profile.yaml, bad_lines.csv if any.

    `format` is one of `FORMATS`; `mapping` (role to column) goes with `table` alone; `name` is the profile's,
    by default the folder's; `key_file` holds the secret of the pseudonyms, by default in the current project.

    Raises `ValueError` for a record of another format, `FileNotFoundError` for one that is not there.
    """
    from analysis.profile_fit import fit_profile
    from sim.communities.forum.profile import write_profile

    tell = progress or (lambda sentence: None)
    name = name or out.resolve().name
    reading = _read(format, path, mapping, progress)
    tell(f"{len(reading.posts):,} posts read; taking names out")
    posts = pseudonymise_and_score(reading, read_key(key_file or DEFAULT_KEY_FILE), tell)
    tell("fitting the profile")
    profile = fit_profile(posts, name=name, tone=tone_source(posts))

    out.mkdir(parents=True, exist_ok=True)
    posts_file, profile_file, bad_file = out / "posts.parquet", out / "profile.yaml", out / "bad_lines.csv"
    write_posts(posts.select(_present(posts)), posts_file)
    write_profile(profile, profile_file)
    bad_file.unlink(missing_ok=True)
    if reading.bad:
        write_bad_lines(reading.bad, bad_file)
    report = ImportReport(
        name,
        posts.height,
        posts["thread"].n_unique(),
        posts["author"].n_unique() - posts["author"].has_nulls(),
        len(reading.bad),
        dict(Counter(each.reason for each in reading.bad).most_common()),
        tone_source(posts),
        posts_file,
        profile_file,
        bad_file if reading.bad else None,
        (),
    )
    return report._replace(sentences=_sentences(report, reading, posts))


def _read(format: str, path: Path, mapping: dict[str, str] | None, progress: Progress | None) -> Reading:
    if format == "table":
        if not mapping:
            raise ValueError(
                "a table needs --map role=column,… that says which column is what; "
                "needed roles: id, parent, author, and time or minute"
            )
        return read_table(path, mapping, progress)
    readers: dict[str, Callable[[Path, Progress | None], Reading]] = {
        "reddit": read_reddit,
        "convokit": read_convokit,
    }
    if format not in readers:
        raise ValueError(f"unknown format {format!r}; {nearest(format, list(FORMATS))}")
    if mapping:
        raise ValueError(f"--map goes with table only; {format} records name their own fields")
    return readers[format](path, progress)


def pseudonymise_and_score(reading: Reading, secret: bytes, tell: Progress) -> pl.DataFrame:
    """The table of posts without names, its tone from the original texts (placeholders would change it)."""
    posts = number_posts(reading.posts)
    tell("scoring tone")
    posts = _with_tone(posts)
    return pseudonymise(posts, secret)


def _with_tone(posts: pl.DataFrame) -> pl.DataFrame:
    """Tone from the text where there is one, else by the proxy rule; null where neither can say."""
    from analysis.tone import tones
    from analysis.tone_proxy import proxy_tone

    spoken = posts.filter(pl.col("text").is_not_null()).select("post", "text")
    scored = pl.DataFrame(
        {"post": spoken["post"], "heard": pl.Series(tones(spoken["text"].to_list()), dtype=pl.String)}
    )
    posts = posts.join(scored, on="post", how="left", maintain_order="left")
    # In a record with texts a visible post without one is a bare link; the proxy is for what was taken.
    guessed = pl.when((pl.col("status") != "visible") | (spoken.height == 0)).then(proxy_tone())
    return posts.with_columns(tone=pl.coalesce("heard", guessed)).drop("heard")


def tone_source(posts: pl.DataFrame) -> str:
    """Name and version of what gave `posts` their tone."""
    from analysis.tone import scorer_name
    from analysis.tone_proxy import NAME

    sources = []
    if posts["text"].is_not_null().any():
        sources.append(scorer_name())
    if not posts.filter(pl.col("text").is_null() & pl.col("tone").is_not_null()).is_empty():
        sources.append(NAME)
    return "; ".join(sources) or "none: neither texts nor scores"


def _present(posts: pl.DataFrame) -> list[str]:
    always = COLUMNS[:-5]
    return [column for column in COLUMNS if column in always or posts[column].is_not_null().any()]


def _sentences(report: ImportReport, reading: Reading, posts: pl.DataFrame) -> tuple[str, ...]:
    days = posts["minute"].to_numpy().max(initial=0) / 1440
    said = [
        f"{report.name}: {report.posts:,} posts in {report.threads:,} threads by {report.authors:,} authors "
        f"over {days:,.0f} days",
        f"tone: {report.tone_source}",
    ]
    said += [f"note: {remark}" for remark in reading.remarks]
    lost = posts.filter((pl.col("kind") == "reply") & pl.col("parent").is_null()).height
    if lost:
        said.append(f"note: {lost:,} replies answer a post that is not in the record; they keep their thread")
    unsigned = posts.filter(pl.col("author").is_null() & (pl.col("role") != "bot")).height
    if unsigned:
        said.append(f"note: {unsigned:,} posts have no author; they count as posts, not as members")
    if report.bad_lines:
        most, times = next(iter(report.bad_reasons.items()))
        said.append(
            f"{report.bad_lines:,} lines could not be used (most often: {most}, {times:,}); each is listed "
            f"in {report.bad_lines_file}"
        )
    said.append(
        "authors are pseudonymised, not anonymous: whoever holds the original record can match threads; "
        "imported text is other people's words"
    )
    return tuple(said)
