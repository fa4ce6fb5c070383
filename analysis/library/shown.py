"""Results as a notebook shows them: sentences and a table as HTML, and an Altair chart."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import polars as pl

QUANTITIES = {
    "p0": "without the policy",
    "p1": "with the policy",
    "pn": "necessity (PN)",
    "ps": "sufficiency (PS)",
    "pns": "both (PNS)",
    "backfire": "backfire",
}
"""Shares of the estimates that are drawn, and what each is called."""


def sentences_html(sentences: Sequence[str], frame: pl.DataFrame | None = None) -> str:
    """Sentences as a list, the first one bold, with a frame below; everything is escaped."""
    first, *others = [escape(line) for line in sentences] or ["No claim is made."]
    lines = "".join(f"<li>{line}</li>" for line in others)
    return f"<p><strong>{first}</strong></p><ul>{lines}</ul>{'' if frame is None else frame._repr_html_()}"


def shares_frame(estimates: Mapping[str, Any]) -> pl.DataFrame:
    """A row a share: `quantity`, `est`, `low`, `high`; quantities without a value are left out."""
    rows = [
        {"quantity": said, **{end: estimates[name].get(end) for end in ("est", "low", "high")}}
        for name, said in QUANTITIES.items()
        if isinstance(estimates.get(name), Mapping) and estimates[name].get("est") is not None
    ]
    schema = {"quantity": pl.String, "est": pl.Float64, "low": pl.Float64, "high": pl.Float64}
    return pl.DataFrame(rows, schema=schema)


def shares_plot(estimates: Mapping[str, Any] | None) -> Any:
    """Rates in both arms, PN, PS, PNS and backfire: a dot and its interval each. `ValueError` where there is no claim."""
    if estimates is None:
        raise ValueError("no pair is complete, so there is nothing to plot")
    return _dots(shares_frame(estimates), "quantity", "share of simulated futures", list(QUANTITIES.values()))


def effects_plot(table: pl.DataFrame) -> Any:
    """The difference in the outcome's rate for each policy of a comparison, with its interval; left is less of it."""
    rows = table.select(quantity="policy", est="rd", low="rd_low", high="rd_high")
    return _dots(rows.drop_nulls("est"), "policy", "change in the outcome's rate against the baseline", None)


def _dots(rows: pl.DataFrame, label: str, axis: str, order: list[str] | None) -> Any:
    import altair as alt

    base = alt.Chart(alt.Data(values=rows.to_dicts())).encode(
        y=alt.Y("quantity:N", title=None, sort=order or alt.Undefined, axis=alt.Axis(labelLimit=300))
    )
    tips = [
        alt.Tooltip("quantity:N", title=label),
        *(alt.Tooltip(f"{end}:Q", format=".3f") for end in ("est", "low", "high")),
    ]
    interval = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q", title=axis), x2="high:Q")
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(x="est:Q", tooltip=tips)
    return (interval + dots).properties(width=420)
