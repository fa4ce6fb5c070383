"""What a run's mind did: questions, answers and tokens of all its blocks, added up, and what they cost."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

import polars as pl

from windtunnel.agents.llm.costs.counts import NAMES
from windtunnel.analysis.tones.of_words import with_agreement
from windtunnel.sim.block import Block, in_order

ADDED = ("decisions", *NAMES)
"""Counts of a mind's record."""
ORIGINS = ("run", "kept", "shared")
"""Where a manifest's runs come from: this command, an earlier one in this folder, another cell of the sweep."""


def account(blocks: Sequence[Block], mind: Mapping[str, Any]) -> dict[str, Any]:
    """What the manifest says of the mind in these blocks, of a language model with what it cost.

    `mind` are the settings with which it was asked. `earlier` is what of the counts earlier commands asked, whose
    finished runs this one took up.
    """
    found = merged(block.record for block in sorted(blocks, key=lambda block: ORIGINS.index(block.origin)))
    before = merged(block.record for block in blocks if block.origin == "kept")
    if "calls" in before:
        found["earlier"] = {name: before[name] for name in ADDED if name in before}
    if "llm" in mind:
        if found.get("model") and "tokens_in" in found:
            found |= _cost(found["tokens_in"], found["tokens_out"], mind["llm"])
        found["calibration"] = mind.get("calibration")
    return with_agreement(found, pl.concat([run.events for run in in_order(blocks)]))


def merged(records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The records of many blocks' minds as one: counts added, distinct questions counted once, the rest from the first."""
    out: dict[str, Any] = {}
    mass: dict[int, float] = {}
    for record in records:
        mass |= record.get("mass_by_question", {})
        for key, value in record.items():
            if key in ADDED:
                out[key] = out.get(key, 0) + value
            elif key != "mass_by_question":
                out.setdefault(key, value)
    if mass:
        out |= {
            "unique": len(mass),
            "thin": sum(share < out["least_mass"] for share in mass.values()),
            "letter_mass_min": min(mass.values()),
            "letter_mass_mean": fmean(mass.values()),
        }
    return out


def _cost(tokens_in: float, tokens_out: float, llm: Mapping[str, Any]) -> dict[str, Any]:
    """`cost` (None: nobody knows the price), its currency, and the price's source."""
    from windtunnel.agents.llm.costs.prices import price_of
    from windtunnel.agents.llm.settings import LLMSettings

    price = price_of(LLMSettings.model_validate(llm))
    if price is None:
        return {"cost": None, "currency": None, "price": None}
    cost = round(price.of(tokens_in, tokens_out), 6)
    return {"cost": cost, "currency": price.currency, "price": price.source}
