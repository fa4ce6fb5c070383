"""`windtunnel export`: a simulated community in a format that other tools read."""

import argparse
from pathlib import Path

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.numbers_in_words import number
from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("format", choices=("convokit",))
    parser.add_argument("out", help="output folder of a run")
    parser.add_argument("path", help="new folder for the corpus")
    parser.add_argument("--draw", type=int, help="only this draw; default: all")
    parser.add_argument("--seed", type=int, help="only this seed; default: all")
    parser.add_argument("--arm", help="only this arm: baseline, policy or aa; default: all")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON and nothing else")


def call(asked: argparse.Namespace) -> int:
    Folder(asked.out).check_offers("export")
    from windtunnel.analysis.importers.formats.export_convokit import export_convokit

    found = export_convokit(
        Path(asked.out), Path(asked.path), draw=asked.draw, seed=asked.seed, arm=asked.arm
    )
    if asked.json:
        print_json(found._asdict())
        return OK
    print(
        plain(
            f"{found.utterances:,} simulated utterances by {found.speakers:,} simulated members in "
            f"{number(found.conversations, 'conversation')}, of {number(found.runs, 'run')}: {asked.path}"
        )
    )
    print("Each is marked as simulated: nobody said it.")
    return OK
