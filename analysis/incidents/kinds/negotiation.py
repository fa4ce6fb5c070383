"""What goes wrong in a negotiation: a decision leaves a group worse off than the base design."""

from collections.abc import Iterator

import polars as pl

from windtunnel.analysis.incidents.base import Found, Kind, Rule, Tables


def worse_off(run: Tables, rule: Rule) -> Iterator[Found]:
    """Groups whose utility ends below the base design's, each one a finding; it begins when some group first falls below."""
    below = run.measure("below_base").filter(pl.col("value") > 0)["step"].to_list()
    lost = run.members.filter(pl.col("gained") < 0).sort("member")
    for member, gained in lost.select("member", "gained").iter_rows():
        if below and -gained >= rule["threshold"]:
            yield Found(
                None, str(member), below[0], below[-1], -float(gained), (str(member),), reached=below[0]
            )


INCIDENTS = {
    "worse_off": Kind(
        "worse_off",
        ("negotiation",),
        worse_off,
        outcome="a loss of group {member}",
        unit="utility lost",
        shows="worst",
        stays=False,
    )
}
