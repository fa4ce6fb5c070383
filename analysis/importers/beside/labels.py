"""Tones set by hand: they replace the scorer's, and say how often the scorer errs."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.importers.files.sheets import columns_of, layout_of, listed, sheet_rows
from windtunnel.analysis.importers.formats.table import by_role
from windtunnel.analysis.importers.posts.gathering import Collector
from windtunnel.analysis.importers.posts.numbering import Numbered
from windtunnel.analysis.importers.posts.raw import TONES
from windtunnel.analysis.importers.values.matching import matched
from windtunnel.analysis.importers.values.missing import empty, word

UNKNOWN = "unknown"
"""Stands for no tone: the scorer could not say."""

EXPECTED = (
    "a table of tones: .csv, .tsv, .ndjson or .parquet with the columns post (the source's id) and tone"
)
POST_NAMES = ("post", "post_id", "id", "name", "uri")


class Labels(NamedTuple):
    """Lines of the list with the source's id and the tone, in order; `file` is its number among those read."""

    file: int
    rows: Sequence[tuple[int, str, str]]


def read_labels(path: Path, into: Collector) -> Labels:
    """The labels in `path`; rows without an id or with another tone are faults."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}: give {EXPECTED}")
    layout = layout_of(path, ["tone"], into.max_bytes)
    columns = columns_of(path, EXPECTED, into.max_bytes, layout)
    named = {name.strip().casefold(): name for name in reversed(columns)}
    post = next((named[name] for name in POST_NAMES if name in named), None)
    if post is None or "tone" not in named:
        raise ValueError(f"{path} has the columns {listed(columns)}; give {EXPECTED}")
    into.begin(path)
    rows, faults = [], Counter[str]()
    for line, row in sheet_rows(path, [post, named["tone"]], into.max_bytes, layout=layout):
        try:
            cells = by_role(row, {"post": post, "tone": named["tone"]})
            name, tone = word(cells["post"]), str(cells["tone"] or "").strip().casefold()
            if name is None or empty(name):
                raise ValueError("no post")
            if tone not in TONES:
                raise ValueError(f"a tone that is none of {', '.join(TONES)}")
            rows.append((line, name, tone))
        except ValueError as error:
            faults[str(error)] += 1
            into.fault(line, str(error))
    if not rows:
        why = "; ".join(f"{count:,} × {fault}" for fault, count in faults.most_common(3))
        raise ValueError(
            f"{path} has no label that can be used{f' ({why})' if why else ': it has no rows'}; give {EXPECTED}: "
            + ", ".join(TONES)
        )
    return Labels(into.file, rows)


class Corrected(NamedTuple):
    """Posts with the tones set by hand, and the scorer's errors; `unknown` are lines whose post is not there, `changed` counts
    posts that two lines give different tones."""

    posts: pl.DataFrame
    errors: dict[str, Any]
    unknown: list[int]
    changed: int


def correct(
    posts: pl.DataFrame, labels: Labels, numbered: Numbered, prefixes: Iterable[str], scorer: str
) -> Corrected:
    """Set the labelled tones (of two labels on a post the later counts), and compare with the scorer's.

    Raises `ValueError` where no label is for a post of the record.
    """
    forms = matched({name for _, name, _ in labels.rows}, numbered.ids["id"], prefixes)
    rows = numbered.ids.filter(pl.col("id").is_in(list(forms.values()))).select("id", "post")
    numbers = dict(rows.iter_rows())
    known = {name: numbers[form] for name, form in forms.items()}
    if not known:
        count = (
            f"none of its {len(labels.rows):,} labels is" if len(labels.rows) > 1 else "its one label is not"
        )
        raise ValueError(
            f"the labels are of another record: {count} for a post of this one; give the ids of the source, as the record writes them"
        )
    wanted: dict[int, str] = {}
    changed = set()
    for _, name, tone in labels.rows:
        if name in known and wanted.setdefault(known[name], tone) != tone:
            changed.add(known[name])
            wanted[known[name]] = tone
    said = pl.DataFrame(
        {"post": list(wanted), "label": list(wanted.values())},
        schema={"post": pl.Int64, "label": pl.String},
    )
    both = posts.filter(~pl.col("told")).select("post", "tone").join(said, on="post", how="inner")
    counts = Counter(zip(both["label"], both["tone"].fill_null(UNKNOWN), strict=True))
    posts = posts.join(said, on="post", how="left", maintain_order="left")
    posts = posts.with_columns(
        tone=pl.coalesce("label", "tone"), labelled=pl.col("labelled") | pl.col("label").is_not_null()
    ).drop("label")
    return Corrected(
        posts,
        errors_of(counts, scorer),
        [line for line, name, _ in labels.rows if name not in known],
        len(changed),
    )


def errors_of(counts: Counter[tuple[str, str]], scorer: str) -> dict[str, Any]:
    """The content of tone_errors.json from counts of (label, the scorer's tone).

    `scorer` names it; `labelled` and `agreed` count posts; `counts[label][tone]` is the table of confusion, a person's
    tone by the scorer's (civil, heated, hostile, or unknown where it could not say), each a whole number;
    `rates[label][tone]`: of the posts that a person found so, the share that the scorer took for `tone`, with a
    95 % interval (Wilson 1927) as `est`, `low`, `high`, or null where no post was labelled so. They hold for posts like those labelled: labels of suspected posts alone say
    nothing about the others.
    """
    from windtunnel.analysis.causal.intervals import wilson

    heard = (*TONES, UNKNOWN)
    rates: dict[str, Any] = {}
    for label in TONES:
        n = sum(counts[label, tone] for tone in heard)
        rates[label] = None if n == 0 else {}
        for tone in heard if n else ():
            low, high = wilson(counts[label, tone], n)
            rates[label][tone] = {"est": counts[label, tone] / n, "low": low, "high": high}
    return {
        "scorer": scorer,
        "labelled": counts.total(),
        "agreed": sum(counts[tone, tone] for tone in TONES),
        "counts": {label: {tone: counts[label, tone] for tone in heard} for label in TONES},
        "rates": rates,
    }
