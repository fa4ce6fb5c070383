"""`windtunnel report`: the report of a finished run once more."""

import argparse
from typing import Any

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.terminal.ending import OK
from windtunnel.analysis.terminal.printing import print_json


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("out", help="output folder of a run")
    parser.add_argument("--json", action="store_true", help="print estimates.json and nothing else")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.report import write_pairs_report, write_report

    folder = Folder(asked.out)
    if folder.estimates.is_file() and not folder.manifest.is_file():  # of `windtunnel estimate --out`
        record = folder.read_json(folder.estimates)
        write_pairs_report(folder, record)
        return answered(record, None, None, folder, asked.json)
    if folder.manifest.is_file() and not folder.estimates.is_file():
        raise ValueError(
            f"{folder.path} holds no estimates: no pair of that run is complete; runs.parquet says why"
        )
    estimates, manifest = folder.read_json(folder.estimates), folder.read_json(folder.manifest)
    write_report(folder)
    return answered(estimates, manifest, folder.read_table("runs"), folder, asked.json)


def answered(record: Any, manifest: Any, runs: Any, folder: Folder | None, as_json: bool) -> int:
    """Print the estimates as JSON, or the answer in short and where its report is."""
    from windtunnel.analysis.summary import short_answer

    if as_json:
        print_json(record)
        return OK
    for line in short_answer(record, manifest, runs):
        print(line)
    if folder is not None:
        print(f"Report: {folder.report}")
    return OK
