"""How often members write, when, and how they come and go: estimates from who was seen in which window."""

from typing import NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.importers.imported.lacking import days_alone
from windtunnel.sim.communities.forum.profile import Mark, Rate

WINDOWS_HOURS = (24, 168, 720)
MIN_AUTHORS = 20
"""The window is the smallest of these with a median of so many authors, else the largest."""

MAX_SILENT_SHARE = 0.75
"""The most silent visitors that a fit may infer: in health forums fewer than a quarter ever posted
(van Mierlo 2014, JMIR 16(2):e33). Counts of those who posted hardly bound it from above."""
MAX_SHAPE = 50.0

FEW = 20
"""Below so many cases an estimate gives way to a chosen value, which its note says."""

RETURN_DAYS = 7
WARM_UP_WINDOWS = 30
"""At the start everybody looks new, at the end everybody looks gone: so many windows, at most a quarter
of the record, are left out there."""


class Presence(NamedTuple):
    """Who wrote in which window: window, author, posts, first, last (the author's first and last window).

    `warm_up` windows are left out at either end where coming and going is counted; `windows` is their number.
    """

    table: pl.DataFrame
    hours: int
    windows: int
    warm_up: int


def last_minute(posts: pl.DataFrame) -> int:
    """Minute of the last post; 0 for none."""
    return int(posts["minute"].to_numpy().max(initial=0))


def presence(posts: pl.DataFrame) -> Presence:
    """Authors by window, at the window that `MIN_AUTHORS` chooses; posts without an author are left out."""
    for hours in WINDOWS_HOURS:
        found = _presence(posts, hours)
        per_window = found.table.group_by("window").len()["len"]
        if len(per_window) and float(per_window.median()) >= MIN_AUTHORS:  # type: ignore[arg-type]
            break
    return found


