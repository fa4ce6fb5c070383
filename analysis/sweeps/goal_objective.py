"""A goal with limits as what a search maximises: most of what is wanted among trials that keep the limits."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from windtunnel.analysis.comparison.goal import Goal, Measured, judge, overall
from windtunnel.analysis.outcomes import Outcome


class GoalObjective(NamedTuple):
    """The score is what a pair has of the goal beyond its bound, in the goal's own unit; limits are kept apart from it."""

    goal: Goal

    def words(self) -> str:
        return self.goal.words()

    def record(self) -> dict[str, Any]:
        return {"goal": self.goal.words(), "words": f"goal: {self.goal.words()}"}

    def weights(self) -> dict[str, Any]:
        """What makes it another question."""
        return {"goal": [one.words() for one in self.goal.statements]}

    def scores(self, rows: pl.DataFrame, outcome: Outcome, threshold: float) -> pl.DataFrame:
        """draw, seed, averted, backfire, cost, score of each complete pair, and `without_K` and `under_K` of the K-th statement."""
        names = list(dict.fromkeys((outcome.name, *(one.outcome for one in self.goal.statements))))
        ok = rows.filter(
            pl.col("status") == "ok", pl.all_horizontal(pl.col(name).is_not_null() for name in names)
        )
        arms = [
            ok.filter(pl.col("arm") == arm).select("draw", "seed", *names) for arm in ("baseline", "policy")
        ]
        both = arms[0].join(arms[1], on=["draw", "seed"], suffix="_policy").sort("draw", "seed")
        before, after = (
            both[name].to_numpy() >= threshold for name in (outcome.name, f"{outcome.name}_policy")
        )
        wanted, unwanted = before & ~after, after & ~before
        if outcome.polarity == "good":
            wanted, unwanted = unwanted, wanted
        columns: dict[str, Any] = {"averted": wanted.astype(float), "backfire": unwanted.astype(float)}
        for place, one in enumerate(self.goal.statements):
            columns[f"without_{place}"] = both[one.outcome].to_numpy()
            columns[f"under_{place}"] = both[f"{one.outcome}_policy"].to_numpy()
        score = self._slack(0, columns["without_0"], columns["under_0"])
        return both.select("draw", "seed").with_columns(**columns, cost=pl.lit(0.0), score=pl.Series(score))

    def broken(self, pairs: pl.DataFrame) -> list[float]:
        """For each limit how far it is broken on average, above 0 where it is, in shares of its typical size."""
        found = []
        for place in range(1, len(self.goal.statements)):
            slack = self._slack(
                place, pairs[f"without_{place}"].to_numpy(), pairs[f"under_{place}"].to_numpy()
            )
            found.append(float(-slack.mean() / (np.abs(slack).mean() + 1e-12)))
        return found

    def judged(self, pairs: pl.DataFrame, confidence: float, forced: tuple[str, ...] = ()) -> dict[str, Any]:
        """The verdict of these pairs on every statement, and over all."""
        draw = pairs["draw"].to_numpy()
        measured = [
            Measured(
                "",
                place,
                draw,
                pairs[f"without_{place}"].to_numpy(),
                pairs[f"under_{place}"].to_numpy(),
                one.outcome in forced,
            )
            for place, one in enumerate(self.goal.statements)
        ]
        rows, _ = judge(self.goal, measured, confidence)
        return {"verdict": overall([row["verdict"] for row in rows]), "statements": rows}

    def _slack(self, place: int, without: Any, under: Any) -> np.ndarray:
        return self.goal.statements[place].slack(without, under, self.goal.hours, self.goal.step_hours)


def best_of(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The trial with the best score among those that keep every limit by their estimates; where none does, the one that breaks them
    least. `broken` of a row is null where there are no limits."""
    keeping = [row for row in rows if not _over(row)]
    return max(keeping, key=lambda row: row["score"]) if keeping else min(rows, key=_over)


def _over(row: Mapping[str, Any]) -> float:
    return sum(max(one, 0.0) for one in row.get("broken") or ())
