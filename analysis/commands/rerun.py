"""`windtunnel rerun`: a finished run once more from its manifest alone; identical, or where it first differs."""

import argparse
from pathlib import Path
from typing import Any

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.terminal.arguments import Parser
from windtunnel.analysis.terminal.ending import FAILED, OK, plain
from windtunnel.analysis.terminal.printing import print_json

SETTINGS = True


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Run a finished run again from its manifest.json alone, on this machine, and say whether every event is the "
        "same, or which run and step differ first. Writes nothing but answers of a language model into its store, "
        "unless out=FOLDER is given."
    )
    parser.epilog = (
        "Exit code 0: identical; 3: it differs. A manifest never names a path, an address or a key for this machine to "
        "use: say llm.base_url=, llm.key_env=, llm.store= or mind.file= yourself where the run needs one."
    )
    parser.add_argument(
        "folder", metavar="OUT", help="output folder of a run, or its manifest.json, which is enough"
    )
    parser.add_argument("words", nargs="*", metavar="key=value", help="out=, parallel.jobs=, llm.store= …")
    parser.add_argument("--out", help="keep what was run here, as `windtunnel run` would")
    parser.add_argument("--json", action="store_true", help="print the comparison as JSON and nothing else")


def call(asked: argparse.Namespace) -> int:
    """Settings and options may stand in any order, which argparse alone does not allow."""
    parser = Parser(prog="windtunnel rerun")
    describe(parser)
    return _rerun(parser.parse_intermixed_args(asked.words))


def _rerun(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.runs.rerun import compared, plan_of
    from windtunnel.analysis.terminal.progress import shown
    from windtunnel.analysis.tunnel import run_plan

    given = Path(asked.folder)
    before = Folder(given.parent if given.is_file() and given.name == Folder(".").manifest.name else given)
    named = [word.partition("=")[2] for word in asked.words if word.startswith("out=")]
    where = asked.out or (named[-1] if named else None)
    words = [word for word in asked.words if not word.startswith("out=")]
    manifest = before.read_json(before.manifest)
    plan = plan_of(manifest, words, whole=where is not None)
    worlds = len(plan.experiment.units())
    with shown(worlds * plan.experiment.steps, worlds) as progress:
        result = run_plan(plan, progress) if where is None else _kept_in(Folder(where), plan, progress)
    found = compared(manifest, before, result)
    if asked.json:
        print_json(found)
    else:
        for line in sentences(found):
            print(plain(line))
        if where is not None:
            print(f"What was run now is in {where}")
    return OK if found["identical"] else FAILED


def _kept_in(folder: Folder, plan: Any, progress: Any) -> Any:
    """Run into a folder of its own; `ValueError` if there is a run in it, finished or not."""
    from windtunnel.analysis.report import write_report
    from windtunnel.analysis.tunnel import run_plan, write_result
    from windtunnel.sim.run_cache import Kept

    with folder.held():
        if folder.manifest.is_file():
            raise ValueError(f"{folder.path} holds a run already: give an empty folder as out=FOLDER")
        if folder.is_unfinished():
            raise ValueError(f"{folder.path} holds an unfinished run: give an empty folder as out=FOLDER")
        kept = Kept(folder.units)
        result = run_plan(plan, progress, kept)
        write_result(result, folder)
        if result.estimates is not None:
            write_report(folder)
        kept.clear_unused()
    return result


def sentences(found: dict[str, Any]) -> list[str]:
    """The comparison in plain sentences, the verdict first."""
    if found["identical"]:
        said = [f"Identical: all {found['runs']} runs have the events that the manifest records."]
    elif found["differ"] == 0:
        said = [
            f"All {found['runs']} runs have the events of the tables in the folder, but the manifest records others: one of "
            "its settings or hashes was altered."
        ]
    elif found["first"] is None:
        said = [
            "It differs; where it first does cannot be said, since the first run's tables are not in its folder."
        ]
    else:
        first = found["first"]
        step = "; its events are gone" if first["step"] is None else f" at step {first['step']}"
        said = [
            f"It differs in {found['differ']} of {found['runs']} runs, first in draw {first['draw']}, seed {first['seed']}, "
            f"arm {first['arm']}{step}."
        ]
    if not found["same_code"]:
        said.append("Another version of the code made the first run.")
    for name, (then, now) in found["versions"].items():
        said.append(f"{name} was {then or 'absent'} and is {now or 'absent'}.")
    for name, (then, now) in found["model"].items():
        said.append(f"The language model's {name} was {then} and is {now}.")
    if any(found["failed"]):
        said.append(f"{found['failed'][0]} runs had failed; {found['failed'][1]} did now.")
    return said
