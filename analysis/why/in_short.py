"""An answer in three lines: the verdict, how sure it is, and what would make it surer."""

from collections.abc import Sequence
from typing import Any

from windtunnel.analysis.causal.questions import PERCENT_FROM
from windtunnel.analysis.summary import capital, number
from windtunnel.analysis.why.counting import hit_words, split

FEW = 20
"""With fewer futures of the case that is asked about than this, the share is told as not known well."""
LIKELY = {
    "ps_prev": "{what} would{how} have averted it",
    "pn_backfire": "it would{how} have happened without {what}",
    "pn_prev": "{outcome} would{how} have come without {what}",
    "ps_backfire": "{what} would{how} have caused {outcome}",
}


def in_short(record: dict[str, Any], doubts: Sequence[str] = (), surer: Sequence[str] = ()) -> list[str]:
    """The three lines; `doubts` and `surer` are what a community's own kind of record adds to the last two."""
    return [_verdict(record), _sure(record, doubts), _surer(record, surer)]


def _verdict(record: dict[str, Any]) -> str:
    """Which way the counts point. Of those that would not have had it otherwise the share is turned round."""
    base, hit = split(record, record["table"])
    names = {"what": record["question"], "outcome": record["outcome"]}
    late = [note.split(":")[0] for note in record["notes"] if note.startswith("It came too late")]
    start = f"{late[0]}. " if late else ""
    if not base:
        return f"{start}Nothing can be said: in none of {number(sum(record['table'].values()), 'future')} does the case come up that is asked about."
    told = hit_words(record, record["table"])
    turned = record["quantity"] == "pn_backfire"
    share = hit / base
    likely = LIKELY[record["quantity"]].format(how=_how(record["estimate"], share, turned), **names)
    return f"{start}{capital(likely)}: {told}, of the simulated futures that are asked about."


def _how(estimate: dict[str, Any], share: float, turned: bool) -> str:
    """ "", " not", " probably", " probably not" or " perhaps", by the interval, and by the share where it is all or none."""
    low, high = estimate["low"], estimate["high"]
    if low is None or high is None:
        return " perhaps"
    if turned:
        low, high = 1 - high, 1 - low
    if low > 0.8:
        return ""
    if high < 0.2:
        return " not"
    return " probably" if low > 0.5 else " probably not" if high < 0.5 else " perhaps"


def _sure(record: dict[str, Any], doubts: Sequence[str]) -> str:
    base, hit = split(record, record["table"])
    found = record["estimate"]
    if not base:
        said = "How sure: not at all"
    elif found["low"] is None:
        said = f"How sure: no interval, from {number(base, 'future')} of that kind"
    elif base < PERCENT_FROM:
        said = f"How sure: {hit} of {base} is few; chance alone leaves {_count(found['low'] * base)} to {_count(found['high'] * base)} of {base}"
    else:
        said = f"How sure: chance alone leaves {100 * found['low']:.0f} to {100 * found['high']:.0f} %"
    again, of = record["recurrence_counts"].values()
    if record["happened"]:
        said += f"; with nothing changed it comes again in {again} of {of} futures"
    return "; ".join([said, *doubts]) + "."


def _surer(record: dict[str, Any], surer: Sequence[str]) -> str:
    base, _ = split(record, record["table"])
    pairs = sum(record["table"].values())
    wanted = [*surer]
    if base < 5 * FEW:
        more = pairs * 5 * FEW // max(base, 1)
        wanted.insert(0, f"more futures (--replicates {min(10_000, max(2 * pairs, _round(more)))})")
    wanted.append(
        "another mind or another model of the place beside this one, which no number of futures replaces"
    )
    return f"What would make it surer: {'; '.join(wanted)}."


def _count(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _round(count: int) -> int:
    """Up to a number that people type.

    >>> _round(143), _round(20), _round(1501)
    (200, 20, 2000)
    """
    scale = 10 ** (len(str(count)) - 1)
    return -(-count // scale) * scale
