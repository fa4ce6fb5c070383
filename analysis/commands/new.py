"""`windtunnel new`: a package with a policy, an outcome, a community or a mind of one's own, and one test that passes."""

import argparse
from pathlib import Path

from windtunnel.analysis.scaffold.naming import KINDS
from windtunnel.analysis.terminal.ending import OK, plain

LISTS = {"policy": "policies", "outcome": "outcomes", "community": "communities", "mind": "minds"}
TRIED = {
    "policy": "policy={name}",
    "outcome": "outcome={name} policy=slow_mode",
    "community": "community={name}",
    "mind": "mind={name} policy=slow_mode",
}
"""The settings of a first run with it."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("name", metavar="NAME", help="what settings will call it, such as quiet_hours")
    parser.add_argument(
        "--in",
        dest="folder",
        metavar="FOLDER",
        default=".",
        help="an existing folder in which the folder NAME is made; default: this one",
    )


def call(asked: argparse.Namespace) -> int:
    """Write the package and say what to do with it; nothing is installed."""
    from windtunnel.analysis.scaffold.package import write_package

    place = write_package(asked.kind, asked.name, Path(asked.folder))
    paths = sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())
    print(plain(f"{place} holds {', '.join(paths)}."))
    print("Next:")
    print(plain(f"  python -m pip install -e {place} pytest"))
    print(plain(f"  python -m pytest {place}"))
    print(f"  windtunnel list {LISTS[asked.kind]}")
    print(f"  windtunnel run {TRIED[asked.kind].format(name=asked.name)} draws=4 seeds=2")
    return OK
