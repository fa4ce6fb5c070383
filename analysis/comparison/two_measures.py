"""Why the count of futures and the mean of one outcome may say different things of a policy."""

from collections.abc import Mapping, Sequence
from typing import Any

from windtunnel.analysis.numbers_in_words import words

Record = Mapping[str, Any]


def two_measures(record: Record, made: Sequence[Record]) -> list[str]:
    """A sentence where one of the two is clear of chance for a policy and the other is not; else none."""
    name, threshold = record["outcome"]["name"], record["outcome"]["threshold"]
    means = {row["policy"]: row["change"] for row in record["outcomes"] if row["outcome"] == name}
    only: dict[str, list[str]] = {"mean": [], "count": []}
    for row in made:
        mean, count = (_clear(found) for found in (means.get(row["policy"]), row["rd"]))
        if mean is not None and count is not None and mean != count:
            only["mean" if mean else "count"].append(row["policy"])
    if threshold is None or not any(only.values()):
        return []
    each = ", and ".join(
        f"for {' and '.join(names)} only the {which}" for which, names in only.items() if names
    )
    return [
        f"Two measures of {words(name)} may differ: the count of futures that reached {threshold:g}, and its mean in a future, which "
        f"takes in every change on either side of {threshold:g}. Here, {each} is clear of chance."
    ]


def _clear(found: Record | None) -> bool | None:
    """Whether an interval leaves out zero; None without one."""
    if not found or found["low"] is None or found["high"] is None:
        return None
    return not found["low"] <= 0 <= found["high"]
