"""`windtunnel models`: weights of the embedded model."""

import argparse

from windtunnel.analysis.ending import OK
from windtunnel.analysis.printing import print_json, print_table


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("list", "pull"))
    parser.add_argument("--json", action="store_true")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.agents.llm.weights import known_models, pull

    if asked.what == "pull":
        print(f"Weights: {pull()}")
        return OK
    rows = known_models()
    if asked.json:
        print_json(rows)
    else:
        print_table(rows)
    return OK
