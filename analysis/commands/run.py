"""`windtunnel run`: check every setting of every cell, run the twins, write the folder, print the answer in short."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from analysis import configuration
from analysis.ending import FAILED, INTERRUPTED, MISTAKE, OK, guarded
from analysis.folder import Folder

SETTINGS = True


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Run the twins of one experiment. Settings are key=value; -m sweeps over comma-separated values."
    )
    parser.epilog = "Examples: windtunnel run policy=thread_lock mind=rules; windtunnel run policy=[slow_mode,rule_reminder]; windtunnel run -m policy=slow_mode,thread_lock community.size=100,400. Settings: see `windtunnel list settings`; parameters: policy_with.NAME.KEY=VALUE."
    parser.add_argument("words", nargs="*", metavar="key=value")


def call(asked: argparse.Namespace) -> int:
    """Check every setting of every cell, then hand over to Hydra, which makes the folders."""
    multirun = [word for word in asked.words if word in ("-m", "--multirun")]
    words = [word for word in asked.words if word not in multirun]
    stray = [word for word in words if word.startswith("--")]
    if stray:
        raise ValueError(f"windtunnel run has no option {stray[0]}: settings are key=value, and -m sweeps")
    overrides = configuration.hydra_overrides(words)
    each = cells(overrides, bool(multirun))
    configs = [configuration.compose_overrides(cell) for cell in each]
    plans = [configuration.plan(config) for config in configs]
    if plans[0].dry:
        from analysis.models import dry

        for plan in plans:
            for line in dry.lines(plan):
                print(line)
        return OK
    _check_room(configs[0]["out"], bool(multirun))
    return _through_hydra(overrides, multirun)


def cells(overrides: Sequence[str], multirun: bool) -> list[list[str]]:
    """The override lists that a sweep stands for; `ValueError` for a sweep without -m."""
    from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
    from hydra.core.override_parser.overrides_parser import OverridesParser

    parsed = OverridesParser.create().parse_overrides(list(overrides))
    sweeps = [override for override in parsed if override.is_sweep_override()]
    if sweeps and not multirun:
        name = str(sweeps[0].key_or_group).replace("treatment", "policy")
        raise ValueError(
            f"{name} has several values: write -m to sweep over them, or {name}=[a,b] for both at once"
        )
    batches = BasicSweeper.split_arguments(parsed, max_batch_size=None)
    return [list(cell) for batch in batches for cell in batch]


class Stopped(BaseException):
    """Ctrl-C in one cell ends the sweep; no `Exception`, which Hydra would catch and print."""


def _check_room(where: str | None, multirun: bool) -> None:
    """`OSError` or `ValueError` where the output cannot be written; Hydra would answer with a traceback."""
    folder = Path(where or ("multirun" if multirun else "outputs"))
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ValueError(f"nothing can be written in {folder}: give another folder as out=FOLDER")


def _through_hydra(overrides: Sequence[str], multirun: Sequence[str]) -> int:
    """Run every cell through Hydra's own entry; gives the worst exit code of the cells."""
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from omegaconf import DictConfig, OmegaConf

    codes: list[int] = []

    @hydra.main(version_base="1.3", config_path="pkg://conf", config_name="config")
    def cell(config: DictConfig) -> None:
        content = OmegaConf.to_container(config, resolve=True)
        folder = Folder(HydraConfig.get().runtime.output_dir)
        codes.append(guarded(lambda: one_cell(configuration.plan(content), folder)))  # type: ignore[arg-type]
        if codes[-1] == INTERRUPTED:
            raise Stopped

    program = sys.argv
    sys.argv = ["windtunnel", *multirun, *overrides]
    try:
        cell()
    except Stopped:
        pass
    finally:
        sys.argv = program
    return max(codes, default=MISTAKE)


def one_cell(plan: configuration.Plan, folder: Folder) -> int:
    """Run one experiment, write its folder, print the answer in short."""
    from analysis.progress import shown
    from analysis.report import write_report
    from analysis.summary import short_answer
    from analysis.tunnel import run_plan, write_result

    worlds = len(plan.experiment.units())
    with shown(worlds * plan.experiment.steps, worlds) as progress:
        result = run_plan(plan, progress)
    write_result(result, folder)
    if result.estimates is not None:
        write_report(folder)
    for line in short_answer(result.estimates, result.manifest, result.runs):
        print(line)
    if result.estimates is not None:
        print(f"Report: {folder.report}")
    else:
        print(f"No pair is complete, so there is no estimate; what happened is in {folder.path}")
    return FAILED if result.failed else OK
