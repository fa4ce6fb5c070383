"""What goes wrong in norm elicitation: a norm wins that many cannot live with."""

from collections.abc import Iterator

import polars as pl

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables


def overruled(run: Tables, rule: Rule) -> Iterator[Found]:
    """The share of people who cannot live with the norm that is ahead at the end; it begins when that norm came ahead for good."""
    ahead, livable = run.measure("winner"), run.measure("livable")
    last = float(ahead["value"][-1])
    share = 1 - float(livable["value"][-1])
    if share <= 0 or share < rule["threshold"]:
        return
    others = ahead.filter(pl.col("value") != last)["step"]
    onset = int(others.max()) + 1 if len(others) else int(ahead["step"][0])  # type: ignore[arg-type]
    yield Found(None, None, onset, int(ahead["step"][-1]), share, reached=onset)


INCIDENTS = {
    "overruled": Kind(
        "overruled",
        ("norm_elicitation",),
        overruled,
        outcome="a norm that many cannot live with",
        unit="share of people",
        shows="livable",
        stays=False,
    )
}
