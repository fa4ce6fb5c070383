"""Does the range of `why` over readings of the tones become as narrow as was foretold, once posts are labelled?

    python bench/label_width.py [--shared ../shared] [--questions 20] [--labels 5] [--futures 4] [--readings 8]

Threads of labelled GitHub comments get made-up authors and minutes (the data have none) and the probabilities of an English reader
that never saw them. About each incident of those threads that have more than twice as many posts it is asked whether slow mode from its onset on would have averted it; then the posts most
in doubt get people's labels, and it is asked again. One JSON line comes last: the mean width before, as it was foretold and as it came,
the ratio of came to foretold (95 % limits over questions, bootstrap), and in how many questions what came was no wider than foretold.
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
from windtunnel.analysis.tones.hearing import decided
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.recorded import RecordedCase
from windtunnel.analysis.why.forum.tones import errors_of, to_label, tone_sensitivity
from windtunnel.analysis.why.question import Question
from windtunnel.sim.communities.forum.posts import TONES

ROOT = Path(__file__).resolve().parents[1]
RULES = load_rules()
AUTHORS, MINUTES, FOLDS = 5, 7, 4


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


def asked_about(case: RecordedCase) -> Question:
    """Slow mode from the onset on: a lock would end the thread by itself, whatever the tones are."""
    return ask(case, with_="slow_mode", parameters={"hours": 1}, at="onset")


def widths(
    case: RecordedCase, truth: np.ndarray, labels: int, readings: int, futures: int
) -> dict[str, Any] | None:
    """The width before, as foretold and as it came (None: with the labels there is no incident, or no share); None where nothing
    is foretold."""
    mind = case.mind()
    many = {"draws": readings, "futures": futures, "labels": labels}
    before = tone_sensitivity(case, asked_about(case), mind, **many)
    foretold = before["width_with_labels"]
    if foretold is None:
        return None
    chosen = to_label(case, errors_of(case), labels)
    other = labelled(case, truth, chosen)
    after = tone_sensitivity(other, asked_about(other), mind, **many)
    mind.close()
    there = after["low"] is not None and after["incident"] > 1
    return {
        "posts": len(chosen),
        "labels": int(chosen.sum()),
        "before": round(before["high"] - before["low"], 3),
        "foretold": round(foretold, 3),
        "came": round(after["high"] - after["low"], 3) if there else None,
        "readings": [before["incident"], after["incident"]],
    }


def told(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What all questions say together; those whose incident the labels took away are counted and left out."""
    kept = [row for row in rows if row["came"] is not None]
    before, foretold, came = (
        np.array([row[name] for row in kept]) for name in ("before", "foretold", "came")
    )
    rng = np.random.default_rng(0)
    some = rng.integers(0, len(kept), (2_000, len(kept)))
    ratio = came[some].mean(1) / np.maximum(foretold[some].mean(1), 1e-9)
    return {
        "questions": len(rows),
        "incident_gone_with_labels": len(rows) - len(kept),
        "before": round(float(before.mean()), 3),
        "foretold": round(float(foretold.mean()), 3),
        "came": round(float(came.mean()), 3),
        "came_over_foretold": [
            round(float(each), 2)
            for each in (came.mean() / max(foretold.mean(), 1e-9), *np.quantile(ratio, (0.025, 0.975)))
        ],
        "no_wider_than_foretold": int((came <= foretold + 1e-9).sum()),
        "mean_error": round(float(np.abs(foretold - came).mean()), 3),
        "mean_error_of_saying_no_change": round(float(np.abs(before - came).mean()), 3),
    }


def main() -> None:
    """Ask, and print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--labels", type=int, default=5)
    parser.add_argument("--readings", type=int, default=8)
    parser.add_argument("--futures", type=int, default=4)
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
        size = dict(pl.read_parquet(out / "posts.parquet").group_by("thread").len().iter_rows())
        places = [each for each in found if each.place is not None]
        every = sorted(places, key=lambda each: (size[int(each.place)], each.kind))
        every = [each for each in every if size[int(each.place)] > 2 * asked.labels]
        print(f"{len(every)} incidents", flush=True)
        for one in every:
            if len(rows) == asked.questions:
                break
            try:
                case = recorded_case(out, one.id, RULES)
                row = widths(case, truth, asked.labels, asked.readings, asked.futures)
            except ValueError as error:
                print(f"{one.id}: {error}", flush=True)
                continue
            print(json.dumps(row), flush=True)
            if row:
                rows.append(row)
    print(json.dumps({"bench": "label_width", "labels": asked.labels, **told(rows)}))


if __name__ == "__main__":
    main()
