"""`windtunnel robustness`: in how many plausible variants of the model an answer's sign and ranking hold."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json, print_table

SHOWN = 20
"""Levels of a factor that are printed."""
WORDS = ("community.wording", "community.persona_format")
VARY = "Sweep over what you are not sure of as well, for example `windtunnel run -m policy=a,b community.size=60,90 out=FOLDER`."


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Over finished cells that differ in model, wording, persona format or community: in how many variants "
        "each policy's effect has the same sign, and the policies the same ranking. Roots may differ, too, and are "
        "chance. Make the cells with `windtunnel run -m policy=a,b community.size=60,90 out=FOLDER` or `windtunnel design`."
    )
    parser.add_argument("out", nargs="+", help="output folders of finished runs, or of a sweep")
    parser.add_argument("--json", action="store_true", help="print one JSON document and nothing else")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.sweeps.robustness import ROOT, by_level, distinct, read_cells, robustness

    frame, factors, polarity = read_cells(asked.out)
    once, idle, dropped = distinct(frame, factors)
    models = [name for name in factors if name != ROOT and once[name].n_unique() > 1]
    found = robustness(once, polarity=polarity) | {
        "variants_apart_from_root": once.select(models).n_unique() if models else 1,
        "same_as_another": {"variants": dropped, "factors": idle},
    }
    levels = by_level(frame, factors).to_dicts()
    found |= {"notes": notes(idle, dropped, ROOT in factors and once[ROOT].n_unique() > 1)}
    found["notes"] += [
        f"{cell} is left out: it is not finished."
        for out in asked.out
        for cell in Folder(out).cells_without_a_result()
    ]
    if asked.json:
        print_json(found | {"factors": factors, "by_level": levels, "cells": frame.to_dicts()})
        return OK
    _print(found, factors, levels)
    return OK


def notes(idle: Sequence[str], dropped: int, roots: bool) -> list[str]:
    """What to know before counting these variants."""
    said = []
    if dropped:
        words = set(idle) <= set(WORDS)
        said.append(
            f"{dropped} variant{'' if dropped == 1 else 's'} more gave the same runs and numbers as another and "
            f"{'is' if dropped == 1 else 'are'} not counted: {' and '.join(idle)} changed nothing there"
            f"{' (rules read no words: vary them with mind=llm)' if words else ''}."
        )
    if roots:
        said.append("Roots are chance, not the model: more draws shrink the spread over them.")
    return said


def _print(found: Mapping[str, Any], factors: Sequence[str], levels: Sequence[Mapping[str, Any]]) -> None:
    varied = ", ".join(factors) or f"nothing beside the policy. {VARY}"
    kind = "variant" if found["variants_apart_from_root"] > 1 or found["variants"] == 1 else "root"
    print(plain(f"{_counted(found)}; varied: {varied}{'.' if factors else ''}"))
    for line in found["notes"]:
        print(plain(line))
    for one in found["policies"]:
        print(plain(_said(one, kind)))
    if found["ranking"]:
        print(plain(_ranked(found["ranking"], kind)))
    _print_levels(factors, levels)
    if found["variants_apart_from_root"] > 1:
        print(
            "More draws do not shrink the spread over variants of the model. A share counts the variants given, not all "
            "there could be."
        )
    print(f"All this holds {found['caveat']}.")


def _print_levels(factors: Sequence[str], levels: Sequence[Mapping[str, Any]]) -> None:
    """A table of the mean net change at each level of each factor; a factor with very many levels is named instead."""
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


def _counted(found: Mapping[str, Any]) -> str:
    """How many variants there are, and how many of them are more than chance."""
    n, models = found["variants"], found["variants_apart_from_root"]
    if n == models:
        return f"{n} variant{'' if n == 1 else 's'} of the model"
    return (
        f"{n} roots of one variant of the model"
        if models == 1
        else f"{n} variants with roots, {models} of the model"
    )


def _ranked(ranking: Mapping[str, Any], kind: str) -> str:
    """The ranking, and in how many variants it holds, in a sentence."""
    n, order = ranking["variants"], ranking["order"]
    if not order:
        return f"No {kind} has a claim for every policy, so there is no ranking."
    if all(one["tied_in"] == n for one in ranking["pairs"]):
        return f"The policies tie{f' in every {kind}' if n > 1 else ''}, so there is no ranking."
    said = order[0] + "".join(f" {'=' if name in ranking['ties'] else '>'} {name}" for name in order[1:])
    if n == 1:
        return f"Ranking, best first: {said}."
    best = f"{order[0]} alone is best in {ranking['best_in']} of {n}"
    return (
        f"Ranking of the means, best first: {said}. It holds in {ranking['holds_in']} of {n} {kind}s; {best}."
    )


def _said(one: Mapping[str, Any], kind: str) -> str:
    """One policy's sign over the variants, in a sentence."""
    many = one["of"] > 1
    if one["sign"] == "none" and not many:
        return f"{one['policy']}: {'no claim' if one['no_claim_in'] else 'no change'}."
    if one["sign"] == "none":
        return (
            f"{one['policy']}: no sign prevails in {one['of']} {kind}s ({one['other_sign_in'] // 2} each way, "
            f"{one['no_change_in']} without change, {one['no_claim_in']} without a claim)."
        )
    verb = "fewer harms or more good" if one["sign"] == "helps" else "more harm or less good"
    if not many:
        chance = "beyond chance" if one["beyond_chance"] else "not beyond chance"
        return f"{one['policy']}: {verb} (net change {one['rd_mean']:+.3f}), {chance} (its interval alone)."
    tail = [
        f"the other sign in {one['other_sign_in']}" if one["other_sign_in"] else "",
        f"no change in {one['no_change_in']}" if one["no_change_in"] else "",
        f"no claim in {one['no_claim_in']}" if one["no_claim_in"] else "",
    ]
    rest = "; ".join(part for part in tail if part)
    return (
        f"{one['policy']}: {verb} in {one['holds_in']} of {one['of']} {kind}s, beyond chance in "
        f"{one['beyond_chance']} (each interval alone){f'; {rest}' if rest else ''} (net change {one['rd_lowest']:+.3f} to "
        f"{one['rd_highest']:+.3f})."
    )
