"""`windtunnel robustness`: in how many plausible variants of the model an answer's sign and ranking hold."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from analysis.ending import OK, plain
from analysis.printing import print_json, print_table

SHOWN = 20
"""Levels of a factor that are printed."""
VARY = "Sweep over what you are not sure of as well, for example `windtunnel run -m policy=a,b root=0,1,2 out=FOLDER`."


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Over finished cells that differ in model, wording, persona format, root or community: in how many variants "
        "each policy's effect has the same sign, and the policies the same ranking. Make the cells with "
        "`windtunnel run -m policy=a,b community.wording=plain,formal root=0,1 out=FOLDER` or `windtunnel design`."
    )
    parser.add_argument("out", nargs="+", help="output folders of finished runs, or of a sweep")
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def call(asked: argparse.Namespace) -> int:
    from analysis.sweeps.robustness import by_level, read_cells, robustness

    frame, factors, polarity = read_cells(asked.out)
    found = robustness(frame, polarity=polarity)
    levels = by_level(frame, factors).to_dicts()
    found |= {"notes": notes(frame, factors)}
    if asked.json:
        print_json(found | {"factors": factors, "by_level": levels, "cells": frame.to_dicts()})
        return OK
    _print(found, factors, levels)
    return OK


def notes(frame: Any, factors: Sequence[str]) -> list[str]:
    """What to know before counting these variants."""
    words = [name for name in factors if name in ("community.wording", "community.persona_format")]
    values = [name for name in frame.columns if name in ("policy", "rd", "low", "high")]
    others = [name for name in factors if name not in words]
    idle = words and len(frame.select(*others, *values).unique()) == len(
        frame.select(*others, "policy").unique()
    )
    if not idle:
        return []
    return [
        f"{' and '.join(words)} changed no number: rules read no words, so these variants count the same answer more "
        "than once; vary them with mind=llm."
    ]


def _print(found: Mapping[str, Any], factors: Sequence[str], levels: Sequence[Mapping[str, Any]]) -> None:
    count = f"{found['variants']} variant{'' if found['variants'] == 1 else 's'} of the model"
    varied = ", ".join(factors) or f"nothing beside the policy. {VARY}"
    print(plain(f"{count}; varied: {varied}{'.' if factors else ''}"))
    for line in found["notes"]:
        print(plain(line))
    for one in found["policies"]:
        print(plain(_said(one)))
    ranking = found["ranking"]
    if (
        ranking
        and ranking["order"]
        and all(one["tied_in"] == ranking["variants"] for one in ranking["pairs"])
    ):
        print("The policies tie in every variant, so there is no ranking.")
    elif ranking and ranking["order"]:
        n = ranking["variants"]
        print(
            plain(
                f"Ranking, best first: {' > '.join(ranking['order'])}. It holds in {ranking['holds_in']} of {n} variants; "
                f"{ranking['order'][0]} alone is best in {ranking['best_in']} of {n}."
            )
        )
    elif ranking:
        print("No variant has a claim for every policy, so there is no ranking.")
    many = {name: len({row["level"] for row in levels if row["factor"] == name}) for name in factors}
    many = {name: number for name, number in many.items() if number > SHOWN}
    if rows := [row for row in levels if row["factor"] not in many]:
        print_table(
            [
                {key: row[key] for key in ("factor", "level", "policy", "cells")}
                | {"mean net change": "-" if row["rd"] is None else f"{row['rd']:+.3f}"}
                for row in rows
            ]
        )
    for name, number in many.items():
        print(plain(f"{name} has {number} levels: --json lists them."))
    print(
        "More seeds do not shrink the spread over variants. A share counts the variants given, not all there could be."
    )
    print(f"All this holds {found['caveat']}.")


def _said(one: Mapping[str, Any]) -> str:
    """One policy's sign over the variants, in a sentence."""
    if one["sign"] == "none":
        return (
            f"{one['policy']}: no sign prevails in {one['of']} variant{'' if one['of'] == 1 else 's'} ({one['other_sign_in'] // 2} each way, "
            f"{one['no_change_in']} without change, {one['no_claim_in']} without a claim)."
        )
    verb = "fewer harms or more good" if one["sign"] == "helps" else "more harm or less good"
    tail = [
        f"the other sign in {one['other_sign_in']}" if one["other_sign_in"] else "",
        f"no change in {one['no_change_in']}" if one["no_change_in"] else "",
        f"no claim in {one['no_claim_in']}" if one["no_claim_in"] else "",
    ]
    rest = "; ".join(part for part in tail if part)
    return (
        f"{one['policy']}: {verb} in {one['holds_in']} of {one['of']} variants, beyond chance in "
        f"{one['beyond_chance']}{f'; {rest}' if rest else ''} (net change {one['rd_lowest']:+.3f} to "
        f"{one['rd_highest']:+.3f})."
    )
