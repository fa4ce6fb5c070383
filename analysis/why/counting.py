"""The counts of an answer in words: what was asked, in how many futures it came so, and how sure these counts are."""

from collections.abc import Mapping
from typing import Any

from windtunnel.analysis.causal.intervals import Estimate
from windtunnel.analysis.causal.necessity import CELLS
from windtunnel.analysis.causal.questions import PERCENT_FROM
from windtunnel.analysis.why.answer import FIELDS

ASKED = {
    "ps_prev": "would {what} have averted it",
    "pn_backfire": "would it have happened without {what}",
    "pn_prev": "was {what} needed, or would {outcome} not have come without it",
    "ps_backfire": "would {what} have caused {outcome}",
}
"""The question of each quantity, without its mark; {outcome} is named where none happened."""
_COUNTED = {
    "ps_prev": (
        "it happens without {what}",
        "{what} averts {hit} of these",
        "{what} brings it about in {n01}",
    ),
    "pn_backfire": (
        "it happens with {what}",
        "{hit} of these would not have had it without",
        "without {what} it happens in {n10}",
    ),
    "pn_prev": (
        "it does not happen with {what}",
        "without {what} it happens in {hit} of these",
        "{what} brings it about in {n01}",
    ),
    "ps_backfire": (
        "it does not happen without {what}",
        "{what} brings it about in {hit} of these",
        "{what} averts {n10}",
    ),
}
_HITS = {
    "ps_prev": "{hit} of {base} averted",
    "pn_backfire": "{hit} of {base} not without it",
    "pn_prev": "{hit} of {base} but for it",
    "ps_backfire": "{hit} of {base} caused",
}


def asked(record: dict[str, Any]) -> str:
    """The question in words, without its mark."""
    return ASKED[record["quantity"]].format(what=record["question"], outcome=record["outcome"])


def since(record: dict[str, Any]) -> str:
    """From when on: right after something, or from a moment on."""
    return f"from {record['moment']}" + ("" if "right after" in record["moment"] else " on")


def split(record: dict[str, Any], table: dict[str, int]) -> tuple[int, int]:
    """Of a table of pairs: how many have the case that is asked about, and how many of these are hits."""
    hits, base = CELLS["preventive"][FIELDS[record["quantity"]]]
    return sum(table[cell] for cell in base), sum(table[cell] for cell in hits)


def hit_words(record: dict[str, Any], table: dict[str, int]) -> str:
    """The hits of a table, of how many."""
    base, hit = split(record, table)
    return _HITS[record["quantity"]].format(base=base, hit=hit)


def counted(record: dict[str, Any]) -> str:
    """The counts first, then how far these futures alone pin the share down, and what other readings of the tones say."""
    table, what = record["table"], record["question"]
    pairs = sum(table.values())
    luck = " under luck that fits the record" if record["estimand"] == "given_record" else ""
    futures = f"{pairs} simulated futures of the same past{luck}"
    base, hit = split(record, table)
    rest = pairs - base
    opening, beside, alone = (
        words.format(what=what, hit=hit, **table) for words in _COUNTED[record["quantity"]]
    )
    said = f"In {base} of {futures} {opening}"
    if base:
        said += f"; {beside}{_percent(record['estimate'], base, pairs)}"
    said += f"{_spread(record)}."
    return f"{said} {alone[0].upper()}{alone[1:]} of the other {rest}." if rest else said


def _percent(estimate: dict[str, Any], of: int, pairs: int) -> str:
    found = Estimate(**estimate)
    if found.est is None or found.low is None or found.high is None or of < PERCENT_FROM:
        return ""
    return f" ({100 * found.est:.0f} %, {100 * found.low:.0f} to {100 * found.high:.0f} over these {pairs} futures alone)"


def _spread(record: dict[str, Any]) -> str:
    """What becomes of the share under other readings of the tones."""
    tones = record.get("tone_errors")
    if not tones or not tones["draws"]:
        return ""
    is_so = "it is an incident" if record["happened"] else "it is none"
    found, tried = found_of(tones)
    if tones["low"] is None:
        return f"; in {found} of {tried} other readings of the tones {is_so}"
    some = "" if found == tried else f" ({is_so} in {found} of {tried})"
    return f"; over {tones['incident']} other readings of the tones{some} the share goes from {tones['low']:.2f} to {tones['high']:.2f}"


def found_of(tones: Mapping[str, Any]) -> tuple[int, int]:
    """In how many readings of the tones the rule finds what was asked about, and of how many; an earlier version asked each that it tried."""
    at = ("found", "tried") if "tried" in tones else ("incident", "draws")
    return int(tones.get(at[0], 0)), int(tones.get(at[1], 0))
