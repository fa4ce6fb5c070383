"""What each command does, once its words are read; every function gives an exit code."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis import configuration
from analysis.ending import FAILED, INTERRUPTED, MISTAKE, OK, guarded, plain
from analysis.folder import Folder


def run(asked: argparse.Namespace) -> int:
    """Check every setting of every cell, then hand over to Hydra, which makes the folders."""
    multirun = [word for word in asked.words if word in ("-m", "--multirun")]
    words = [word for word in asked.words if word not in multirun]
    stray = [word for word in words if word.startswith("--")]
    if stray:
        raise ValueError(f"windtunnel run has no option {stray[0]}: settings are key=value, and -m sweeps")
    overrides = configuration.hydra_overrides(words)
    cells = _cells(overrides, bool(multirun))
    configs = [configuration.compose_overrides(cell) for cell in cells]
    plans = [configuration.plan(config) for config in configs]
    if plans[0].dry:
        from analysis import dry

        for plan in plans:
            for line in dry.lines(plan):
                print(line)
        return OK
    _check_room(configs[0]["out"], bool(multirun))
    return _through_hydra(overrides, multirun)


def demo(asked: argparse.Namespace) -> int:
    """`windtunnel run experiment=demo`, with any settings on top."""
    return run(argparse.Namespace(words=["experiment=demo", *asked.words]))


def _cells(overrides: Sequence[str], multirun: bool) -> list[list[str]]:
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


def report(asked: argparse.Namespace) -> int:
    from analysis.report import write_pairs_report, write_report

    folder = Folder(asked.out)
    if folder.estimates.is_file() and not folder.manifest.is_file():  # of `windtunnel estimate --out`
        record = folder.read_json(folder.estimates)
        write_pairs_report(folder, record)
        return _answered(record, None, None, folder, asked.json)
    if folder.manifest.is_file() and not folder.estimates.is_file():
        raise ValueError(
            f"{folder.path} holds no estimates: no pair of that run is complete; runs.parquet says why"
        )
    estimates, manifest = folder.read_json(folder.estimates), folder.read_json(folder.manifest)
    write_report(folder)
    return _answered(estimates, manifest, folder.read_table("runs"), folder, asked.json)


def estimate(asked: argparse.Namespace) -> int:
    from analysis.estimates import estimate_file

    record = estimate_file(
        Path(asked.pairs),
        direction=asked.direction,
        outcome=asked.outcome,
        coupling=asked.coupling,
        threshold=asked.threshold,
        confidence=asked.confidence,
        dowhy=not asked.no_dowhy,
    )
    folder = Folder(asked.out) if asked.out else None
    if folder is not None:
        from analysis.report import write_pairs_report

        folder.write_json(folder.estimates, record)
        write_pairs_report(folder, record)
    return _answered(record, None, None, folder, asked.json)


def _answered(record: Any, manifest: Any, runs: Any, folder: Folder | None, as_json: bool) -> int:
    """Print the estimates as JSON, or the answer in short and where its report is."""
    from analysis.summary import short_answer

    if as_json:
        _print_json(record)
        return OK
    for line in short_answer(record, manifest, runs):
        print(line)
    if folder is not None:
        print(f"Report: {folder.report}")
    return OK


def import_(asked: argparse.Namespace) -> int:
    from analysis.importers import import_corpus, parse_mapping

    mapping = None if asked.map is None else parse_mapping(asked.map)
    found = import_corpus(
        asked.format,
        Path(asked.path),
        Path(asked.out),
        mapping=mapping,
        name=asked.name,
        progress=lambda line: print(line, file=sys.stderr),
    )
    for line in found.sentences:
        print(plain(line))
    print(f"Profile: {found.profile_file}; use it with community.profile={asked.out}")
    return OK


def models(asked: argparse.Namespace) -> int:
    from agents.llm.weights import known_models, pull

    if asked.what == "pull":
        print(f"Weights: {pull()}")
        return OK
    rows = known_models()
    if asked.json:
        _print_json(rows)
    else:
        _table(rows)
    return OK


def list_(asked: argparse.Namespace) -> int:
    """A table of what there is to choose from, or the same as JSON."""
    from analysis.listing import rows

    found = rows(asked.what)
    if asked.json:
        _print_json(found)
    else:
        _table(found)
    return OK


def _table(rows: Sequence[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in rows[0] if rows else ():
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(escape(plain(_words(value))) for value in row.values()))
    Console().print(table)


def _words(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}={_words(inner)}" for key, inner in value.items())
    if isinstance(value, list):
        return ", ".join(map(_words, value))
    return "-" if value is None else str(value)


def _print_json(content: Any) -> None:
    print(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False))
