"""`windtunnel run`: check every setting of every cell, run the twins, write the folder, print the answer in short."""

import argparse
import os
import re
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from windtunnel.analysis import configuration
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.notes import notes
from windtunnel.analysis.runs.resume import cell_hash
from windtunnel.analysis.sweeps.cells import (
    cell_folder,
    cell_name,
    cells,
    check_launcher,
    next_words,
    own_words,
    planned,
    repeated,
    swept,
)
from windtunnel.analysis.terminal.ending import FAILED, INTERRUPTED, MISTAKE, OK, TERMINATED, guarded, plain
from windtunnel.analysis.terminal.shell import last_counts, pasted
from windtunnel.conf.defaults import search_path

SETTINGS = True
HERE = "."
"""`hydra.sweep.subdir` of conf/config.yaml: the cell's folder is named by us."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Run the twins of one experiment. Settings are key=value; -m sweeps over comma-separated values, a folder and a "
        "printed line for each cell."
    )
    parser.epilog = "Examples: windtunnel run policy=thread_lock mind=rules; windtunnel run policy=[slow_mode,rule_reminder]; windtunnel run -m policy=slow_mode,thread_lock community.size=100,400. Settings: see `windtunnel list settings`; parameters: policy_with.NAME.KEY=VALUE."
    parser.add_argument("words", nargs="*", metavar="key=value")


def call(asked: argparse.Namespace) -> int:
    """Check every setting of every cell, then run them here, or hand over to Hydra where a launcher is named."""
    multirun, words = _parted(asked.words)
    overrides = configuration.hydra_overrides(words, launched=multirun)
    check_launcher(overrides)
    each = cells(overrides, multirun)
    again = repeated(overrides)
    plans = planned(map(configuration.compose_overrides, each), len(each))
    keys = swept(overrides)
    remarks = [*last_counts(words), *again, *(line for plan in plans for line in notes(plan))]
    for line in dict.fromkeys(remarks):
        print(plain(f"Note: {line}"), flush=True)
    if plans[0].dry:
        names = [
            cell_name(cell, keys, cell_hash(plan.resolved)) for cell, plan in zip(each, plans, strict=True)
        ]
        return _dry(plans, names if multirun else None)
    where = _where(overrides, multirun)
    if where is None:
        where = Path("multirun" if multirun else "outputs") / time.strftime("%Y-%m-%d/%H-%M-%S")
        overrides.append(f"hydra.{'sweep' if multirun else 'run'}.dir={where}")
    _check_room(where)
    if not multirun:  # Hydra would compose the same settings three times more, half a second together
        return guarded(partial(one_cell, plans[0], Folder(where.absolute())))
    launched = _is_launched(overrides, keys)
    folders = [cell_folder(where, cell, keys, plan.resolved) for cell, plan in zip(each, plans, strict=True)]
    with Folder(where).held():
        # without a launcher not by Hydra, which would compose each cell twice more, 0.3 s together
        code = _launch(overrides, folders, where) if launched else run_cells(plans, folders)
        finish_sweep(where, code, each, [folder.path.name for folder in folders], keys)
    return code


def _parted(given: Sequence[str]) -> tuple[bool, list[str]]:
    """Whether `-m` is among the words, and the others, which are settings."""
    words = [word for word in given if word not in ("-m", "--multirun")]
    for word in words:
        if word.startswith("--"):
            raise ValueError(f"windtunnel run has no option {word}: settings are key=value, and -m sweeps")
    return len(words) < len(given), words


def _dry(plans: Sequence[configuration.Plan], names: Sequence[str] | None) -> int:
    """Say what asking would cost, and run nothing; `names` are those of a sweep's cells."""
    from windtunnel.analysis.model_commands import dry

    for line in dry.lines(plans[0]) if names is None else dry.sweep_lines(plans, names):
        print(plain(line))
    return OK


def _is_launched(overrides: Sequence[str], keys: Sequence[str]) -> bool:
    """Whether Hydra is to start the cells; `ValueError` where it would start some of them twice."""
    if not any(word.startswith(("hydra/", "hydra.launcher.", "hydra.sweep.subdir=")) for word in overrides):
        return False
    own = [key for key in keys if key.startswith("policy_with.")]
    if "treatment" in keys and own:
        raise ValueError(
            f"{own[0]} and policy have several values each, which would start cells twice: without a launcher each is "
            "run once; with one, sweep over one policy's parameters at a time"
        )
    return True


def _launch(overrides: Sequence[str], folders: Sequence[Folder], where: Path) -> int:
    """Run the cells by Hydra's launcher, perhaps in other processes; the worst of their exit codes."""
    try:
        code = _through_hydra(overrides, len(folders))
    except KeyboardInterrupt as stop:
        raise type(stop)(
            f"interrupted; the same command with {pasted(f'out={where}')} goes on with the runs that are left"
        ) from None
    return max(map(_ended, folders)) if code is None else code


def run_cells(plans: Sequence[configuration.Plan], folders: Sequence[Folder]) -> int:
    """Run the cells of a sweep one after the other, a line for each; the worst exit code. Ctrl-C in one ends them all."""
    codes = []
    for number, (plan, folder) in enumerate(zip(plans, folders, strict=True)):
        codes.append(guarded(partial(one_cell, plan, folder, f"{number + 1} of {len(plans)}")))
        if codes[-1] in (INTERRUPTED, TERMINATED):
            break
    return max(codes)


