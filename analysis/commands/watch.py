"""`windtunnel watch`: a pair of twins of a finished run side by side, or one member of it at one step."""

import argparse
from pathlib import Path
from typing import Any

from windtunnel.analysis.summary import INSIDE
from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json, print_table

LEAST_SHARE = 0.005
"""Options that a member found less likely than this, and did not draw, are not printed."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Example: windtunnel watch OUT --member 12. The first pair whose twins part, at the step where they part, unless named."
    parser.add_argument("out", help="output folder of a finished `windtunnel run`")
    parser.add_argument("--draw", type=int, help="the pair's draw of the community")
    parser.add_argument("--seed", type=int, help="the pair's seed")
    parser.add_argument("--step", type=int, help="the step that is looked at (from 0 on)")
    parser.add_argument(
        "--member",
        type=int,
        help="what this member was told, what it found likely and what it drew, in both: the pair is lived again up to there",
    )
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.view import watched
    from windtunnel.analysis.view.twins import ARMS, read_twins

    if (asked.draw is None) != (asked.seed is None):
        raise ValueError("--draw and --seed name a pair together: give both")
    twins = read_twins(Path(asked.out), asked.draw, asked.seed)
    step = (twins.parted or 0) if asked.step is None else asked.step
    if not 0 <= step < twins.steps:
        raise ValueError(f"--step is {step}: this run has the steps 0 to {twins.steps - 1}")
    when = watched.moments(twins)
    where = {"draw": twins.draw, "seed": twins.seed, "step": step, "parted": twins.parted}
    if asked.member is not None:
        return _member(asked, twins, where, when[step])
    rows = watched.acts_at(twins, step)
    if asked.json:
        print_json(where | {"who": list(twins.who), "acts": rows})
        return OK
    apart = "never part" if twins.parted is None else f"part at {when[twins.parted]} (step {twins.parted})"
    print(plain(f"Draw {twins.draw}, seed {twins.seed}: without and with {twins.policy} the twins {apart}."))
    print(plain(f"{when[step].capitalize()}, those who differ first:"))
    names = dict(zip(ARMS, ("without", f"with {twins.policy}"), strict=True))
    noun = twins.declared.nouns.member
    print_table(
        [
            {noun: "none of them" if row["member"] is None else row["member"]}
            | {names[arm]: row[arm] or "nothing that shows" for arm in ARMS}
            for row in rows[:40]
        ]
    )
    print(INSIDE)
    return OK


def _member(asked: argparse.Namespace, twins: Any, where: dict[str, Any], when: str) -> int:
    from windtunnel.analysis.terminal.progress import shown
    from windtunnel.analysis.view.reliving import content, lived_again
    from windtunnel.analysis.view.twins import ARMS, known_member

    who = known_member(twins, str(asked.member))
    steps = where["step"] + 1
    with shown(steps, 2) as note:
        found = lived_again(
            twins.folder, twins.draw, twins.seed, where["step"], who, lambda more: note("steps", more)
        )
    if asked.json:
        print_json(where | {"member": who} | content(found))
        return OK
    for arm, name in zip(ARMS, ("Without", f"With {twins.policy}"), strict=True):
        print(plain(f"{name}, {when}:"))
        for one in found.decisions[arm]:
            for line in one.told:
                print(plain(f"  told: {line}"))
            for option, share, drawn in one.options:
                if share >= LEAST_SHARE or drawn:
                    print(plain(f"  {100 * share:5.1f} %  {option}{'  <- drawn' if drawn else ''}"))
        if not found.decisions[arm]:
            print("  It did not decide anything at this moment.")
    print(
        "All acts up to this moment came out as recorded, in both."
        if found.same
        else "This pair does not come out again as it was recorded, so nothing here can be relied on."
    )
    print(INSIDE)
    return OK
