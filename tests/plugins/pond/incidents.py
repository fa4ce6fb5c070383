"""What goes wrong in a pond."""

from collections.abc import Iterator

import polars as pl

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables


def months_dry(run: Tables, rule: Rule) -> Iterator[Found]:
    """Months without fish, from the first on; in it are those who had taken more than `fair` fish in one of the months before."""
    stock = run.measure("stock")
    dry = stock.filter(pl.col("value") <= 0)["step"].to_list()
    if not dry or len(dry) < rule["threshold"]:
        return
    before = pl.col("step").is_between(dry[0] - rule["before"], dry[0])
    greedy = run.events.filter(before, pl.col("kind") == "take", pl.col("amount") > rule["fair"])
    members = greedy["member"].unique().sort().cast(pl.String)
    yield Found(None, None, dry[0], dry[-1], float(len(dry)), tuple(members), reached=dry[0])


ran_dry = Kind(
    "ran_dry", ("pond",), months_dry, outcome="a dry pond", unit="months without fish", shows="stock"
)
