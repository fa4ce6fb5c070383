"""What each command does, once its words are read; every function gives an exit code."""

import argparse
import json
import os
import re
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
        from analysis.models import dry

        for plan in plans:
            for line in dry.lines(plan):
                print(line)
        return OK
    _check_room(configs[0]["out"], bool(multirun))
    return _through_hydra(overrides, multirun)


def demo(asked: argparse.Namespace) -> int:
    """`windtunnel run experiment=demo`, with any settings on top."""
    return run(argparse.Namespace(words=["experiment=demo", *asked.words]))


def calibrate(asked: argparse.Namespace) -> int:
    """Fit alpha and beta for the model, community and orders that the settings name, and write the file."""
    from analysis.models import calibrate as fitting
    from analysis.models.calibration_file import write_calibration
    from analysis.models.calibration_words import calibration_lines

    own, words = _own_words(asked.words, ("leave_out", "gap"))
    words = [f"community.{word}" if word.startswith("profile=") else word for word in words]
    config = configuration.compose(["mind=llm", *words])
    plan = configuration.plan(config)
    if plan.experiment.mind["name"] != "llm":
        raise ValueError(f"mind={plan.experiment.mind['name']} asks no language model: leave mind out")
    if plan.experiment.mind.get("calibration"):
        raise ValueError("mind.calibration names a finished calibration: leave it out to make one")
    if own.get("gap", "false") not in ("true", "false"):
        raise ValueError(f"gap is {own['gap']!r}: write gap=true or gap=false")
    cases = [case.strip() for case in own.get("leave_out", "").strip("[]").split(",") if case.strip()]
    found = fitting.calibrate(plan, leave_out=cases, say=lambda line: print(line, file=sys.stderr))
    if own.get("gap") == "true":
        found = fitting.with_gap(plan, found, lambda line: print(line, file=sys.stderr))
    path = _calibration_path(config["out"], found)
    write_calibration(path, found)
    for line in calibration_lines(found):
        print(plain(line))
    print(f"Calibration: {path}; use it with mind.calibration={path}")
    return OK


def _own_words(words: Sequence[str], names: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The words that set `names`, by name, and the others."""
    own = {name: value for name, _, value in (word.partition("=") for word in words) if name in names}
    return own, [word for word in words if word.partition("=")[0] not in names]


def _calibration_path(out: str | None, found: dict[str, Any]) -> Path:
    """`out` if it names a yaml file, else a file in that folder; without `out` one named after model and profile."""
    if out is None:
        name = f"{found['model']['name']}-{found['profile']['name']}.yaml"
        return Path("outputs") / "calibration" / re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    path = Path(out)
    return path if path.suffix in (".yaml", ".yml") else path / "calibration.yaml"


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


def distill(asked: argparse.Namespace) -> int:
    """Check the settings, distil their language model into the file `out=`, and print how good it is."""
    own = {word.partition("=")[0]: word.partition("=")[2] for word in asked.words}
    words = [word for word in asked.words if word.partition("=")[0] not in ("out", "check")]
    out, check = own.get("out"), own.get("check", "true")
    if not out:
        raise ValueError("distill needs out=FILE, the file to write, for example out=distilled.yaml")
    if check not in ("true", "false") or Path(out).is_dir():
        raise ValueError(
            f"distill takes check=true or check=false, and a file as out=, not check={check} out={out}"
        )
    if "mind" not in own:
        words = ["mind=llm", *words]
    overrides = configuration.hydra_overrides(words)
    _cells(overrides, multirun=False)
    plan = configuration.plan(configuration.compose_overrides(overrides))
    from analysis.models import distill as distilling
    from analysis.models import dry

    if plan.dry:
        print(
            f"Distilling asks about {len(distilling.designed(plan).weight)} situations; the check runs more:"
        )
        for line in dry.lines(plan):
            print(line)
        return OK
    made = distilling.distill(plan, Path(out), check=check == "true", say=lambda line: print(plain(line)))
    if made.check is not None:
        for line in distilling.check_words(made.check):
            print(plain(line))
    else:
        print("Not checked against the model: runs of this mind will make no claim.")
    print(f"Mind: {out}; use it with mind=distilled mind.file={out}")
    return OK


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


def store(asked: argparse.Namespace) -> int:
    from analysis.models import store_commands

    return store_commands.store(asked)


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
