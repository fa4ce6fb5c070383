"""What an outcome is: a function of the events, members and measures of runs, with its polarity declared beside it."""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.numbers_in_words import counted
from windtunnel.conf.plugins import in_short
from windtunnel.policies.base import EVERY
from windtunnel.sim.events import MEASURES

RUN = ["draw", "seed", "arm"]


class Runs(NamedTuple):
    """What an outcome reads of finished runs; each table has the columns `RUN`, and a run may have no row but in `runs`."""

    runs: pl.DataFrame
    """One row a run."""
    events: pl.DataFrame
    """One row an act, in the order in which it happened: the columns of `sim.events`."""
    members: pl.DataFrame
    """One row a member of a run at its end: `id`, traits, groups and summaries as the community declares them."""
    horizon: int | None = None
    """Steps within which an outcome counts that begins with an event of its own; None: to the end."""
    steps: int | None = None
    """Length of each run; None: to the last event of all of them."""
    measures: pl.DataFrame = pl.DataFrame(schema=MEASURES)
    """What the community counted at the end of each step: `RUN`, `step`, `measure`, `value`."""
    step_hours: float = 1.0
    """How long a step lasts."""


class Part(NamedTuple):
    """The part of a place in which an outcome is counted, so that a real test could observe such parts.

    `noun` is what one is called, `which` says which of them ("months with a drought"). `elsewhere` names the
    outcome that tells whether what happens there moved away, in words `leak` ("drought in the other months").
    """

    noun: str
    which: str
    elsewhere: str
    leak: str


class Outcome(NamedTuple):
    """One number for each run, and what reports must know to speak of it. Declared before any run.

    An example of one, for every community:

        def acts(runs):
            return count(runs, runs.events.filter(pl.col("status") == "done"))

        Outcome("busy", "good", "acts", False, acts, fits=(EVERY,), event="members did much")
    """

    name: str
    """What `outcome=NAME` calls it."""
    polarity: str
    """Either "harm" or "good": what a policy is to prevent, or to bring about."""
    unit: str
    """What the number counts, in words that follow it."""
    cost: bool
    """Whether a policy may cost it: comparisons tell of a harm that it adds, or of a good that it takes away."""
    measure: Callable[[Runs], pl.DataFrame]
    """Gives a frame of `RUN` and `value`: one row for each run, null where it is undefined."""
    fits: tuple[str, ...] = ()
    """Names of the communities that it can be counted in, `EVERY` among them for all."""
    event: str = ""
    """Says, after "in 3 of 8 futures", that the threshold was reached: "the stock collapsed"."""
    part: Part | None = None
    """Where it is counted, if that is not the whole place."""
    leads: int | None = None
    """Where a policy's own mechanism decides the outcome that was asked for, the lowest number is told first."""
    memo: str = ""
    """Heads its column in the short table of a comparison; outcomes with the same words share one, one without has none."""
    reads: str = ""
    """A measure that its community counts only with `setting`; elsewhere the outcome is left out."""
    setting: str = ""
    risks: tuple[str, ...] = ()
    """Areas of risk (`risks.AREAS`) that it speaks of, where another package declares it."""
    check: Callable[[], None] | None = None
    """Called before it is counted: `ValueError` where its score of texts does not hold on fixtures (`text_scores.examined`)."""

    def counted(self, runs: Runs) -> pl.DataFrame:
        """What `measure` gives; `ValueError` where it gives no value a run, its `check` fails, or another package's cannot count at all."""
        if self.check is not None:
            try:
                self.check()
            except ValueError as error:
                raise ValueError(f"outcome {self.name}: {error}") from None
        try:
            found = self.measure(runs)
        except Exception as error:
            if self.measure.__module__.startswith("windtunnel."):
                raise
            raise ValueError(f"outcome {self.name} could not be counted: {in_short(error)}") from error
        if not isinstance(found, pl.DataFrame):
            raise ValueError(
                f"outcome {self.name} gave a {type(found).__name__}: it must give a polars DataFrame"
            )
        if lacking := [name for name in (*RUN, "value") if name not in found.columns]:
            raise ValueError(f"outcome {self.name} gave a table without {', '.join(lacking)}")
        if len(found) != len(runs.runs) or found.select(RUN).is_duplicated().any():
            raise ValueError(
                f"outcome {self.name} gave {counted(len(found), 'rows')} for {counted(len(runs.runs), 'runs')}: per_run gives one for each"
            )
        return found

    def fits_in(self, community: str) -> bool:
        """Whether it can be counted in the community called so."""
        return EVERY in self.fits or community in self.fits


def per_run(runs: Runs, found: pl.DataFrame, empty: float | None = 0.0) -> pl.DataFrame:
    """`found` (RUN, value) with a row for every run; runs that it lacks get `empty`."""
    whole = runs.runs.select(RUN).join(found.select(*RUN, "value"), on=RUN, how="left", maintain_order="left")
    return (
        whole.with_columns(pl.col("value").cast(pl.Float64).fill_null(empty)) if empty is not None else whole
    )


def count(runs: Runs, rows: pl.DataFrame) -> pl.DataFrame:
    """How many of these rows each run has: `RUN` and `value`, 0 where none."""
    return per_run(runs, rows.group_by(RUN).agg(value=pl.len()))


def direction(outcome: Outcome) -> str:
    """A policy is to prevent a harm and to generate a good; declared, never guessed from numbers."""
    return "preventive" if outcome.polarity == "harm" else "generative"


def threshold_of(spec: Mapping[str, Any], size: int) -> float:
    """The severity at which an outcome has happened: `threshold`, or at least `least` and `per_member` · size."""
    given = spec.get("threshold")
    parts: Mapping[str, Any] = given if isinstance(given, Mapping) else {"least": given, "per_member": 0}
    if set(parts) != {"least", "per_member"} or not all(map(_is_number, parts.values())):
        raise ValueError(
            f"outcome.threshold is {given!r}: give a number, or outcome.threshold.least and .per_member as numbers"
        )
    if not isinstance(given, Mapping):
        return float(parts["least"])
    return float(max(parts["least"], parts["per_member"] * size))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
