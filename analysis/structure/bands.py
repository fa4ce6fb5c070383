"""The band of each measure over a place's own spans, and where another place's means lie."""

from collections.abc import Sequence
from typing import NamedTuple
from warnings import catch_warnings

import numpy as np
import polars as pl

from windtunnel.analysis.structure.measures import PUBLISHED, SAID, measures, with_depths

LOW, HIGH = 0.05, 0.95
"""The band of a measure lies between these quantiles of the place's own spans."""
LEAST_COMMENTS = 0.1
"""A span without comments, or with fewer than this share of the median span's, is left out: so does the published table with a month
whose comments are lacking. Chosen."""
LEAST_SPANS = 5
"""A band of fewer spans is none."""


class Spans(NamedTuple):
    """Measures of a place span by span: `values` (spans, measures), the minute at which each begins, and what was left out."""

    values: np.ndarray
    begins: np.ndarray
    left_out: int
    days: float

    def without(self, names: Sequence[str]) -> "Spans":
        """The same with these measures not taken."""
        values = self.values.copy()
        values[:, [list(SAID).index(name) for name in names]] = np.nan
        return self._replace(values=values)

    @property
    def means(self) -> dict[str, float]:
        """The mean of each measure; nan where no span has one."""
        with np.errstate(all="ignore"):
            return {
                name: float(np.nanmean(column)) if np.isfinite(column).any() else float("nan")
                for name, column in zip(SAID, self.values.T, strict=True)
            }


def spans_of(posts: pl.DataFrame, days: float, first: float = 0.0, until: float | None = None) -> Spans:
    """The measures of each whole span of so many days from minute `first` on; `ValueError` where not one fits."""
    table, length = with_depths(posts), days * 1440
    last = float(posts["minute"].max() or 0) + 1 if until is None else until  # type: ignore[arg-type]
    count = int((last - first) / length + 1e-9)
    if count < 1:
        raise ValueError(
            f"the posts span {(last - first) / 1440:.1f} days, less than one span of {days:g}: give --days DAYS"
        )
    begins = first + length * np.arange(count)
    comments = table.filter(~pl.col("opens"))["minute"].to_numpy()
    sizes = np.histogram(comments, np.append(begins, begins[-1] + length))[0]
    kept = (sizes > 0) & (sizes >= LEAST_COMMENTS * np.median(sizes))
    rows = [list(measures(table, at, at + length).values()) for at in begins[kept]]
    return Spans(np.array(rows).reshape(-1, len(SAID)), begins[kept], int((~kept).sum()), days)


class Band(NamedTuple):
    """Of one measure of the real place: the mean over its spans, and the band."""

    mean: float
    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value lies in the band, its ends included."""
        return bool(self.low <= value <= self.high)


def bands_of(spans: Spans) -> dict[str, Band]:
    """The band of each measure; `ValueError` where there are too few spans for any."""
    if not len(spans.values):
        raise ValueError(
            f"none of {spans.left_out} spans of {spans.days:g} days has a reply: there is no structure to measure"
        )
    if len(spans.values) < LEAST_SPANS:
        raise ValueError(
            f"{len(spans.values)} spans of {spans.days:g} days are too few for a band (at least {LEAST_SPANS}): give shorter "
            "ones by --days DAYS"
        )
    with np.errstate(all="ignore"), catch_warnings(action="ignore", category=RuntimeWarning):
        low, high = np.nanquantile(spans.values, [LOW, HIGH], axis=0)
    return {
        name: Band(mean, float(low[place]), float(high[place]))
        for place, (name, mean) in enumerate(spans.means.items())
    }


class Held(NamedTuple):
    """How many measures lie in their band: of the published eleven, and of all nineteen."""

    published: int
    all: int


def held(means: dict[str, float], bands: dict[str, Band]) -> Held:
    """Where these means lie; a measure that could not be taken counts as outside."""
    inside = {name for name, band in bands.items() if band.holds(means[name])}
    return Held(len(inside & set(PUBLISHED)), len(inside))


def mean_of(several: Sequence[Spans]) -> dict[str, float]:
    """The mean of each measure over the spans of several runs."""
    return Spans(np.concatenate([one.values for one in several]), np.empty(0), 0, several[0].days).means
