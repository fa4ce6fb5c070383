"""`windtunnel why`: would this incident have happened otherwise?"""

import argparse
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.find import parse_rules, rules_of
from windtunnel.analysis.incidents.forum.command import refuse_options, serves
from windtunnel.analysis.incidents.registry import kinds_in
from windtunnel.analysis.models.asking import probe_of
from windtunnel.analysis.models.serving import serving
from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json, print_table
from windtunnel.analysis.why.answer_record import answer, futures
from windtunnel.analysis.why.answered import Answer
from windtunnel.analysis.why.asking import ask
from windtunnel.analysis.why.forum import batch_command as several
from windtunnel.analysis.why.forum import command as forum
from windtunnel.analysis.why.sentences import at, noun, sentences
from windtunnel.analysis.why.simulated import simulated_case
from windtunnel.analysis.why.watching import watching

REPLICATES = 100
SHOWN = 12
"""Rows of what members did otherwise that are printed."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", help="output folder of `windtunnel run` or of `windtunnel import`")
    parser.add_argument(
        "incident",
        nargs="?",
        help="id that `windtunnel incidents OUT` lists, how it begins, or a kind for its worst; with --acts none: all of a span",
    )
    parser.add_argument("--with", dest="with_", metavar="POLICY", help="had this policy been on")
    parser.add_argument("--without", metavar="POLICY", help="had this policy been off")
    parser.add_argument(
        "--param", action="append", default=[], metavar="KEY=VALUE", help="a parameter of --with"
    )
    parser.add_argument(
        "--suspend",
        metavar="MEMBER[:LENGTH]",
        help="had this member been kept away: for so many steps (5), of a forum so many hours (24h), or to the end",
    )
    parser.add_argument("--at", help="from when on: onset-N, or a step counted from 0; default: the onset")
    for name, what in (("draw", int), ("seed", int), ("arm", str)):
        parser.add_argument(f"--{name}", type=what, help=f"only incidents of this {name}")
    parser.add_argument(
        "--replicates", type=int, help="futures of the same past (default 100, of each incident of a span 20)"
    )
    parser.add_argument(
        "--moments", type=int, default=0, metavar="N", help="also try N moments: the last effective one"
    )
    parser.add_argument("--html", metavar="FILE", help="write the incident page")
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="KIND.NAME=NUMBER",
        help="the numbers by which `incidents --rule` found it, as escalation.threshold=2",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    forum.add_options(parser)


def call(asked: argparse.Namespace) -> int:
    if asked.acts is not None and serves(Folder(Path(asked.out))):
        return several.call(asked)
    found = answered(asked)
    if asked.html:
        found.page(asked.html)
    if asked.json:
        print_json(found.record)
        return OK
    for line in found.sentences:
        print(plain(line))
    found.more()
    if asked.html:
        print(f"Page: {asked.html}")
    return OK


def answered(asked: argparse.Namespace) -> Answer:
    """The answer to what the command's words ask; `ValueError` says what is wrong with them."""
    if asked.incident is None:
        raise ValueError(
            "say which incident, as `windtunnel incidents` lists them, or ask of all of a span: --acts lock,slow_mode --since DATE"
        )
    if asked.replicates is None:
        asked.replicates = REPLICATES
    for name in ("replicates", "moments"):
        least = 1 if name == "replicates" else 0
        if not least <= getattr(asked, name) <= 100_000:
            raise ValueError(f"--{name} is {getattr(asked, name)}: give a number from {least} to 100000")
    folder = Folder(Path(asked.out))
    if serves(folder):
        return forum.answered(asked)
    _, kinds = kinds_in(folder, "why")
    refuse_options(asked, "why", forum.OPTIONS)
    run = {name: getattr(asked, name) for name in ("draw", "seed", "arm") if getattr(asked, name) is not None}
    case = simulated_case(folder, asked.incident, kinds, rules_of(kinds, parse_rules(asked.rule)), run)
    parameters = dict(parameter(word) for word in asked.param)
    options = {name: getattr(asked, name) for name in ("with_", "without", "suspend", "at")}
    case = case.noticing(ask(case, parameters=parameters, **options).raised)
    question = ask(case, parameters=parameters, **options)
    with serving(case.experiment, case.llm, probe_of(case.experiment)) as experiment:
        case.experiment = experiment
        mind = case.mind()
        try:
            with watching(futures(asked.replicates, asked.moments) * case.ticks) as note:
                case.note = note
                record = answer(case, question, mind, replicates=asked.replicates, moments=asked.moments)
        finally:
            mind.close()
    return Answer(
        record,
        sentences(record),
        pl.DataFrame(record["differing"]),
        html=lambda: _page(record),
        more=lambda: _print_more(record),
    )


def _page(record: dict[str, Any]) -> str:
    from windtunnel.analysis.why.page import incident_page

    return incident_page(record)


def parameter(word: str) -> tuple[str, Any]:
    """A parameter of a policy as it is typed; `ValueError` for other words."""
    key, equals, value = word.partition("=")
    if not equals or not key:
        raise ValueError(f"--param {word}: write KEY=VALUE, for example --param start=3")
    return key, yaml.safe_load(value)


def _print_more(record: dict[str, Any]) -> None:
    """What members did otherwise under the same luck, and the curve over moments."""
    if rows := record["differing"]:
        print(
            f"\nWhat {record['nouns']['members']} did otherwise, {len(rows[:SHOWN])} of {len(rows)} (same luck; simulated):"
        )
        print_table(
            [
                {
                    "when": at(record, row["step"]),
                    noun(record): row["member"],
                    "was": row["was"],
                    "would": row["would"],
                }
                for row in rows[:SHOWN]
            ]
        )
    if record["moments"]:
        print("\nHad it been done at")
        print_table(
            [
                {
                    "when": at(record, point["step"]),
                    "happened": point["happened"],
                    "averted": point["averted"],
                }
                for point in record["moments"]["points"]
            ]
        )
