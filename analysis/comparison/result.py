"""What a comparison gives: one record for JSON, and the same as polars frames, pandas or Arrow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from windtunnel.analysis import frames

ENDS = {"est", "low", "high"}
FRAMES = (
    "table",
    "outcomes",
    "groups",
    "pairs_of_policies",
    "groups_of_pairs",
    "interactions",
    "evasion",
    "goal",
    "ranking",
)


@dataclass(frozen=True)
class Comparison:
    """`record` is what `windtunnel compare --json` prints; each frame is a part of it, a row an entry.

    In a frame an interval stands as three columns: `rd`, `rd_low`, `rd_high`.
    """

    record: dict[str, Any]

    @property
    def sentences(self) -> list[str]:
        """What the comparison says, in words; read them with `record["caveat"]`."""
        return list(self.record["sentences"])

    @property
    def table(self) -> pl.DataFrame:
        """A row a policy: counts, quantities with intervals, costs, benefit, front and verdict, and what was stated."""
        stated = {name: self.record[name] for name in ("confidence", "smallest_effect")}
        stated |= {f"payoff_{name}": worth for name, worth in (self.record["payoff"] or {}).items()}
        return _frame([row | stated | {"caveat": self.record["caveat"]} for row in self.record["policies"]])

    @property
    def outcomes(self) -> pl.DataFrame:
        """A row for each policy and outcome, costs among them."""
        return _frame(self.record["outcomes"])

    @property
    def groups(self) -> pl.DataFrame:
        """A row for each policy, group and measure."""
        return _frame(self.record["groups"])

    @property
    def pairs_of_policies(self) -> pl.DataFrame:
        """A row for each two policies: the difference on common seeds, and whether they can be told apart."""
        return _frame(self.record["pairs_of_policies"])

    @property
    def groups_of_pairs(self) -> pl.DataFrame:
        """A row for each two policies, group and measure."""
        return _frame(self.record["groups_of_pairs"])

    @property
    def interactions(self) -> pl.DataFrame:
        """A row for each treatment of several policies whose parts were also run alone."""
        return _frame(self.record["interactions"])

    @property
    def evasion(self) -> pl.DataFrame:
        """A row for each evasion rate at which a ranking flips."""
        return _frame(self.record["evasion"]["flips"])

    @property
    def goal(self) -> pl.DataFrame:
        """A row for each policy and statement of the goal, with its verdict; empty without a goal."""
        return _frame(self.record["goal"]["rows"] if self.record.get("goal") else [])

    @property
    def ranking(self) -> pl.DataFrame:
        """A row a policy, the surest first, where a ranking was asked for."""
        return _frame(self.record.get("ranking") or [])

    def memo(self) -> str:
        """The short table with its question, answer and caveat as Markdown, to be pasted into a memo."""
        from windtunnel.analysis.comparison.memo import memo_text
        from windtunnel.analysis.comparison.title import title

        return memo_text(self.record, title(self.record))

    def plot(self) -> Any:
        """An Altair chart: what each policy changes in the outcome's rate, with its interval."""
        from windtunnel.analysis.library.shown import effects_plot

        return effects_plot(self.table)

    def _repr_html_(self) -> str:
        from windtunnel.analysis.library.shown import sentences_html

        shown = ["policy", "n10", "n01", "rd", "rd_low", "rd_high", "verdict"]
        return sentences_html(
            [*self.sentences, self.record["caveat"]],
            self.table.select([name for name in shown if name in self.table.columns]),
        )

    def to_pandas(self, name: str = "table") -> Any:
        """One frame, `table` unless named, as a pandas frame."""
        return frames.to_pandas(self._named(name))

    def to_arrow(self, name: str = "table") -> Any:
        """One frame, `table` unless named, as an Arrow table; needs pyarrow."""
        return frames.to_arrow(self._named(name))

    def _named(self, name: str) -> pl.DataFrame:
        if name not in FRAMES:
            raise ValueError(f"there is no frame {name!r}: choose from {', '.join(FRAMES)}")
        frame: pl.DataFrame = getattr(self, name)
        return frame


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame([_flat(row) for row in rows], infer_schema_length=None)


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """One level of columns: an interval becomes NAME, NAME_low, NAME_high; lists become words."""
    flat: dict[str, Any] = {}
    for key, value in row.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and set(value) == ENDS:
            flat |= {name: value["est"], f"{name}_low": value["low"], f"{name}_high": value["high"]}
        elif isinstance(value, Mapping):
            flat |= _flat(value, f"{name}_" if key not in ("table", "costs") else "")
        elif isinstance(value, list | tuple):
            flat[name] = "; ".join(map(_said, value))
        else:
            flat[name] = value
    return flat


def _said(value: Any) -> str:
    if isinstance(value, list | tuple) and len(value) == 2 and isinstance(value[1], Mapping):
        return f"{value[0]} " + " ".join(
            f"{key}={inner}" for key, inner in value[1].items() if inner is not None
        )
    return str(value)
