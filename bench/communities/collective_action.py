"""Collective action: what two collectives do to each other, mistakes, cross-effects in a recommender, and the bound.

    python bench/communities/collective_action.py [--draws 50] [--root 1] [--parts cells,noise,many,texts,recommender,bound]

Published: arXiv 2505.00195 (two collectives), 2510.18933 (noise, by its abstract), 2605.06749 (many, by a note), 2502.04879 (bound).
"""

import argparse
from typing import Any

import numpy as np
from bound_world import reached_and_bound
from paired import change, last_line, lived, told

FORM, DIRECTION = "reproduced by mechanism, not tuned", "reproduced by mechanism if the sign is right"
OVERLAP = "tuned: the overlap of .6 was found by trying"
ALL = {"committed": {"share": 1, "zeal": 30}, "wavering": {"share": 0}, "many_accounts": {"share": 0}}
NOBODY = {"committed": {"share": 1, "zeal": -30}}


def cells(draws: int, root: int, of_a: dict[str, Any], of_b: dict[str, Any], **settings: Any) -> Any:
    """One round of the cell world in which all take part; the policy disbands B."""
    size = of_a["members"] + of_b["members"]
    place = {"size": size, "settings": settings | {"collectives": {"A": of_a, "B": of_b}}, "personas": ALL}
    return lived("collective_rival", draws, root, steps=1, community=place)


def two(draws: int, root: int) -> list[dict[str, Any]]:
    rows = []
    for name, n, rival in (
        ("another signal, A 400, B 400", 400, {"members": 400, "signal": 1}),
        ("same signal, A 400, B 400", 400, {"members": 400}),
        ("same signal, A 400, B 800", 400, {"members": 800}),
        ("same signal and target, A 200, B 200", 200, {"members": 200, "target": 0}),
    ):
        found = cells(draws, root, {"members": n}, rival)
        both = change(found, "collective_success")
        lost = 1 - both["baseline"] / both["policy"]
        second = change(found, "rival_success")["baseline"]
        asked = "published: to 25 % of its success at B = 2A; no harm with another signal"
        rows.append(told(name, both | {"lost": round(lost, 3), "B": second}, asked, FORM))
    for alike in (0.5, 1.0):
        found = cells(draws, root, {"members": 400, "alike": alike}, {"members": 1, "signal": 1})
        rows.append(
            told(f"A 400, alike {alike}", change(found, "collective_success"), "alone, policy arm", FORM)
        )
    found = cells(draws, root, {"members": 400, "strategy": "feature"}, {"members": 1, "signal": 1})
    rows.append(told("A 400, feature only", change(found, "collective_success"), "alone, policy arm", FORM))
    for name, more in (
        ("robustify", {}),
        ("label_audit", {}),
        ("noise_injection", {}),
        ("sybil_cap", {}),
        ("signal_registry", {"experiment": "collective_registry"}),
    ):
        preset = more.get("experiment", "collective_robust")
        found = lived(preset, draws, root, policy=name)
        for outcome in ("collective_success", "platform_accuracy"):
            rows.append(told(f"{name}: {outcome}", change(found, outcome), "", DIRECTION))
    return rows


def mistakes(draws: int, root: int) -> list[dict[str, Any]]:
    rows = []
    for noise in (0.0, 0.1, 0.2, 0.3, 0.4, 0.48, 0.6, 0.8):
        found = cells(draws, root, {"members": 1000}, {"members": 1, "signal": 1}, noise=noise)
        success = {"success": change(found, "collective_success")["policy"]}
        rows.append(
            told(f"noise {noise}, n = 1000", success, "falls; published: to just under 60 %", DIRECTION)
        )
    falls = [row["success"] for row in rows]
    worst = max(after - before for before, after in zip(falls, falls[1:], strict=False))
    rows.append(
        told("success as mistakes grow, largest rise", {"rise": round(worst, 4)}, ".02 at most", DIRECTION)
    )
    for n, noise in (
        (400, 0.15),
        (400, 0.1),
        (400, 0.08),
        (400, 0.07),
        (400, 0.06),
        (400, 0.05),
        (800, 0.1),
        (200, 0.1),
    ):
        small, large = (
            change(
                cells(draws, root, {"members": m}, {"members": 1, "signal": 1}, noise=nu),
                "collective_success",
            )["policy"]
            for m, nu in ((n, noise), (2 * n, 4 * noise))
        )
        found = {"small": small, "large and noisy": large}
        rows.append(
            told(f"({n}, {noise}) against ({2 * n}, {4 * noise})", found, "the larger does worse", FORM)
        )
    found = lived("collective_noise", draws, root)
    return [*rows, told("coordination_tool", change(found, "collective_success"), "", DIRECTION)]


