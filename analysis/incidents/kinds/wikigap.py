"""What goes wrong where other languages know more: readers are left with wrong answers."""

from collections.abc import Iterator

import polars as pl

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables


def wrong_answers(run: Tables, rule: Rule) -> Iterator[Found]:
    """Questions that less than `below` of the readers answered rightly; it is worst where fewest did.

    In it are those who answered the first of them, and did not say that something may be missing.
    """
    right = run.measure("right").filter(pl.col("value") < rule["below"])
    if not len(right) or len(right) < rule["threshold"]:
        return
    first = right["step"][0]
    sure = run.events.filter(pl.col("step") == first, pl.col("kind") == "answer", pl.col("status") == "done")
    members = sure["member"].unique().sort().cast(pl.String)
    peak = right.sort("value", "step")["step"][0]
    reached = right["step"][max(1, round(rule["threshold"])) - 1]
    yield Found(None, None, first, peak, float(len(right)), tuple(members), reached=reached)


INCIDENTS = {
    "wrong_answers": Kind(
        "wrong_answers",
        ("wikigap",),
        wrong_answers,
        outcome="a question that readers got wrong",
        unit="questions that many got wrong",
        shows="right",
    )
}
