"""The report's page on the language model itself: base rates raw and calibrated, and what moves its answers."""

from collections.abc import Mapping
from typing import Any

from windtunnel.analysis.model_commands import calibration_words as words
from windtunnel.analysis.model_commands.calibration_words import CONTRAST
from windtunnel.analysis.report.blocks import Block, Rows, Section, Text

Record = Mapping[str, Any]


def calibrated(llm: Record) -> list[Section]:
    """One section where a calibrated language model decided, else none."""
    found = llm.get("calibration")
    if llm.get("mind") != "llm" or not found:
        return []
    blocks: list[Block] = [Text(line, "alarm") for line in words.doubts(found)]
    blocks += [Text(line) for line in words.state(llm)]
    if found.get("gap") and found["gap"]["gap"] <= words.MOST_GAP:
        blocks.append(Text(words.gap_words(found["gap"])))
    blocks += [base_rates(found), card(found)]
    return [Section("What this language model can be asked", blocks)]


def base_rates(found: Record) -> Rows:
    """Each action's share over the community's typical situations."""
    rows = [
        (row["action"].replace("_", " "), *(f"{row[key]:.2%}" for key in ("profile", "raw", "calibrated")))
        for row in found["base_rates"]
    ]
    caption = "Share of decisions over typical situations: in the profile, by the raw model, as calibrated."
    return Rows(("action", "profile", "raw", "calibrated"), rows, caption)


def card(found: Record) -> Rows:
    """The sensitivity card: what each feature does to the model's own log-odds, before beta."""
    rows = []
    for row in found["card"]["shifts"]:
        rude = row["rude_against_civil"]
        largest = words.shift_words(row).rpartition("most of all ")[2]
        rows.append((row["feature"], row["says"], words.pair(rude) if rude else "not measured", largest))
    return Rows(
        ("feature", "what the model reads", CONTRAST, "largest shift of an action"),
        rows,
        f"Sensitivity card: shifts of log-odds, with standard errors over {found['card']['orders']} orders of the letters.",
    )
