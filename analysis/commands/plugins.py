"""`windtunnel plugins`: packages of others that bring policies, communities and the like, and folders of them added by path."""

import argparse
from pathlib import Path

from windtunnel.analysis.terminal.ending import OK, plain


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true")
    verbs = parser.add_subparsers(dest="verb", metavar="add|remove")
    adding = verbs.add_parser(
        "add", help="use the plug-ins of a folder from now on: one package, or several side by side"
    )
    adding.add_argument("folder", metavar="FOLDER")
    removing = verbs.add_parser("remove", help="use them no more; the folder stays as it is")
    removing.add_argument("name", metavar="NAME", help="of the package, as `windtunnel plugins` lists it")


def call(asked: argparse.Namespace) -> int:
    """List what is there, with what is wrong with it; or add or remove a folder."""
    from windtunnel.analysis.plugin_list import add, listed, remove
    from windtunnel.analysis.terminal.printing import print_json, print_table

    if asked.verb == "add":
        for package in add(Path(asked.folder)):
            names = ", ".join(sorted(name for points in package.points.values() for name in points))
            print(plain(f"{package.name} {package.version} is used from now on: {names}"))
        return OK
    if asked.verb == "remove":
        remove(asked.name)
        print(plain(f"{asked.name} is used no more; its folder is as it was"))
        return OK
    rows = listed()
    if asked.json:
        print_json(rows)
    elif not rows:
        print(
            "No plug-ins are installed. `windtunnel new policy NAME` writes one, `windtunnel plugins add FOLDER` uses it."
        )
    else:
        print_table(rows)
    return OK
