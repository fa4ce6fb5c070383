"""What goes wrong in a donor game: giving breaks down."""

from collections.abc import Iterator

import polars as pl

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables


def giving_broke_down(run: Tables, rule: Rule) -> Iterator[Found]:
    """Generations in which donors gave less than `part` of what those of the first generation gave.

    It begins with the first of them and is worst where least was given. In it are the donors who, in that first one, gave
    less than so much on average.
    """
    given = run.measure("given").join(
        run.measure("generation").rename({"value": "generation"}), on="step", maintain_order="left"
    )
    each = given.group_by("generation").agg(pl.col("value").mean(), pl.col("step").min()).sort("step")
    if not len(each):
        return
    enough = rule["part"] * each["value"][0]
    low = each.filter(pl.col("value") < enough)
    if not len(low) or len(low) < rule["threshold"]:
        return
    begun, of = low.row(0, named=True), low.sort("value", "step").row(0, named=True)
    steps = given.filter(pl.col("generation") == begun["generation"])["step"]
    gifts = run.events.filter(
        pl.col("step").is_in(steps.implode()), pl.col("kind") == "give", pl.col("status") == "done"
    )
    mean = gifts.group_by("member").agg(pl.col("amount").mean() / 100)
    members = mean.filter(pl.col("amount") < enough)["member"].sort().cast(pl.String)
    reached = low["step"][max(1, round(rule["threshold"])) - 1]
    yield Found(None, None, begun["step"], of["step"], float(len(low)), tuple(members), reached=reached)


INCIDENTS = {
    "giving_broke_down": Kind(
        "giving_broke_down",
        ("donor_game",),
        giving_broke_down,
        outcome="a breakdown of giving",
        unit="generations in which much less was given than in the first",
        shows="given",
    )
}
