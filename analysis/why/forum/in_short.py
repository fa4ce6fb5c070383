"""The three lines of an answer about a thread: what a record's tones and the model's fit to it add to how sure it is."""

from typing import Any

from windtunnel.analysis.why import in_short as generic
from windtunnel.analysis.why.forum.tell import weak


def in_short(record: dict[str, Any]) -> list[str]:
    """Verdict, how sure, what would make it surer."""
    tones, doubts, surer = record["tone_errors"], [], []
    if tones and tones["low"] is not None and tones["by_hand"] < tones["posts"]:
        doubts.append(
            f"other readings of the tones give shares from {tones['low']:.2f} to {tones['high']:.2f}"
        )
        surer.append("tones set by hand (windtunnel label)")
    if weak(record):
        doubts.append("the model foretells other threads no better than base rates")
        surer.append("a longer record of this community")
    return generic.in_short(record, doubts, surer)