def many(draws: int, root: int) -> list[dict[str, Any]]:
    rows = []
    for targets in ((0, 0, 0, 0), (0, 0, 1, 1), (0, 1, 2, 3)):
        collectives = {name: {"target": t} for name, t in zip("ABCD", targets, strict=True)}
        place = {"settings": {"collectives": collectives}, "personas": ALL}
        found = change(lived("collective_many", draws, root, steps=1, community=place), "mean_success")
        rows.append(told(f"four of 200, targets {targets}", found, "falls with the number of targets", FORM))
    return rows


def texts(draws: int, root: int) -> list[dict[str, Any]]:
    rows = []
    for name, a, b, more in (
        ("same signal, A 5 %, B 10 %", 150, 300, {}),
        ("another signal, A 2 %, B 2 %", 60, 60, {"signal": 1}),
        ("same signal and target, A 1 %, B 1 %", 30, 30, {"target": 0}),
    ):
        settings = {
            "base": 3000 - a - b,
            "collectives": {"A": {"members": a}, "B": {"members": b, **more}},
        }
        found = lived("collective_texts", draws, root, community={"size": a + b, "settings": settings})
        both = change(found, "collective_success")
        lost = 1 - both["baseline"] / both["policy"]
        accuracy = change(found, "platform_accuracy")["baseline"]
        rows.append(
            told(name, both | {"lost": round(lost, 3), "accuracy": accuracy}, "60 % at least lost", FORM)
        )
    return rows


def recommender(draws: int, root: int) -> list[dict[str, Any]]:
    """Cross-effects CT(A|B) = (hits of A's targets with B - without B) / hits with nobody."""
    rows = []
    for overlap in (0.6, 0.0):
        nobody = None
        for mine, theirs in (
            ("promote", "promote"),
            ("demote", "demote"),
            ("promote", "demote"),
            ("demote", "promote"),
        ):
            collectives = {"A": {"strategy": mine}, "B": {"strategy": theirs}}
            place = {"settings": {"overlap": overlap, "collectives": collectives}}
            if nobody is None:
                none = lived("collective_recommender", draws, root, community=place | {"personas": NOBODY})
                nobody = change(none, "collective_success")["baseline"]
            found = change(
                lived("collective_recommender", draws, root, community=place), "collective_success"
            )
            sign = -1 if mine == "promote" else 1
            low, high = sorted((sign * found["low"] / nobody, sign * found["high"] / nobody))
            cross = {
                "CT": round(sign * found["difference"] / nobody, 3),
                "low": round(low, 3),
                "high": round(high, 3),
            }
            alone = found["policy"] if mine == "promote" else 1 - found["policy"]
            cross |= {"hits alone": round(alone, 3), "hits with nobody": nobody}
            rows.append(
                told(f"{mine} with {theirs}, overlap {overlap}", cross, "published signs +, -, -, +", OVERLAP)
            )
    return rows


def bound(draws: int, root: int) -> list[dict[str, Any]]:
    rows = []
    for members in SIZES:
        pairs = np.array([reached_and_bound(members, root + draw) for draw in range(min(draws, 20))])
        found = {
            "reached": round(float(pairs[:, 0].mean()), 3),
            "bound": round(float(pairs[:, 1].mean()), 3),
            "violated": int((pairs[:, 1] > pairs[:, 0]).sum()),
            "of": len(pairs),
        }
        rows.append(
            told(
                f"{members} of 1,000,000",
                found,
                "published: reached 0, .172, .691, 1 at the first four; bound < 0 to 101,000, .989 from 121,000",
                "our own world: only the order is asked",
            )
        )
    reached = next((n for n, found in zip(SIZES, rows, strict=True) if found["reached"] >= 0.95), None)
    sure = next((n for n, found in zip(SIZES, rows, strict=True) if found["bound"] >= 0.95), None)
    ratio = {
        "reached from": reached,
        "bound from": sure,
        "ratio": round(sure / reached, 2) if sure and reached else None,
    }
    asked = "2.5 at most; published 2.0"
    return [*rows, told("members for a bound of .95, over those for a success of .95", ratio, asked, FORM)]


SIZES = (1_000, 21_000, 41_000, 61_000, 81_000, 101_000, 121_000)
PARTS = {
    "cells": two,
    "noise": mistakes,
    "many": many,
    "texts": texts,
    "recommender": recommender,
    "bound": bound,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=50)
    parser.add_argument("--root", type=int, default=1)
    parser.add_argument("--parts", default=",".join(PARTS))
    asked = parser.parse_args()
    rows = [row for name in asked.parts.split(",") for row in PARTS[name](asked.draws, asked.root)]
    last_line(rows, draws=asked.draws, root=asked.root)


if __name__ == "__main__":
    main()
