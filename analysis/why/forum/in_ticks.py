"""Futures of a record by ticks, the periods in which its members look in, where their events have minutes."""

import numpy as np
import polars as pl

from windtunnel.sim.communities.forum.posts import step_of_post


def in_ticks(events: pl.DataFrame, ticks: np.ndarray) -> tuple[pl.DataFrame, np.ndarray]:
    """The events with a row of `minutes` (m,) for a step, and these minutes: those before the first tick, then the ticks' own.

    `ticks` (t,) are the minutes of the ticks, in order. Where several have one minute, a post stands in the one that its id names, any
    other event in the first.
    """
    minute = events["step"].to_numpy()
    minutes = np.concatenate([np.unique(minute[minute < ticks[0]]), ticks])
    first = np.searchsorted(minutes, minute)
    last = np.searchsorted(minutes, minute, side="right") - 1
    named = step_of_post(events["target"].fill_null(0).to_numpy()) + len(minutes) - len(ticks)
    wrote = events["kind"].cast(pl.String).is_in(["reply", "post"]).to_numpy()
    place = np.where(wrote & (first <= named) & (named <= last), named, np.minimum(first, len(minutes) - 1))
    return events.with_columns(step=pl.Series(place, dtype=events["step"].dtype)), minutes


def after_a_look(events: pl.DataFrame, minutes: float) -> pl.Series:
    """Bool (events,): takes a post away more than so many minutes after it was written (rounded up): members who look in so often have read it,
    also where no tick of the record lies between. The events have the minutes of a record."""
    run = ["draw", "seed", "arm", "target"]
    wrote = events.filter(pl.col("kind").is_in(["reply", "post"])).select(*run, wrote="step").unique(run)
    late = pl.col("step") - pl.col("wrote") > minutes + 1
    dated = events.join(wrote, on=run, how="left", maintain_order="left")
    return dated.select((pl.col("kind") == "remove") & late.fill_null(False)).to_series()
