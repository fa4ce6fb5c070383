"""Donor game: the exact row of resources, and the directions of the paper as paired effects.

python bench/communities/donor_game.py [--draws 200] [--root 1]
"""

import argparse
from typing import Any

import numpy as np
from paired import change, last_line, lived, told, values

PERSONA = {"spread": 0, "reciprocity": 0, "spite": 0}


def resources(fraction: float, rounds: int = 12) -> float:
    """Mean final resources where all give the same part: one donor and one recipient changing places, by hand."""
    giver, other = 10.0, 10.0
    for _ in range(rounds):
        giver, other = other + 2 * fraction * giver, giver * (1 - fraction)
    return (giver + other) / 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=200)
    parser.add_argument("--root", type=int, default=1)
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for fraction in (1.0, 0.54, 0.50, 0.44, 0.10, 0.0):
        personas = {"reciprocal": {"generosity": fraction}}
        found = values(
            lived("donor_all", 2, asked.root, community={"personas": personas}), "final_resources", "baseline"
        )
        away = float(np.abs(found - resources(fraction)).max())
        rows.append(
            told(
                f"all give {fraction:.0%}",
                {"resources": float(found[0]), "furthest": away},
                "to 1e-9",
                "exact",
            )
        )
    for name, settings, outcomes in (
        ("punishment", {"policy": "costly_punishment"}, {"final_resources": "+", "donation": "+"}),
        ("trace depth 1", {"policy": "trace_depth"}, {"final_resources": "-"}),
        ("multiplier 3", {"policy": "gift_multiplier"}, {"final_resources": "+"}),
        ("newcomers do not copy", {"policy": "selection"}, {"donation": "?"}),
    ):
        found = lived(None, asked.draws, asked.root, community="donor_game", **settings)
        for outcome, sign in outcomes.items():
            rows.append(
                told(
                    f"{name}: {outcome}",
                    change(found, outcome),
                    f"sign {sign}",
                    "reproduced by mechanism if the sign is right",
                )
            )
    for name, drift, persona, sign in (
        ("b .44, drift .05", 0.05, {}, "+"),
        ("b .2, drift .02", 0.02, {"generosity": 0.2}, "-"),
        ("b .3, drift .02", 0.02, {"generosity": 0.3}, "?"),
        ("weak reciprocity, drift .02", 0.02, {"reciprocity": 0.3}, "-"),
    ):
        place = {"settings": {"drift": drift}, "personas": {"reciprocal": persona}}
        slopes = values(
            lived("donor_punishment", asked.draws, asked.root, community=place), "donation_slope", "baseline"
        )
        error = float(slopes.std(ddof=1) / np.sqrt(len(slopes)))
        rows.append(
            told(
                f"slope of donations a generation, {name}",
                {"slope": round(float(slopes.mean()), 5), "se": round(error, 5)},
                f"sign {sign}",
                "reproduced by mechanism if the sign is right",
            )
        )
    last_line(rows, draws=asked.draws, root=asked.root)


if __name__ == "__main__":
    main()
