"""`windtunnel pilot`: from a finished run to the real test that would show whether it holds."""

import argparse
from collections.abc import Mapping
from typing import Any

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.outcomes import immovable
from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json, print_table


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "What a real A/B test of this policy would need: metric, unit, sample size and stopping rule, from the "
        "simulated variances between and within communities."
    )
    parser.add_argument("out", help="output folder of a finished run, with seeds of 2 or more")
    parser.add_argument(
        "--smallest-effect", type=float, default=0.05, help="least change of the share worth finding (0.05)"
    )
    parser.add_argument("--power", type=float, default=0.8, help="chance of finding it (0.8)")
    parser.add_argument("--alpha", type=float, default=0.05, help="two-sided error of the test (0.05)")
    parser.add_argument(
        "--per-community",
        type=int,
        default=10,
        help="windows (or parts of it) that each community gives (10)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.sweeps.pilot import pilot

    folder = Folder(asked.out)
    found = pilot(
        folder.read_table("pairs"),
        folder.read_json(folder.manifest),
        folder.read_json(folder.estimates),
        folder.read_table("runs"),
        smallest_effect=asked.smallest_effect,
        power=asked.power,
        alpha=asked.alpha,
        per_community=asked.per_community,
    )
    manifest = folder.read_json(folder.manifest)
    name = manifest["outcome"]["name"]
    found |= {
        "cannot_move": immovable.sentence([name])
        if name in immovable.cannot_move(manifest["config"])
        else None
    }
    if asked.json:
        print_json(found)
    else:
        _print(found)
    return OK


def _print(found: Mapping[str, Any]) -> None:
    best, what = found["recommended"], found["observation"]
    told = found["if_as_simulated"]
    lines = [
        f"Metric: {found['metric']}; {found['direction']} is better.",
        *_warnings(found),
        f"To find: {found['p0']:.3f} without the policy against {found['p1_at_smallest_effect']:.3f} with it, in "
        f"{found['power']:.0%} of tests, wrong in {found['alpha']:.0%} if nothing differs.",
        f"Unit: the community. {best['units_an_arm']:,} communities an arm, {best['per_community']} {what}"
        f"{'' if best['per_community'] == 1 else 's'} each ({best['observations_an_arm']:,} {what}s an arm; design "
        f"effect {best['design_effect']:.2f}).",
    ]
    if "icc" in best:
        lines.append(
            f"That is planned with an intraclass correlation of {best['icc']:.3f}, larger than the estimate "
            f"{found['alike']['icc']:.3f}, so that four plans in five have the power. With the estimate itself it would be "
            f"{best['units_at_the_point_icc']:,} an arm, and every second such plan falls short; with the largest "
            f"correlation that the runs leave possible, {best['units_at_the_upper_icc']:,}."
        )
    for line in lines:
        print(plain(line))
    print_table(
        [
            {
                "randomised": "whole communities"
                if row["unit"] == "community"
                else f"{what}s within communities",
                f"{what}s a community": row["per_community"],
                "design effect": f"{row['design_effect']:.2f}",
                "units an arm": f"{row['units_an_arm']:,}",
                f"{what}s an arm": f"{row['observations_an_arm']:,}",
            }
            for row in found["designs"]
        ]
    )
    if found["alike"]:
        print(plain(_within(found, what)))
    print(plain(f"Decide {found['stopping']['success']}."))
    print(plain(f"Stop early for harm alone: {found['stopping']['harm']}."))
    if told:
        print(
            plain(
                f"If the world were as simulated (net change {told['effect']:+.3f}), this test would find a difference in "
                f"{told['power']:.0%} of cases."
            )
        )
    print("What this rests on:")
    for line in found["rests_on"]:
        print(plain(f"- {line}"))
    print(f"All numbers hold {found['caveat']}.")


def _within(found: Mapping[str, Any], what: str) -> str:
    """What the simulation can tell of putting single parts or windows of one community into both arms."""
    said = f"Putting {what}s of one community into both arms needs fewer, if a policy in one {what} leaves the others alone"
    moved = found["leakage"] and found["leakage"]["beyond_chance"]
    if moved is None:
        return f"{said}; the simulation does not tell."
    return (
        f"{said}. In the simulation, where the policy was on in every {what}, {found['leakage']['what']} "
        + ("changed with it, by a leak or by the policy there." if moved else "did not change beyond chance.")
    )


def _warnings(found: Mapping[str, Any]) -> list[str]:
    """What the simulation itself says against such a test."""
    told = found["if_as_simulated"]
    lines = [found["cannot_move"]] if found.get("cannot_move") else []
    if not told:
        return lines
    if told["wrong_direction"]:
        known = "" if told["low"] is None else f" ({told['low']:+.3f} to {told['high']:+.3f})"
        chance = "speaks against this policy" if told["against"] else "does not show that the policy helps"
        lines.append(
            f"Wrong direction: in the simulation the policy made it worse, net change {told['effect']:+.3f}{known}. The "
            f"simulation {chance}."
        )
    if told["by_construction"]:
        lines.append(
            "By construction: the policy's own mechanism decides this outcome, so the simulated net change is no finding."
        )
    return lines
