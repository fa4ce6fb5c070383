"""What these tests share: policies from hand-made pairs, and a planted community whose truth is known."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.comparison.build import compare_inputs
from windtunnel.analysis.comparison.groups import MEASURES, SCHEMA
from windtunnel.analysis.comparison.inputs import Inputs, Tested
from windtunnel.analysis.comparison.page import comparison_page
from windtunnel.sim import noise

GROUPS = {"group": ("newcomer", "regular"), "persona": ("ordinary", "planted")}
PLANTED = "planted"
COSTS = ("moderator_actions", "wrongful_removals", "civil_posts_lost", "hostility_elsewhere")


class Truth(NamedTuple):
    """What a policy does: to the log-odds-like latent outcome, to each group's exposures, and to the costs."""

    outcome: float
    exposures: Mapping[str, float]
    cost: float = 0.0


def everyone(change: float, **other: float) -> dict[str, float]:
    """The same change of exposures for each group but those named."""
    return {group: other.get(group, change) for kind in GROUPS.values() for group in kind}


def normal(key: int, purpose: str, step: int, ids: np.ndarray) -> np.ndarray:
    from scipy.special import ndtri

    return ndtri(noise.uniform(key, purpose, step, ids))


def planted_inputs(
    truths: Mapping[str, Truth],
    repetition: int,
    *,
    draws: int = 30,
    seeds: int = 6,
    reason: str | None = None,
) -> Inputs:
    """One repetition. Draws differ by 1 in the latent outcome, and by .3 in each policy's effect on them.

    Twins share a seed's luck (sd 1); what a policy changes besides is its own luck (sd .4).
    """
    draw, seed = (axis.ravel() for axis in np.meshgrid(range(draws), range(seeds), indexing="ij"))
    unit = draw * seeds + seed
    base = normal(repetition, "draw", 0, draw) + normal(repetition, "seed", 0, unit) - 0.2
    tested = []
    for number, (name, truth) in enumerate(truths.items()):
        own = 0.3 * normal(repetition, "effect", number, draw) + 0.4 * normal(repetition, "own", number, unit)
        latent = base + truth.outcome + own
        pairs = pl.DataFrame(
            {"draw": draw, "seed": seed, "y0": (base > 0).astype(int), "y1": (latent > 0).astype(int)}
        )
        tested.append(
            Tested(
                name,
                ((name, {}),),
                name,
                pairs,
                _costs(truth, repetition, number, draw, seed, unit),
                _groups(truth, repetition, number, draw, seed, unit),
                {"members": 0, "better": 0, "worse": 0, "gini_members": None, "gini_groups": None},
                claim_reason=reason,
                coupling="gumbel-max",
            )
        )
    config = {
        "community": {"name": "planted", "size": 50},
        "draws": draws,
        "seeds": seeds,
        "steps": 1,
        "baseline": [],
    }
    outcome = {"name": "escalation", "threshold": 2.0, "unit": "hostile replies", "polarity": "harm"}
    return Inputs(tested, config, outcome, "preventive", [])


def _costs(truth: Truth, key: int, number: int, draw: Any, seed: Any, unit: Any) -> pl.DataFrame:
    parts = []
    for place, cost in enumerate(COSTS):
        base = 10 + normal(key, f"cost {cost}", 0, unit)
        change = truth.cost + 0.3 * normal(key, f"cost change {cost}", number * 10 + place, unit)
        parts.append({"draw": draw, "seed": seed, "outcome": cost, "baseline": base, "policy": base + change})
    return pl.concat([pl.DataFrame(part) for part in parts])


def _groups(truth: Truth, key: int, number: int, draw: Any, seed: Any, unit: Any) -> pl.DataFrame:
    parts = []
    for kind, groups in GROUPS.items():
        for group in groups:
            for measure in MEASURES:
                base = (
                    6
                    + normal(key, f"{group} {measure} draw", 0, draw)
                    + normal(key, f"{group} {measure}", 0, unit)
                )
                effect = truth.exposures[group] if measure == "hostile_exposures" else 0.0
                own = 0.3 * normal(key, f"{group} {measure} effect", number, draw)
                own = own + 0.5 * normal(key, f"{group} {measure} own", number, unit)
                parts.append(
                    pl.DataFrame(
                        {
                            "draw": draw,
                            "seed": seed,
                            "kind": kind,
                            "group": group,
                            "measure": measure,
                            "members": np.full(len(draw), 20.0),
                            "baseline": base,
                            "policy": base + effect + own,
                        }
                    ).cast(SCHEMA)  # type: ignore[arg-type]
                )
    return pl.concat(parts)


def from_cells(name: str, cells: Mapping[str, int], **other: Any) -> Tested:
    """A policy whose paired table is given, one pair a draw."""
    values = [(int(cell[1]), int(cell[2])) for cell, count in cells.items() for _ in range(count)]
    pairs = pl.DataFrame(
        {
            "draw": range(len(values)),
            "seed": [0] * len(values),
            "y0": [y0 for y0, _ in values],
            "y1": [y1 for _, y1 in values],
        }
    )
    measures = {
        "draw": pl.Int64,
        "seed": pl.Int64,
        "outcome": pl.String,
        "baseline": pl.Float64,
        "policy": pl.Float64,
    }
    return Tested(
        name,
        ((name, {}),),
        name,
        pairs,
        pl.DataFrame(schema=measures),
        pl.DataFrame(schema=SCHEMA),
        {},
        **other,
    )


@pytest.fixture(scope="session")
def tested() -> Any:
    """`tested(name, {"n10": 3, "n00": 2})`: a policy with that paired table."""
    return from_cells


@pytest.fixture(scope="session")
def planted() -> Any:
    """`planted({name: (outcome, exposures, cost)}, repetition, draws=, seeds=)`; exposures a number or by group."""

    def make(truths: Mapping[str, tuple[Any, ...]], repetition: int, **other: Any) -> Inputs:
        whole = {
            name: Truth(outcome, exposures if isinstance(exposures, dict) else everyone(exposures), *cost)
            for name, (outcome, exposures, *cost) in truths.items()
        }
        return planted_inputs(whole, repetition, **other)

    return make


@pytest.fixture(scope="session")
def truth() -> dict[str, tuple[Any, ...]]:
    """A is better than B for everyone; C is the best on average and harms the planted minority."""
    return {
        "a": (-1.2, -2.0, 1.0),
        "b": (-0.4, -0.8, 0.5),
        "c": (-2.4, everyone(-2.5, planted=1.0), 1.5),
    }


@pytest.fixture(scope="session")
def found(planted, truth):
    return compare_inputs(planted(truth, 1), smallest_effect=0.05)


@pytest.fixture(scope="session")
def page(found):
    return comparison_page(found)
