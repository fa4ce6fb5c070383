"""A place held against its own spans, and simulated runs against those of the real place."""

from typing import Any

import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers.imported.lacking import lacks_of
from windtunnel.analysis.numbers_in_words import number
from windtunnel.analysis.structure import bands as band
from windtunnel.analysis.structure.classifier import (
    HOURS,
    LEAST_REPLIES,
    LEAST_THREADS,
    Told,
    threads_of,
    told_apart,
)
from windtunnel.analysis.structure.measures import HOURLY, PUBLISHED, SAID, with_depths
from windtunnel.analysis.structure.posts import of_import, of_runs

READ = (
    "real: the mean over these spans; band: where nine in ten of them lie (5th to 95th percentile); *: one of the eleven published for r/Feminism. "
    "A post opens a thread, all others are comments; a post counts with those that it got within its span."
)
NO_HOURS = "The record has days without hours: what counts minutes is not measured."
INSIDE = (
    "Measures with * are those published for r/Feminism. A mean in its band says that the simulated weeks look like these, not "
    "that a policy would do there what it does here."
)


def of_itself(folder: Folder, days: float) -> dict[str, Any]:
    """The measures of an imported community with their bands, and its earlier threads against its later ones."""
    posts, unmeasured = of_import(folder), _unmeasured(folder)
    spans = band.spans_of(posts, days).without(unmeasured)
    found = band.bands_of(spans)
    half = len(spans.begins) // 2
    early, late = (_threads(posts, spans, part) for part in (slice(None, half), slice(half, None)))
    told = told_apart(early, late, HOURS if unmeasured else ())
    said = [
        f"{len(spans.begins)} spans of {days:g} days; left out because they have too few comments: {spans.left_out}.",
        READ,
        *([NO_HOURS] if unmeasured else []),
        _classified(told, "its earlier threads", "its later ones", (early.height, late.height)),
    ]
    return {
        "days": days,
        "spans": len(spans.begins),
        "left_out": spans.left_out,
        "measures": _rows(found, None),
        "early_against_late": _content(told),
        "sentences": said,
    }


def compared(run: Folder, real: Folder, days: float) -> dict[str, Any]:
    """The measures of a folder's baseline runs beside the real place's bands, and the threads of both told apart."""
    place = ((run.read_json(run.manifest).get("config") or {}).get("community") or {}).get("name", "forum")
    if place != "forum":
        raise ValueError(
            f"{run.path} is a run of {place}: only forums have threads that can be held against a record's"
        )
    return against(list(of_runs(run)), of_import(real), days, _length(run), _unmeasured(real))


def _unmeasured(real: Folder) -> tuple[str, ...]:
    """The measures that the record does not tell."""
    return HOURLY if "hour" in lacks_of(real.path) else ()


def against(
    runs: list[pl.DataFrame],
    real: pl.DataFrame,
    days: float,
    minutes: float,
    unmeasured: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The same from tables of posts; a run has so many minutes, of which the last whole spans count. Measures that the record does not
    tell (`unmeasured`) are left out."""
    truth = band.spans_of(real, days).without(unmeasured)
    bands = band.bands_of(truth)
    whole = int(minutes / (1440 * days) + 1e-9)
    if not whole:
        raise ValueError(
            f"the runs last {minutes / 1440:.3g} days, less than one span of {days:g}: run more steps, or give --days DAYS"
        )
    first = minutes - whole * days * 1440
    runs = [posts for posts in runs if posts.height]
    several = [band.spans_of(posts, days, first, minutes) for posts in runs]
    if not several:
        raise ValueError("nothing was written in these runs: there is no structure to measure")
    spans, thin = sum(len(one.begins) for one in several), sum(one.left_out for one in several)
    if not spans:
        raise ValueError(
            f"none of {number(thin, 'simulated span')} of {days:g} days has as many comments as a real one needs to be measured: next to nothing is written there, "
            "so nothing can be compared; the report of the run says how much the record has"
        )
    means = band.mean_of(several)
    inside = band.held(means, bands)
    theirs = pl.concat([_threads(posts, spans) for posts, spans in zip(runs, several, strict=True)])
    ours = _threads(real, truth)
    told = told_apart(ours, theirs, HOURS if unmeasured else ())
    of_published, of_all = len({*PUBLISHED} - {*unmeasured}), len(SAID) - len(unmeasured)
    return {
        "days": days,
        "spans": len(truth.begins),
        "left_out": truth.left_out,
        "runs": len(several),
        "simulated_spans": spans,
        "simulated_left_out": thin,
        "measures": _rows(bands, means),
        "inside": {
            "published": inside.published,
            "of_published": of_published,
            "all": inside.all,
            "of_all": of_all,
        },
        "classifier": _content(told),
        "sentences": [
            f"{inside.published} of {of_published} published measures (*) and {inside.all} of all {of_all} lie in the band "
            f"of {len(truth.begins)} real spans of {days:g} days (mean of {spans} simulated{f'; {thin} more left out because they have too few comments' if thin else ''}).",
            *([NO_HOURS] if unmeasured else []),
            _classified(told, "real threads", "simulated ones", (ours.height, theirs.height)),
            INSIDE,
        ],
    }


def _threads(posts: pl.DataFrame, spans: band.Spans, part: slice = slice(None)) -> pl.DataFrame:
    table = with_depths(posts)
    return pl.concat(
        [threads_of(table, at, at + spans.days * 1440) for at in spans.begins[part].tolist()]
        or [threads_of(table, 0, 0)]
    )


def _length(run: Folder) -> float:
    """Minutes that each run of the folder lasted."""
    config = run.read_json(run.manifest)["config"]
    return float(config["steps"]) * float(config["community"]["step_hours"]) * 60


def _rows(bands: dict[str, band.Band], means: dict[str, float] | None) -> list[dict[str, Any]]:
    rows = []
    for name, said in SAID.items():
        one = bands[name]
        row: dict[str, Any] = {"measure": name, "said": said, "published": name in PUBLISHED}
        row |= {"real": one.mean, "low": one.low, "high": one.high}
        if means is not None:
            row |= {"simulated": means[name], "inside": one.holds(means[name])}
        rows.append(row)
    return rows


def _content(told: Told | None) -> dict[str, Any] | None:
    return None if told is None else told._asdict()


def _classified(told: Told | None, one: str, two: str, threads: tuple[int, int]) -> str:
    """What the classifier's AUC says, of so many threads on either side.

    >>> _classified(Told(0.75, 0.7, 0.8, 400, 500), "real threads", "simulated ones", (400, 500))
    'Of threads with 5 replies or more a classifier tells real threads (400) from simulated ones (500) with AUC 0.75 [0.70, 0.80]; 0.5: not at all.'
    """
    if told is None:
        return (
            f"Too few threads got {LEAST_REPLIES} replies within their span to tell {one} ({threads[0]}) from {two} ({threads[1]}): at least "
            f"{LEAST_THREADS} of each."
        )
    return (
        f"Of threads with {LEAST_REPLIES} replies or more a classifier tells {one} ({told.real}) from {two} ({told.other}) "
        f"with AUC {told.auc:.2f} [{told.low:.2f}, {told.high:.2f}]; 0.5: not at all."
    )
