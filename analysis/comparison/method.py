"""How the intervals of a comparison were made, in a line for everybody and in full, and which difference they can see."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from windtunnel.analysis.numbers_in_words import number

Record = Mapping[str, Any]


def seen(record: Record, made: Sequence[Record]) -> list[str]:
    """Which difference so many draws can see; none where too few draws, or draws that agree, cannot tell it."""
    parts, draws = [], 0
    for family, what in (("policies", "a policy and doing nothing"), ("pairs_of_policies", "two policies")):
        found = record["simultaneous"][family]
        if found["sees"] is not None:
            n, draws = max(row["n_pairs"] for row in made), found["draws"]
            parts.append(f"{what} where they differ by {min(n, math.ceil(found['sees'] * n))} of {n} futures")
    if not parts:
        return []
    return [
        f"What {number(draws, 'community draw')} can see: told apart in four cases of five are {' and '.join(parts)}. A "
        "smaller difference may be there unseen; more draws see it."
    ]


def method_words(record: Record) -> str:
    """What the counts are of, and how the simultaneous intervals were made."""
    found, level = record["simultaneous"]["policies"], record["confidence"]
    first, second = (
        ("Stopped", "caused") if record["direction"] == "preventive" else ("Prevented", "brought about")
    )
    counts = f"{first}: of the futures in which it happened without the policy; {second}: of the others. "
    if found["method"] == "single":
        return f"{counts}Intervals: {level:.0%}, over {number(found['draws'], 'community draw')}."
    how = (
        "Student's t over draws, at the level of max-t by joint sign flips of whole draws"
        if found["method"] == "max-t"
        else "by Bonferroni and Holm, since there are too few draws for sign flips"
    )
    return (
        f"{counts}Simultaneous intervals: all {found['comparisons']} hold at once with {level:.0%} confidence ({how}, "
        f"{number(found['draws'], 'community draw')}). Those of groups are another such family. Those of costs, PN, PS, PNS, backfire, "
        "interactions and benefit stand alone."
    )


def method_plain(record: Record) -> str:
    """The same in a line: how many comparisons hold at once, and over how many draws."""
    found, level = record["simultaneous"]["policies"], record["confidence"]
    many = found["comparisons"]
    held = f"{many} intervals hold at once" if many > 1 else "The interval holds"
    return (
        f"Chance: {held} with {level:.0%} confidence, over {number(found['draws'], 'community draw')}; more draws make them "
        "narrower."
    )
