"""Does the range of `why` over readings of the tones become as narrow as was foretold, once posts are labelled?

    python bench/label_width.py --record simulated --communities 12
    python bench/label_width.py --record github --questions 25 [--labels 5] [--futures 4] [--readings 8]

Asked is whether slow mode (or `--acts`) from its onset on would have averted an incident of a thread with more than twice as many posts as labels; then the posts most in
doubt get their true tones, and it is asked again; last it is asked under the true tones alone. Two kinds of records: simulated forums, whose tones are known and are read by a
reader with known errors (`read_by`), and labelled GitHub comments, with made-up authors and minutes and read by numbers that never saw their thread. One JSON
line comes last: how wide the range was before, as foretold and as it came, the ratio of the last two (95 % limits over questions,
bootstrap), how often what came lay between the ends that were stated for four times in five, and how often the range held the share under the true tones.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import calibration
import numpy as np
import polars as pl

from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.importers.formats.export_convokit import export_convokit
from windtunnel.analysis.incidents.base import Rule
from windtunnel.analysis.incidents.forum.acts import acts_of_import
from windtunnel.analysis.incidents.forum.find import find, load_rules
from windtunnel.analysis.tones import english, training
from windtunnel.analysis.tones.hearing import decided
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.recorded import RecordedCase
from windtunnel.analysis.why.forum.tones import _asked, errors_of, has_it, to_label, tone_sensitivity
from windtunnel.analysis.why.question import Question
from windtunnel.sim.communities.forum.posts import TONES

ROOT = Path(__file__).resolve().parents[1]
RULES = load_rules()
LOW = load_rules({"escalation": {"threshold": 2}, "pile_on": {"threshold": 2}})
"""Rules that find more in the small simulated forums."""
AUTHORS, MINUTES, FOLDS = 5, 7, 4
ACTS: dict[str, dict[str, float]] = {"slow_mode": {"hours": 1}, "rule_reminder": {"seen": 1.0}}
APART = 1.2
"""How far apart tones sound to the reader of simulated forums: AUC of about .8, as `english` has."""


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


def communities(place: Path, count: int, root: int) -> Iterator[tuple[Path, np.ndarray]]:
    """Imports of so many simulated forums, read with errors, and the true tone of each post (-1: none)."""
    words = calibration.settings(8, place)
    calibration.simulated([*words, f"root={root}", f"draws={count}"], place / "out")
    for draw in range(count):
        corpus, mine = place / f"corpus-{draw}", place / f"mine-{draw}"
        export_convokit(place / "out", corpus, draw=draw, seed=0, arm="baseline")
        import_corpus("convokit", corpus, mine, key_file=place / f"key-{draw}")
        posts = pl.read_parquet(mine / "posts.parquet")
        level = {name: at for at, name in enumerate(TONES)}
        truth = posts["tone"].replace_strict(level, default=-1, return_dtype=pl.Int64).to_numpy()
        told = decided(read_by(truth, np.random.default_rng((root, draw))))
        posts = posts.with_columns(told["tone"], told["heated"], told["hostile"], labelled=pl.lit(False))
        posts.write_parquet(mine / "posts.parquet")
        yield mine, truth


def read_by(truth: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """What a reader with known errors says of posts whose tones are known (n, 3): the tones that it hears lie `APART` standard errors
    from each other, and it knows how frequent each is here. Right post by post; that heat comes together in a thread it does not know."""
    known = np.maximum(truth, 0)
    heard = APART * np.eye(3)[known] + rng.normal(size=(len(truth), 3))
    shares = np.bincount(known, minlength=3) / len(truth)
    odds = shares * np.exp(APART * (heard - heard.max(axis=1, keepdims=True)))
    return odds / odds.sum(axis=1, keepdims=True)


def labelled(case: RecordedCase, truth: np.ndarray, chosen: np.ndarray) -> RecordedCase:
    """The case with the true tones of the chosen posts as labels."""
    tone = np.where(chosen, truth[case.numbers - 1], case.record.tone[: case.record.own])
    names = pl.DataFrame({"post": case.numbers, "tone": [TONES[level] for level in np.maximum(tone, 0)]})
    acts = (
        case.acts.drop("tone")
        .join(names, on="post", how="left", maintain_order="left")
        .select(case.acts.columns)
    )
    return replace(case.with_tones(tone, acts), labelled=case.labelled | chosen)


def asked_about(case: RecordedCase, act: str) -> Question:
    """The act from the onset on: a lock would end the thread by itself, whatever the tones are."""
    return ask(case, with_=act, parameters=ACTS[act], at="onset")


def widths(
    case: RecordedCase, act: str, truth: np.ndarray, labels: int, readings: int, futures: int
) -> dict[str, Any]:
    """The width before, as foretold and as it came (None: no range), how many readings have the incident, and the share under the true tones."""
    mind, question = case.mind(), asked_about(case, act)
    many = {"draws": readings, "futures": futures}
    before = tone_sensitivity(case, question, mind, labels=labels, **many)
    chosen = to_label(case, errors_of(case), labels)
    other, true = (labelled(case, truth, some) for some in (chosen, np.ones(len(chosen), bool)))
    after = tone_sensitivity(other, question, mind, labels=0, **many)
    is_one, share = bool(has_it(true, question, [true])[0]), None
    if is_one:
        share = _asked([true], question, mind, futures)[0]["estimate"]["est"]
    mind.close()
    foretold = before["width_with_labels"]
    return {
        "act": act,
        "posts": len(chosen),
        "labels": int(chosen.sum()),
        "before": _width(before),
        "foretold": {name: value if value is None else round(value, 3) for name, value in foretold.items()},
        "came": _width(after),
        "found": [before["found"], after["found"]],
        "is_one": is_one,
        "range": [before["low"], before["high"]],
        "true": share,
    }


def _width(found: dict[str, Any]) -> float | None:
    return None if found["low"] is None or found["incident"] < 2 else round(found["high"] - found["low"], 3)


def told(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """What all questions say together; those without a range are counted and left out."""
    ranged = [row for row in rows if row["before"] is not None]
    said = [row for row in ranged if row["foretold"]["about"] is not None]
    kept = [row for row in said if row["came"] is not None]
    before, came = (np.array([row[name] for row in kept]) for name in ("before", "came"))
    about, low, high = (
        np.array([row["foretold"][name] for row in kept]) for name in ("about", "low", "high")
    )
    true = [row for row in ranged if row["true"] is not None]
    held = [row["range"][0] - 1e-9 <= row["true"] <= row["range"][1] + 1e-9 for row in true]
    if not kept:
        return {"questions": len(rows), "compared": 0}
    probable = np.array([[row["found"][0] / 100, row["is_one"]] for row in rows], float)
    return {
        "questions": len(rows),
        "no_range": len(rows) - len(ranged),
        "readings_agree": sum(row["before"] == 0 for row in ranged),
        "nothing_foretold": len(ranged) - len(said),
        "no_range_with_labels": len(said) - len(kept),
        "compared": len(kept),
        "before": round(float(before.mean()), 3),
        "foretold": round(float(about.mean()), 3),
        "came": round(float(came.mean()), 3),
        "came_over_foretold": _ratio(came, about),
        "between_the_ends": round(float(((low - 1e-9 <= came) & (came <= high + 1e-9)).mean()), 3),
        "above_the_ends": round(float((came > high + 1e-9).mean()), 3),
        "mean_error": round(float(np.abs(about - came).mean()), 3),
        "mean_error_of_saying_no_change": round(float(np.abs(before - came).mean()), 3),
        "by_foretold": [
            [int(here.sum()), round(float(about[here].mean()), 3), round(float(came[here].mean()), 3)]
            for least, most in ((0, 0.1), (0.1, 0.2), (0.2, 0.4), (0.4, 1.01))
            if (here := (about >= least) & (about < most)).any()
        ],
        "range_holds_the_true_share": [sum(held), len(held)],
        "an_incident": {
            "said": round(float(probable[:, 0].mean()), 3),
            "true": round(float(probable[:, 1].mean()), 3),
        },
    }


def _ratio(came: np.ndarray, about: np.ndarray) -> list[float]:
    some = np.random.default_rng(0).integers(0, len(came), (2_000, len(came)))
    ratio = came[some].mean(1) / np.maximum(about[some].mean(1), 1e-9)
    ends = np.quantile(ratio, (0.025, 0.975))
    return [round(float(each), 2) for each in (came.mean() / max(about.mean(), 1e-9), *ends)]


def questions(out: Path, rules: dict[str, Rule], labels: int) -> list[str]:
    """The incidents of a record that lie in a thread with more than twice as many posts as labels, shorter threads first."""
    posts = pl.read_parquet(out / "posts.parquet")
    found = find(acts_of_import(posts, None), rules, 1 / 60)
    size = dict(posts.group_by("thread").len().iter_rows())
    fitting = [each for each in found if each.place is not None and size[int(each.place)] > 2 * labels]
    return [each.id for each in sorted(fitting, key=lambda each: (size[int(each.place or 0)], each.kind))]


def main() -> None:
    """Ask, and print one JSON line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--record", choices=("simulated", "github"), required=True)
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--communities", type=int, default=12)
    parser.add_argument("--root", type=int, default=7000)
    parser.add_argument("--questions", type=int, default=1_000)
    parser.add_argument("--each", type=int, default=4, help="questions about one simulated community at most")
    parser.add_argument("--acts", nargs="+", choices=list(ACTS), default=["slow_mode"])
    parser.add_argument("--labels", type=int, default=5)
    parser.add_argument("--readings", type=int, default=8)
    parser.add_argument("--futures", type=int, default=4)
    asked = parser.parse_args()
    rules = RULES if asked.record == "github" else LOW
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if asked.record == "github":
            comments = asked.shared / "data" / "github-incivility" / "comments.parquet"
            records = iter([record(training.labelled(pl.read_parquet(comments)), place)])
        else:
            records = communities(place, asked.communities, asked.root)
        for out, truth in records:
            names = questions(out, rules, asked.labels)
            for name in names[: asked.questions if asked.record == "github" else asked.each]:
                for act in asked.acts:
                    try:
                        case = recorded_case(out, name, rules, ["mind=rules"])
                        row = widths(case, act, truth, asked.labels, asked.readings, asked.futures)
                    except ValueError as error:
                        print(f"{name}: {error}", flush=True)
                        continue
                    print(json.dumps(row), flush=True)
                    rows.append(row)
    used = round(time.process_time())
    print(json.dumps({"bench": "label_width", "record": asked.record, "labels": asked.labels, **told(rows), "processor_seconds": used}))  # fmt: skip


if __name__ == "__main__":
    main()
