"""A place held against its own spans, and simulated runs against those of the real place."""

from typing import Any

import polars as pl

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.structure import bands as band
from windtunnel.analysis.structure.classifier import (
    LEAST_REPLIES,
    LEAST_THREADS,
    Told,
    threads_of,
    told_apart,
)
from windtunnel.analysis.structure.measures import PUBLISHED, SAID, with_depths
from windtunnel.analysis.structure.posts import of_import, of_runs

INSIDE = (
    "Measures with * are those published for r/Feminism. A mean in its band says that the simulated weeks look like these, not "
    "that a policy would do there what it does here."
)


def of_itself(folder: Folder, days: float) -> dict[str, Any]:
    """The measures of an imported community with their bands, and its earlier threads against its later ones."""
    posts = of_import(folder)
    spans = band.spans_of(posts, days)
    found = band.bands_of(spans)
    half = len(spans.begins) // 2
    early, late = (_threads(posts, spans, part) for part in (slice(None, half), slice(half, None)))
    said = [
        f"{len(spans.begins)} spans of {days:g} days; left out because they have too few comments: {spans.left_out}.",
        _classified(told_apart(early, late), "its earlier threads", "its later ones"),
    ]
    return {
        "days": days,
        "spans": len(spans.begins),
        "left_out": spans.left_out,
        "measures": _rows(found, None),
        "early_against_late": _content(told_apart(early, late)),
        "sentences": said,
    }


def compared(run: Folder, real: Folder, days: float) -> dict[str, Any]:
    """The measures of a folder's baseline runs beside the real place's bands, and the threads of both told apart."""
    place = ((run.read_json(run.manifest).get("config") or {}).get("community") or {}).get("name", "forum")
    if place != "forum":
        raise ValueError(
            f"{run.path} is a run of {place}: only forums have threads that can be held against a record's"
        )
    return against(list(of_runs(run)), of_import(real), days, _length(run))


def against(runs: list[pl.DataFrame], real: pl.DataFrame, days: float, minutes: float) -> dict[str, Any]:
    """The same from tables of posts; a run has so many minutes, of which the last whole spans count."""
    truth = band.spans_of(real, days)
    bands = band.bands_of(truth)
    whole = int(minutes / (1440 * days) + 1e-9)
    if not whole:
        raise ValueError(
            f"the runs last {minutes / 1440:.3g} days, less than one span of {days:g}: run more steps, or give --days DAYS"
        )
    first = minutes - whole * days * 1440
    several = [band.spans_of(posts, days, first, minutes) for posts in runs if posts.height]
    if not several:
        raise ValueError("nothing was written in these runs: there is no structure to measure")
    means = band.mean_of(several)
    inside = band.held(means, bands)
    theirs = pl.concat([_threads(posts, spans) for posts, spans in zip(runs, several, strict=True)])
    told = told_apart(_threads(real, truth), theirs)
    return {
        "days": days,
        "spans": len(truth.begins),
        "left_out": truth.left_out,
        "runs": len(several),
        "simulated_spans": sum(len(one.begins) for one in several),
        "measures": _rows(bands, means),
        "inside": {
            "published": inside.published,
            "of_published": len(PUBLISHED),
            "all": inside.all,
            "of_all": len(SAID),
        },
        "classifier": _content(told),
        "sentences": [
            f"{inside.published} of {len(PUBLISHED)} published measures (*) and {inside.all} of all {len(SAID)} lie in the band "
            f"of {len(truth.begins)} real spans of {days:g} days (mean of {sum(len(one.begins) for one in several)} simulated).",
            _classified(told, "real threads", "simulated ones"),
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


def _classified(told: Told | None, one: str, two: str) -> str:
    """What the classifier's AUC says.

    >>> _classified(Told(0.75, 0.7, 0.8, 400, 500), "real threads", "simulated ones")
    'Of threads with 5 replies or more a classifier tells real threads (400) from simulated ones (500) with AUC 0.75 [0.70, 0.80]; 0.5: not at all.'
    """
    if told is None:
        return f"Too few threads with {LEAST_REPLIES} replies to tell {one} from {two} (at least {LEAST_THREADS} of each)."
    return (
        f"Of threads with {LEAST_REPLIES} replies or more a classifier tells {one} ({told.real}) from {two} ({told.other}) "
        f"with AUC {told.auc:.2f} [{told.low:.2f}, {told.high:.2f}]; 0.5: not at all."
    )
