"""`windtunnel list`: what there is to choose from."""

import argparse

from windtunnel.analysis.ending import OK
from windtunnel.analysis.printing import print_json, print_table


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what",
        choices=("policies", "communities", "minds", "outcomes", "experiments", "profiles", "settings"),
    )
    parser.add_argument("--json", action="store_true")


def call(asked: argparse.Namespace) -> int:
    """A table of what there is to choose from, or the same as JSON."""
    from windtunnel.analysis.listing import rows

    found = rows(asked.what)
    if asked.json:
        print_json(found)
    else:
        print_table(found)
    return OK