def _presence(posts: pl.DataFrame, hours: int) -> Presence:
    windows = last_minute(posts) // (60 * hours) + 1
    table = (
        posts.filter(pl.col("author").is_not_null())
        .group_by((pl.col("minute") // (60 * hours)).alias("window"), "author")
        .agg(pl.len().alias("posts"))
        .with_columns(first=pl.col("window").min().over("author"), last=pl.col("window").max().over("author"))
        .sort("window", "author")
    )
    return Presence(table, hours, windows, min(WARM_UP_WINDOWS, windows // 4))


class GammaPoisson(NamedTuple):
    """Posts in a window: Poisson with a gamma rate of this mean and shape; `silent`: the share with none."""

    mean: float
    shape: float
    silent: float
    bounded: bool
    """Whether the shape stands at the bound that `MAX_SILENT_SHARE` sets."""


def zero_truncated_negative_binomial(counts: np.ndarray) -> GammaPoisson:
    """Maximum likelihood of the negative binomial from counts of at least 1, zeros unseen.

    For each shape k the mean m solves m / (1 - P(0)) = mean count, which is the likelihood equation of m in
    this exponential family; k is then searched between the bound on silent visitors and `MAX_SHAPE`
    (Johnson, Kemp & Kotz, Univariate Discrete Distributions, 2005). Raises `ValueError` if all counts are 1.
    """
    from scipy.optimize import brentq, minimize_scalar
    from scipy.special import gammaln

    values, times = np.unique(np.asarray(counts), return_counts=True)
    seen = float(np.average(values, weights=times))
    if values[0] < 1 or seen <= 1:
        raise ValueError(f"zero-truncated counts need all >= 1 and some > 1; found mean {seen:.3g}")

    def log_silent(mean: float, shape: float) -> float:
        return -shape * np.log1p(mean / shape)

    def mean_at(shape: float) -> float:
        def excess(log_mean: float) -> float:
            mean = np.exp(log_mean)
            return mean / -np.expm1(log_silent(mean, shape)) - seen

        return float(np.exp(brentq(excess, np.log(1e-9), np.log(seen))))

    def loss(log_shape: float) -> float:
        shape = float(np.exp(log_shape))
        mean = mean_at(shape)
        silent = log_silent(mean, shape)
        terms = (
            gammaln(values + shape)
            - gammaln(shape)
            - gammaln(values + 1)
            + silent
            + values * np.log(mean / (shape + mean))
            - np.log(-np.expm1(silent))
        )
        return -float(times @ terms)

    def room(log_shape: float) -> float:
        shape = float(np.exp(log_shape))
        return np.exp(log_silent(mean_at(shape), shape)) - MAX_SILENT_SHARE

    low, high = np.log(1e-4), np.log(MAX_SHAPE)
    if room(low) > 0 > room(high):
        low = brentq(room, low, high)
    best = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6}).x
    bounded = best - low < 1e-3
    shape = float(np.exp(low if bounded else best))
    mean = mean_at(shape)
    return GammaPoisson(mean, shape, float(np.exp(log_silent(mean, shape))), bool(bounded))


def posting_rate(seen: Presence) -> tuple[Rate, Rate]:
    """Posts per present member and day, and the shape of their gamma law."""
    counts = seen.table["posts"].to_numpy()
    days = seen.hours / 24
    if len(counts) < FEW or counts.max() <= 1:
        return (
            Rate(value=0.4, mark="chosen", note=f"only {len(counts)} visits seen: too few to fit"),
            Rate(value=0.3, mark="chosen", note="as above"),
        )
    law = zero_truncated_negative_binomial(counts)
    mark: Mark = "proxy" if law.bounded else "data"
    how = (
        f"zero-truncated negative binomial, {len(counts)} author-windows of {seen.hours} h, "
        f"mean {counts.mean():.2f} posts of those seen; silent share of present members {law.silent:.2f}"
    )
    if law.bounded:
        how += (
            f", the bound: counts of those who wrote do not limit the silent; held at {MAX_SILENT_SHARE} "
            "(van Mierlo 2014)"
        )
    return (
        Rate(value=_tidy(law.mean / days), mark=mark, note=how),
        Rate(value=_tidy(law.shape), mark=mark, note="shape of the same fit"),
    )


def rhythm(posts: pl.DataFrame) -> list[float]:
    """Posts by hour of the record's day (hour 0 is the first post's), mean 1; one post a bin is added. Flat where times are days."""
    if days_alone(posts["minute"]):
        return [1.0] * 24
    hour = (posts["minute"] // 60 % 24).to_numpy()
    counts = np.bincount(hour, minlength=24) + 1.0
    return [round(float(each), 3) for each in counts / counts.mean()]


def rhythm_mark(posts: pl.DataFrame) -> Mark:
    """Where the rhythm comes from."""
    if days_alone(posts["minute"]):
        return "chosen"
    return "data" if posts.height >= 24 * FEW else "proxy"


def newcomer_share(seen: Presence) -> Rate:
    """Share of the authors of a window who are in their first one, after the warm-up."""
    late = seen.table.filter(pl.col("window") >= seen.warm_up)
    if late.height < FEW:
        return Rate(value=0.2, mark="chosen", note=f"only {late.height} visits after the warm-up")
    share = (late["first"] == late["window"]).mean()
    return Rate(
        value=_tidy(share),
        mark="data",
        note=f"{late.height} author-windows after {seen.warm_up} windows of "
        "warm-up; silent visitors taken to be alike",
    )


def arrivals(newcomers: Rate, seen: Presence) -> Rate:
    """New members a day for each present member: the newcomers of a window over its length."""
    return Rate(
        value=_tidy(newcomers.value * 24 / seen.hours),
        mark=newcomers.mark,
        note="newcomer_share over the window in days",
    )


def leaving(seen: Presence) -> Rate:
    """Share of members who leave for good in a day: visits that are the author's last, but for the end."""
    early = seen.table.filter(pl.col("window") < seen.windows - seen.warm_up)
    if early.height < FEW:
        return Rate(value=0.2, mark="chosen", note=f"only {early.height} visits before the final windows")
    share = (early["last"] == early["window"]).mean()
    daily = 1 - (1 - share) ** (24 / seen.hours)  # type: ignore[operator]
    return Rate(
        value=_tidy(daily),
        mark="data",
        note=f"{early.height} author-windows before the last {seen.warm_up}; "
        "somebody seen once leaves at once",
    )


def newcomer_return(posts: pl.DataFrame, seen: Presence) -> Rate:
    """Share of newcomers who write again within 7 days after the 24 hours of their first post.

    Newcomers of the warm-up and of the last 8 days are left out (the latter had no time to return).
    """
    day = 24 * 60
    end = last_minute(posts)
    firsts = (
        posts.select("author", "minute")
        .filter(pl.col("author").is_not_null())
        .with_columns(first=pl.col("minute").min().over("author"))
        .filter(
            (pl.col("first") >= seen.warm_up * seen.hours * 60)
            & (pl.col("first") <= end - (RETURN_DAYS + 1) * day)
        )
    )
    since = pl.col("minute") - pl.col("first")
    back = firsts.group_by("author").agg(
        ((since > day) & (since <= (RETURN_DAYS + 1) * day)).any().alias("back")
    )
    if back.height < FEW:
        return Rate(value=0.25, mark="chosen", note=f"only {back.height} newcomers seen")
    return Rate(
        value=_tidy(back["back"].mean()),
        mark="data",
        note=f"{back.height} newcomers; again between 24 h and 8 days after the first post",
    )


def _tidy(value: object) -> float:
    """Four significant digits: more would pretend."""
    return float(f"{float(value):.4g}")  # type: ignore[arg-type]
