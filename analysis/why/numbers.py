"""The numbers of an answer, as a page shows them on demand."""

from typing import Any

from windtunnel.analysis.numbers_in_words import number
from windtunnel.analysis.report.blocks import Fold, Rows, Text

ENDS = {"est": "counted", "low": "interval from", "high": "to"}
QUANTITIES = {
    "ps_prev": "Share averted, of the futures that have it without the act (PS, sufficiency)",
    "pn_backfire": "Share that would not have had it without, of the futures that have it (PN, necessity)",
    "pn_prev": "Share that would have had it without, of the futures that do not have it (PN, necessity: was the act needed)",
    "ps_backfire": "Share that it is brought about in, of the futures that do not have it without the act (PS, sufficiency)",
}
GIVEN = {
    "given_past": "Futures share the run's past up to that moment.",
    "given_record": "Futures have luck that fits the record; it is not known which luck the record had.",
}


def numbers(record: dict[str, Any]) -> Fold:
    """The table of pairs, and the quantity that the question asks for with its interval."""
    table = record["table"]
    cells = [
        (
            f"without: {'happened' if y0 else 'did not'}; with: {'happened' if y1 else 'did not'}",
            str(table[f"n{y0}{y1}"]),
        )
        for y0 in (0, 1)
        for y1 in (0, 1)
    ]
    found = record["estimate"]
    numbers = ", ".join(
        f"{ENDS[name]} {'undefined' if found[name] is None else format(found[name], '.3f')}" for name in found
    )
    return Fold(
        "The numbers",
        [
            Rows(("pairs of futures", "count"), cells),
            Text(
                f"{QUANTITIES[record['quantity']]}: {numbers}; of these {number(sum(table.values()), 'pair')} of futures alone. "
                f"{GIVEN[record['estimand']]} Chance is shared by {record['coupling']}."
            ),
        ],
    )