def finish_sweep(
    where: Path, code: int, each: Sequence[Sequence[str]], names: Sequence[str], keys: Sequence[str]
) -> None:
    """Forget what the cells of a whole sweep shared, and say what to type next."""
    if code == OK:
        from windtunnel.sim.run_cache import Kept

        Kept(Folder(where).units).clear_unused()
        print(plain(next_words(where, each, names, keys)))
    elif code == FAILED:
        print(
            plain(
                f"{len(each)} cells in {where}; the same command with {pasted(f'out={where}')} runs again what failed."
            )
        )


def _ended(folder: Folder) -> int:
    """How a cell that another process ran has ended, as its folder says."""
    try:
        return FAILED if folder.read_json(folder.manifest).get("failed") else OK
    except ValueError:
        return MISTAKE


class Stopped(BaseException):
    """Ctrl-C in one cell ends the sweep; no `Exception`, which Hydra would catch and print."""


def _where(overrides: Sequence[str], multirun: bool) -> Path | None:
    """The folder that the words name for the run or for the whole sweep; None where they name none."""
    from hydra.core.override_parser.overrides_parser import OverridesParser

    key = f"hydra.{'sweep' if multirun else 'run'}.dir"
    given = OverridesParser.create().parse_overrides(list(overrides))
    named = [str(override.value()) for override in given if override.key_or_group == key]
    return Path(named[-1]) if named else None


def _check_room(folder: Path) -> None:
    """`OSError` or `ValueError` where the output cannot be written, or would lie among the files of the machine itself."""
    if re.match(r"\w+:/", str(folder)):
        raise ValueError(f"out={folder} is an address: give a folder of this machine, as in out=outputs/mine")
    if len(Path(os.path.realpath(folder)).parts) == 1:
        raise ValueError(
            f"out={folder} is the root of all files: give a folder of its own, as in out=outputs/mine"
        )
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError(f"nothing can be written in {folder}: give another folder as out=FOLDER")


def _through_hydra(overrides: Sequence[str], cells: int) -> int | None:
    """Run the cells of a sweep by Hydra's launcher; gives the worst exit code of the cells, None if they ran elsewhere."""
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import DictConfig

    from windtunnel.sim.pool import end_with

    codes: list[int] = []
    keys, this = swept(overrides), os.getpid()
    here = "hydra/launcher=joblib" in overrides  # whose workers would outlive a command that is killed

    @hydra.main(version_base="1.3", config_path="pkg://windtunnel.conf", config_name="config")
    def cell(config: DictConfig) -> None:
        if here and os.getpid() != this:
            end_with(this)
        asked = HydraConfig.get()

        def called() -> int:
            words = list(asked.overrides.task)
            content = configuration.compose_overrides(words)
            own = own_words(words) if "treatment" in keys else words
            others = {word.split(".")[1] for word in words if word not in own}
            given = {name: its for name, its in content["policy_with"].items() if name not in others}
            plan = configuration.plan(content | {"policy_with": given})
            folder = Folder(asked.runtime.output_dir)
            if asked.sweep.subdir == HERE:
                folder = cell_folder(Path(asked.sweep.dir), own, keys, plan.resolved)
            else:
                folder = Folder(folder.path, Folder(asked.sweep.dir).units)
            return one_cell(plan, folder, f"{asked.job.num + 1} of {cells}")

        codes.append(guarded(called))
        if codes[-1] in (INTERRUPTED, TERMINATED):
            raise Stopped(codes[-1])

    program = sys.argv
    sys.argv = ["windtunnel", "-m", *search_path(), *overrides]
    try:
        cell()
    except Stopped as stop:
        codes.append(int(str(stop)))
    finally:
        sys.argv = program
    return max(codes, default=None)


def one_cell(plan: configuration.Plan, folder: Folder, place: str | None = None) -> int:
    """Run one experiment, write its folder, print the answer in short: on one line for a cell, whose `place` is "2 of 8".

    What an earlier command finished in this folder, or another cell of the sweep, is not run again.
    """
    with folder.held():
        try:
            said = _filled(plan, folder, place)
        except KeyboardInterrupt as stop:
            raise type(stop)(
                f"interrupted; the same command with {pasted(f'out={folder.path}')} goes on with the runs that are left"
                if not folder.shares_units
                else "interrupted; the same command with the same out= goes on with the runs that are left"
            ) from None
    return said


def _filled(plan: configuration.Plan, folder: Folder, place: str | None) -> int:
    """The exit code of a run whose folder is this command's alone."""
    from windtunnel.analysis.runs.run_folder import fill
    from windtunnel.analysis.terminal.progress import shown

    worlds = len(plan.experiment.units())
    with shown(worlds * plan.experiment.steps, worlds) as progress:
        remark = fill(plan, folder, progress)
    return _told(folder, remark, place)


def _told(folder: Folder, remark: str | None, place: str | None) -> int:
    """Print the answer of a written folder in short, with its report, which is made where it is missing."""
    from windtunnel.analysis.report import write_report
    from windtunnel.analysis.runs.run_folder import FINISHED
    from windtunnel.analysis.summary import one_line, short_answer

    manifest, runs = folder.read_json(folder.manifest), folder.read_table("runs")
    estimates = folder.read_json(folder.estimates) if folder.estimates.is_file() else None
    if estimates is not None and not folder.report.is_file():
        write_report(folder)
    if place:
        again = " (finished before)" if remark == FINISHED else ""
        print(plain(f"[{place}] {folder.path}: {one_line(estimates, manifest, runs)}{again}"), flush=True)
        return FAILED if manifest["failed"] else OK
    for line in short_answer(estimates, manifest, runs):
        print(line)
    if remark:
        print(remark)
    if estimates is not None:
        print(f"Report: {folder.report}")
    else:
        print(f"No pair is complete, so there is no estimate; what happened is in {folder.path}")
    return FAILED if manifest["failed"] else OK
