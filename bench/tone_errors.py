"""How often the tone scorer errs, against people's labels of comments on GitHub: counts of label by the scorer's tone.

    python bench/tone_errors.py [--data FOLDER] [--write]

The comments are those of `github-incivility/comments.parquet` (not part of this project; `--data` says where): threads that
maintainers locked, half of those of vcu-swim-lab/incivility-dataset (MIT licence). Each comment has one human label. Which label is which tone is our choice, declared here: bitter frustration, impatience, irony, mocking and entitlement are
heated; insulting, vulgarity, threat and identity attack are hostile; the others are civil. Every comment is scored as it stands.
`--write` puts the counts into `conf/tone_errors.yaml`, from which `windtunnel why` draws other readings of a record's tones.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.tones.scorer import scorer_name, tones

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "conf" / "tone_errors.yaml"
HEATED = ("bitter frustration", "impatience", "irony", "mocking", "entitlement")
HOSTILE = ("insulting", "vulgarity", "threat", "identity attack/name-calling")
TONES = ("civil", "heated", "hostile")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder that holds github-incivility")
    parser.add_argument("--write", action="store_true", help="put the counts into conf/tone_errors.yaml")
    asked = parser.parse_args()
    shared = Path(os.environ.get("WINDTUNNEL_SHARED", ROOT.parent / "shared"))
    found = measured((asked.data or shared / "data") / "github-incivility" / "comments.parquet")
    if asked.write:
        FILE.write_text(as_yaml(found), encoding="utf-8")
    print(json.dumps(found))


def measured(path: Path) -> dict[str, Any]:
    """What `conf/tone_errors.yaml` holds, counted anew: `counts[scorer's tone][person's tone]`."""
    posts = pl.read_parquet(path).drop_nulls("text")
    unknown = set(posts["label"].drop_nulls()) - {*HEATED, *HOSTILE}
    if unknown:
        raise ValueError(f"{path} has labels of no declared tone: {', '.join(sorted(unknown))}")
    label = pl.col("label")
    truth = (
        pl.when(label.is_in(HEATED)).then(pl.lit("heated")).when(label.is_in(HOSTILE)).then(pl.lit("hostile"))
    ).otherwise(pl.lit("civil"))
    posts = posts.with_columns(truth=truth, heard=pl.Series(tones(posts["text"].to_list())))
    both = posts.group_by("heard", "truth").len()
    often = {(heard, true): count for heard, true, count in both.iter_rows()}
    return {
        "source": f"{posts.height:,} labelled comments of {posts['issue_id'].n_unique()} locked GitHub threads",
        "scorer": scorer_name(),
        "counts": {heard: {true: often.get((heard, true), 0) for true in TONES} for heard in TONES},
    }


def as_yaml(found: dict[str, Any]) -> str:
    """The file: where the counts are from, and a line for each tone that the scorer gives."""
    rows = [
        f"  {heard}: {{{', '.join(f'{true}: {count}' for true, count in row.items())}}}\n"
        for heard, row in found["counts"].items()
    ]
    return (
        "# How often the tone scorer errs: of the comments to which it gives a tone, how many people labelled civil, heated and\n"
        "# hostile. Counted by bench/tone_errors.py, which says how; do not edit by hand. The threads were all locked by their\n"
        "# maintainers, so there is more heat among the civil ones than elsewhere.\n"
        f"source: {json.dumps(found['source'])}\nscorer: {json.dumps(found['scorer'])}\ncounts:\n{''.join(rows)}"
    )


if __name__ == "__main__":
    main()
