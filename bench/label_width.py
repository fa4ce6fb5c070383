"""Does the range of `why` over readings of the tones become as narrow as was foretold, once posts are labelled?

    python bench/label_width.py [--shared ../shared] [--questions 20] [--labels 5]

Threads of labelled GitHub comments get made-up authors and minutes (the data have none) and the probabilities of an English reader
that never saw them. About each that has an escalation it is asked whether a lock at its onset would have averted it; then the posts most
in doubt get people's labels, and it is asked again. One JSON line comes last: widths before and after, as foretold by readings in
pairs and by the root of the doubt left (the rule of before).
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.tones import english, training
from windtunnel.analysis.tones.chances import doubts
from windtunnel.analysis.tones.hearing import decided
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.recorded import RecordedCase
from windtunnel.analysis.why.forum.tones import errors_of, to_label, tone_sensitivity
from windtunnel.sim.communities.forum.posts import TONES

ROOT = Path(__file__).resolve().parents[1]
RULES = load_rules()
AUTHORS, MINUTES, FOLDS = 5, 7, 4
READINGS, FUTURES = 8, 6


def record(known: training.Labelled, place: Path) -> tuple[Path, np.ndarray]:
    """An import of all comments, and the true tone of each post; the reader's probabilities are those of other folds."""
    rows = pl.DataFrame({"thread": known.thread, "text": known.texts}).with_row_index("row")
    rows = rows.with_columns(at=pl.int_range(pl.len()).over("thread"), order=pl.col("thread").rank("dense"))
    first = pl.col("row").min().over("thread")
    rows = rows.select(
        id="row",
        parent=pl.when(pl.col("at") > 0).then(
            pl.when(pl.col("at") % 3 == 0).then(first).otherwise(pl.col("row") - 1)
        ),
        author=pl.format("w{}-{}", "order", (pl.col("at") * 7 // 3) % AUTHORS),
        time=1_600_000_000 + 86_400 * pl.col("order").cast(pl.Int64) + 60 * MINUTES * pl.col("at"),
        text="text",
    )
    rows.write_parquet(place / "posts.parquet")
    named = {name: name for name in ("id", "parent", "author", "time", "text")}
    import_corpus(
        "table",
        place / "posts.parquet",
        place / "mine",
        mapping=named,
        key_file=place / "key",
        reader="words",
    )
    posts = pl.read_parquet(place / "mine" / "posts.parquet")
    order = np.argsort(rows["time"].to_numpy(), kind="stable")
    ready, found = english.prepare(known.texts), np.zeros((len(order), 3))
    for kept, left in training.folds(known.thread, FOLDS, seed=0):
        fitted = training.fit(ready.take(kept), known.tone[kept], known.thread[kept], None)
        found[left] = english.probabilities(fitted, ready.take(left))
    told = decided(found[order])
    posts = posts.drop("heated", "hostile", strict=False).with_columns(
        told["tone"], told["heated"], told["hostile"]
    )
    posts.select(*[name for name in posts.columns if name != "text"], "text").write_parquet(
        place / "mine" / "posts.parquet"
    )
    return place / "mine", known.tone[order]


def labelled(case: RecordedCase, truth: np.ndarray, chosen: np.ndarray) -> RecordedCase:
    """The case with people's labels on the chosen posts."""
    from dataclasses import replace

    tone = np.where(chosen, truth[case.numbers - 1], case.record.tone[: case.record.own])
    names = pl.DataFrame({"post": case.numbers, "tone": [TONES[level] for level in np.maximum(tone, 0)]})
    acts = (
        case.acts.drop("tone")
        .join(names, on="post", how="left", maintain_order="left")
        .select(case.acts.columns)
    )
    return replace(case.with_tones(tone, acts), labelled=case.labelled | chosen)


def widths(case: RecordedCase, truth: np.ndarray, labels: int) -> dict[str, Any] | None:
    """The width before, as foretold by both rules, and as it came; None where a range is nowhere defined."""
    import windtunnel.analysis.why.forum.tones as told

    told.LABELS = labels
    mind = case.mind()
    question = ask(case, lock=True, at="onset")
    errors = errors_of(case)
    chosen = to_label(case, errors, labels)
    doubt = doubts(told._true(case, errors)[1])
    before = tone_sensitivity(case, question, mind, draws=READINGS, futures=FUTURES)
    if before["low"] is None or before["width_with_labels"] is None or before["high"] == before["low"]:
        return None
    other = labelled(case, truth, chosen)
    after = tone_sensitivity(other, ask(other, lock=True, at="onset"), mind, draws=READINGS, futures=FUTURES)
    mind.close()
    if after["low"] is None or after["incident"] < 3:
        return None
    width = before["high"] - before["low"]
    left = float(doubt[~chosen].sum() / doubt.sum())
    return {
        "posts": len(chosen),
        "before": round(width, 3),
        "pairs": round(before["width_with_labels"], 3),
        "doubt": round(width * left**0.5, 3),
        "came": round(after["high"] - after["low"], 3),
    }


def main() -> None:
    """Ask, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--labels", type=int, default=5)
    asked = parser.parse_args()
    known = training.labelled(
        pl.read_parquet(asked.shared / "data" / "github-incivility" / "comments.parquet")
    )
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as place:
        out, truth = record(known, Path(place))
        from windtunnel.analysis.incidents.forum.acts import acts_of_import
        from windtunnel.analysis.incidents.forum.find import find

        found = find(acts_of_import(pl.read_parquet(out / "posts.parquet"), None), RULES, 1 / 60)
        for one in [each for each in found if each.kind == "escalation"]:
            if len(rows) == asked.questions:
                break
            try:
                row = widths(recorded_case(out, one.id, RULES), truth, asked.labels)
            except ValueError as error:
                print(f"{one.id}: {error}", flush=True)
                continue
            if row:
                rows.append(row)
                print(json.dumps(row), flush=True)
    came = np.array([row["came"] for row in rows])
    print(
        json.dumps(
            {
                "bench": "label_width",
                "questions": len(rows),
                "labels": asked.labels,
                "came": round(float(came.mean()), 3),
            }
            | {
                rule: {
                    "mean": round(float(np.mean([row[rule] for row in rows])), 3),
                    "mean_error": round(
                        float(np.abs(np.array([row[rule] for row in rows]) - came).mean()), 3
                    ),
                }
                for rule in ("before", "pairs", "doubt")
            }
        )
    )


if __name__ == "__main__":
    main()
