"""An answer in three lines: the verdict, how sure it is, and what would make it surer."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from windtunnel.analysis.causal.questions import PERCENT_FROM
from windtunnel.analysis.why.counting import asked, found_of, split
from windtunnel.analysis.why.forum.weakness import weak, weak_in

HALF = 0.5
WIDE = 0.2
"""An interval, or a spread over readings of the tones, that is wider than this leaves much open."""
YES, NO, OPEN = "Likely yes", "Likely not", "Open"


class ThreeLines(NamedTuple):
    """Each a sentence or two. `word` is the verdict's first word: one of `YES`, `NO`, `OPEN`."""

    word: str
    verdict: str
    how_sure: str
    surer: str

    def said(self) -> list[str]:
        """The three lines as they are read without a heading of their own."""
        return [self.verdict, f"How sure: {self.how_sure}", f"What would make it surer: {self.surer}"]


def three_lines(record: Mapping[str, Any]) -> ThreeLines:
    """Of the record of `why --json`, of a forum or of another community."""
    given = dict(record)
    base, hit = split(given, record["table"])
    word = _word(record["estimate"], base)
    if record["quantity"] == "pn_backfire":  # hits are those that would not have had it
        word = {YES: NO, NO: YES, OPEN: OPEN}[word]
    question = asked(given)
    late = "It came too late. " if any("too late" in note for note in record.get("notes", ())) else ""
    verdict = f"{late}{question[0].upper()}{question[1:]}? {word}: {_count(given, base, hit)}."
    return ThreeLines(word, verdict, _how_sure(record, base), _surer(record, base))


def _word(estimate: Mapping[str, Any], base: int) -> str:
    """Yes or no where the whole interval lies on one side of a half."""
    if not base or estimate["low"] is None or estimate["high"] is None:
        return OPEN
    if estimate["low"] > HALF:
        return YES
    return NO if estimate["high"] < HALF else OPEN


def _count(record: dict[str, Any], base: int, hit: int) -> str:
    """The counts of the one quantity that is asked about."""
    pairs = sum(record["table"].values())
    if not base:
        return f"the case that is asked about comes up in none of {pairs} simulated futures"
    case = {
        "ps_prev": f"it averts it in {hit} of the {base} simulated futures that have it",
        "pn_backfire": f"in {hit} of the {base} simulated futures that have it with {record['question']}, it does not come without",
        "pn_prev": f"in {hit} of the {base} simulated futures that go without it, it comes once {record['question']} is left out",
        "ps_backfire": f"it brings it about in {hit} of the {base} simulated futures that go without it",
    }
    return case[record["quantity"]]


def _how_sure(record: Mapping[str, Any], base: int) -> str:
    told = []
    if record["replay"]["acts"] != record["replay"]["reproduced"]:
        told.append("Not at all: the record does not come out again when it is replayed.")
    if record["by_construction"]:
        told.append(str(record["by_construction"]))
    if weak(record):
        told.append("Weak: the model foretells this community's other places no better than base rates do.")
    elif part := weak_in(record):
        told.append(f"Weak in part: the model foretells {part} no better than base rates do.")
    found = record["estimate"]
    if base and found["low"] is not None and found["high"] is not None:
        low, high = found["low"], found["high"]
        ends = f"the share lies between {100 * low:.0f} and {100 * high:.0f} in a hundred"
        if base < PERCENT_FROM:
            ends = f"it lies between {low * base:.1f} and {high * base:.1f} of {base}, which is few"
        told.append(f"Over these futures alone {ends}.")
    found, tried = found_of(record.get("tone_errors") or {})
    if found < HALF * tried:
        it = "an incident" if record["happened"] else "no incident"
        told.append(f"By {found} of {tried} other readings of the tones alone it is {it} at all.")
    tones = _tones(record)
    if tones is not None and tones[1] - tones[0] > 0:
        told.append(f"Over other readings of the tones it goes from {tones[0]:.2f} to {tones[1]:.2f}.")
    return " ".join(told) or "No number says it: the case does not come up."


def _surer(record: Mapping[str, Any], base: int) -> str:
    if record["replay"]["acts"] != record["replay"]["reproduced"]:
        return "Import the record again; if that does not help, this is a fault of ours."
    if record["by_construction"]:
        return "Ask about an act that does not decide by itself what is counted, or about something else that follows from it."
    score = record.get("log_score")
    if weak(record) and score is None:
        return "A longer record: there are too few answers elsewhere to hold the model against."
    if _hangs_on_tones(record):
        return f"Label {_texts(record)}: the answer hangs on how the tones are read."
    found, pairs = record["estimate"], sum(record["table"].values())
    if not base or found["low"] is None or found["high"] - found["low"] > WIDE:
        return f"More futures: with {4 * pairs} instead of {pairs} the interval is about half as wide."
    if weak(record):
        return "Another mind: a language model may foretell this community better (--set mind=llm)."
    return "More futures change little now. What is left is the model itself, and only a trial among real members tells of that."


def _tones(record: Mapping[str, Any]) -> tuple[float, float] | None:
    tones = record.get("tone_errors")
    return None if not tones or tones["low"] is None else (tones["low"], tones["high"])


def _hangs_on_tones(record: Mapping[str, Any]) -> bool:
    """Whether other readings of the tones move the share far, or mostly find no incident at all."""
    found, tried = found_of(record.get("tone_errors") or {})
    tones = _tones(record)
    return found < HALF * tried or (tones is not None and tones[1] - tones[0] > WIDE)


def _texts(record: Mapping[str, Any]) -> str:
    tones = record.get("tone_errors") or {}
    lift = None if tones.get("wordless") else tones.get("lift")
    return lift or "thirty texts (windtunnel label)"
