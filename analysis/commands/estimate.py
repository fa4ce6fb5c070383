"""`windtunnel estimate`: a causal report for pairs from any simulator."""

import argparse
from pathlib import Path

from windtunnel.analysis.commands.report import answered
from windtunnel.analysis.folder import Folder


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "pairs",
        help="CSV or Parquet with columns draw, seed, y0, y1 (optional: severity0, severity1, covariates)",
    )
    parser.add_argument(
        "--direction",
        required=True,
        choices=("preventive", "generative"),
        help="is the policy to prevent y or to bring it about",
    )
    parser.add_argument("--outcome", default="outcome", help="what y is called")
    parser.add_argument("--threshold", type=float, help="severity at which y is 1, for the curves")
    parser.add_argument("--coupling", default="not stated", help="how the twins share chance, in words")
    parser.add_argument("--confidence", type=float, default=0.95)
    parser.add_argument("--no-dowhy", action="store_true", help="leave out the DoWhy record")
    parser.add_argument("--out", help="folder for estimates.json and report.html")
    parser.add_argument("--json", action="store_true", help="print the estimates as one JSON document")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.causal.estimates import estimate_file

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
        from windtunnel.analysis.report import write_pairs_report

        folder.write_json(folder.estimates, record)
        write_pairs_report(folder, record)
    return answered(record, None, None, folder, asked.json)
