"""`windtunnel design`: the cells of a full, Latin hypercube or Sobol design, listed, and run if asked."""

import argparse
import shlex
import time

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json

SETTINGS = True
EXAMPLE = "windtunnel design sobol policy=thread_lock policy_with.thread_lock.heat=1:4 policy_with.thread_lock.hours=1:12 n=32"


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Points over settings that vary: KEY=LOW:HIGH is a range, KEY=a,b,c are values. full crosses them all "
        "(KEY=LOW:HIGH:LEVELS), lhs is a Latin hypercube and sobol a Sobol sequence of n points, both drawn from "
        "root. Each point is printed as settings of `windtunnel run`; --run runs them all, each in a folder of its "
        "own, a shared baseline once."
    )
    parser.epilog = f"Example: {EXAMPLE}. Also --json, --run, out=FOLDER."
    parser.add_argument("words", nargs="*", metavar="full|lhs|sobol key=value")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis import configuration
    from windtunnel.analysis.sweeps.cells import distinct
    from windtunnel.analysis.sweeps.designs import KINDS, points, read_factors
    from windtunnel.analysis.sweeps.objective import split_words

    flags = [word for word in asked.words if word.startswith("-")]
    words = [word for word in asked.words if word not in flags]
    if stray := [word for word in flags if word not in ("--run", "--json")]:
        raise ValueError(f"windtunnel design has no option {stray[0]}: there are --run and --json")
    if len(set(flags)) > 1:
        raise ValueError(
            "--run and --json do not go together: with --run the list of the cells is OUT/design.json"
        )
    if not words or words[0] not in KINDS:
        raise ValueError(f"say which design first, {', '.join(KINDS)}: {EXAMPLE}")
    own, rest = split_words(words[1:], ("n",))
    if unknown := [name for name in own if name != "n"]:
        raise ValueError(f"no setting is called {unknown[0]!r}: a design has no score")
    factors, fixed = read_factors(rest)
    same = configuration.compose(fixed)
    drawn = points(words[0], factors, _count(own.get("n")), int(same["root"]))
    cells = distinct([[*fixed, *point] for point in drawn])
    if "--run" in flags:
        return _run(cells, [one.key for one in factors], same["out"])
    named = {f"{one.key}={value}" for one in factors for value in one.values}
    for cell in {tuple(cell): None for cell in (cells[0], *_with_each(named, cells))}:
        configuration.plan(configuration.compose(cell))
    _list(words[0], cells, "--json" in flags)
    return OK


def _with_each(words: set[str], cells: list[list[str]]) -> list[list[str]]:
    """For each of these settings the first cell that has it."""
    return list({word: cell for cell in reversed(cells) for word in cell if word in words}.values())


def _count(n: str | None) -> int | None:
    if n is not None and not n.isdigit():
        raise ValueError(f"n is {n!r}: give a whole number, as in n=32")
    return None if n is None else int(n)


def _list(kind: str, cells: list[list[str]], as_json: bool) -> None:
    if as_json:
        print_json({"design": kind, "points": len(cells), "settings": cells})
        return
    for cell in cells:
        print(plain(" ".join(shlex.quote(word) for word in cell)))


def _run(cells: list[list[str]], keys: list[str], out: str | None) -> int:
    """Every cell in a folder of its own, named as a sweep's are by what varies; the worst exit code of them."""
    from windtunnel.analysis import configuration
    from windtunnel.analysis.commands.run import finish_sweep, run_cells
    from windtunnel.analysis.sweeps.cells import cell_folder, planned

    plans = planned(map(configuration.compose, cells), len(cells))
    where = Folder(out or time.strftime("multirun/%Y-%m-%d/%H-%M-%S"))
    folders = [
        cell_folder(where.path, cell, keys, plan.resolved) for cell, plan in zip(cells, plans, strict=True)
    ]
    names = [folder.path.name for folder in folders]
    rows = [{"folder": name, "settings": cell} for name, cell in zip(names, cells, strict=True)]
    with where.held():
        where.write_json(where.design, {"cells": rows})
        code = run_cells(plans, folders)
        finish_sweep(where.path, code, cells, names, keys)
    return code
