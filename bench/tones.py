"""How well the readers of tones read: labelled threads left out whole, kinds of trap, languages.

    python bench/tones.py [--shared ../shared] [--folds 10] [--seed 0] [--folder tests/fixtures/tones]

The English reader is fitted anew for each fold, its weighing too, so that no comment is read by numbers that saw its
thread. What is chosen beyond the folds (lists of words, two penalties, the weight of our own sentences) is said in
docs/tones.md. The last line is one JSON document.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

from windtunnel.analysis.tones import english, training
from windtunnel.analysis.tones.hearing import EVEN, ORDINARY
from windtunnel.analysis.tones.language import languages
from windtunnel.analysis.tones.reader import CIVIL, HOSTILE, at_base, expected_shares, read
from windtunnel.analysis.tones.words import WordsReader

ROOT = Path(__file__).resolve().parents[1]
PRECISION = 0.55
FLAGGED = 0.5
"""The table of kinds calls a sentence uncivil from this probability on."""
NOT_ENGLISH = ("vtaiwan.uberx",)
SUITES = ("kinds", "more_kinds", "third_kinds", "fourth_kinds", "fifth_kinds", "sixth_kinds")


def measures(probabilities: np.ndarray, tone: np.ndarray) -> dict[str, Any]:
    """Discrimination, calibration by tenths and the error of expected shares, all of the posts that were given."""
    uncivil, truth = 1 - probabilities[:, CIVIL], tone > 0
    precision, recall, level = precision_recall_curve(truth, uncivil)
    enough = np.flatnonzero(precision[:-1] >= PRECISION)
    best = enough[recall[enough].argmax()] if len(enough) else None
    tenth = np.minimum((uncivil * 10).astype(int), 9)
    shares = np.bincount(tone, minlength=3) / len(tone)
    return {
        "uncivil_auc": round(roc_auc_score(truth, uncivil), 4),
        "uncivil_ap": round(average_precision_score(truth, uncivil), 4),
        "recall_at_precision_0.55": 0.0 if best is None else round(float(recall[best]), 4),
        "level_of_precision_0.55": None if best is None else round(float(level[best]), 4),
        "hostile_auc": round(roc_auc_score(tone == 2, probabilities[:, HOSTILE]), 4),
        "shares_error": [round(float(each), 4) for each in expected_shares(probabilities) - shares],
        "reliability": [
            [int((tenth == k).sum()), round(float(uncivil[tenth == k].mean()), 3), round(float(truth[tenth == k].mean()), 3)]
            for k in range(10)
            if (tenth == k).any()
        ],
    }  # fmt: skip


def by_folds(known: training.Labelled, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of the English reader for each comment by numbers that never saw its thread, and the folds."""
    posts = english.prepare(known.texts)
    sentences, tones = training.own_texts()
    ours = (english.prepare(sentences), tones)
    found, fold = np.zeros((len(known.tone), 3)), np.zeros(len(known.tone), int)
    for number, (rows, left) in enumerate(training.folds(known.thread, count, seed)):
        fitted = training.fit(posts.take(rows), known.tone[rows], known.thread[rows], ours)
        found[left], fold[left] = english.probabilities(fitted, posts.take(left)), number
    return found, fold


def kinds(file: Path, civil_rate: float) -> tuple[list[str], dict[str, Any]]:
    """How many sentences of each kind each reader gets right, as a table and as numbers."""
    listed = yaml.safe_load(file.read_text("utf-8"))
    rows, right = [], {}
    both = (WordsReader(), english.EnglishReader())
    for kind, by_tone in listed.items():
        ((tone, sentences),) = by_tone.items()
        found = [each.read(sentences) for each in both]
        said = [1 - each[:, CIVIL] for each in found]
        flagged = int((at_base(found[1], both[1].base, ORDINARY)[:, CIVIL] <= EVEN).sum())
        hits = [int(((each >= FLAGGED) == (tone == "uncivil")).sum()) for each in said]
        right[kind] = {"sentences": len(sentences), "words": hits[0], "english": hits[1], "flagged": flagged}
        rows.append(
            f"| {kind} ({tone}) | {len(sentences)} | {hits[0]} | {hits[1]} | {said[1].mean():.2f} | {flagged} |"
        )
        if kind == "identity words":
            right[kind]["english_above_civil_rate"] = int((said[1] > civil_rate).sum())
            right[kind]["english_highest"] = round(float(said[1].max()), 3)
    head = ["| kind (what a person hears) | sentences | `words` right | `english` right | `english`: mean probability of uncivil | `english`: called uncivil at ordinary shares |", "|---|---|---|---|---|---|"]  # fmt: skip
    return head + rows, right


def unread_shares(folder: Path, shared: Path) -> dict[str, Any]:
    """The share of posts in a language that the shipped readers do not read, by record."""
    files = ("languages.yaml", "more_languages.yaml")
    parts = [dict[str, list[str]](yaml.safe_load((folder / name).read_text("utf-8"))) for name in files]
    records = parts[0] | parts[1]
    data = shared / "data"
    if (data / "polis-opendata").is_dir():
        said = pl.read_parquet(data / "polis-opendata" / "statements.parquet").drop_nulls("text")
        other = pl.col("conversation").is_in(NOT_ENGLISH)
        records["vtaiwan.uberx"] = said.filter(other)["text"].to_list()
        records["polis in English"] = said.filter(~other)["text"].to_list()
        records["bicycles"] = _texts(data / "stackexchange-bicycles-meta" / "posts.parquet")
        chat = pl.scan_parquet(data / "irc-disentangled" / "messages.parquet")
        chat = chat.filter(pl.col("channel").str.contains("ubuntu")).drop_nulls("text")
        records["#ubuntu"] = chat.collect()["text"].to_list()
    told = {name: languages(texts) for name, texts in records.items()}
    return {
        name: round(sum(code not in ("en", "") for code in codes) / len(codes), 4)
        for name, codes in told.items()
    }


def _texts(path: Path) -> list[str]:
    return pl.read_parquet(path)["text"].drop_nulls().to_list()


def main() -> None:
    """Measure, print the tables, and one JSON line last."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--folder", type=Path, default=ROOT / "tests" / "fixtures" / "tones")
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    known = training.labelled(
        pl.read_parquet(asked.shared / "data" / "github-incivility" / "comments.parquet")
    )
    found, fold = by_folds(known, asked.folds, asked.seed)
    began = time.process_time()
    read(english.EnglishReader(), known.texts)
    rate = len(known.texts) / (time.process_time() - began)
    civil_rate = float(1 - found[known.tone == 0, CIVIL].mean())
    tables = {name: kinds(asked.folder / f"{name}.yaml", civil_rate) for name in SUITES}
    off = [
        found[fold == k].mean(0) - np.bincount(known.tone[fold == k], minlength=3) / (fold == k).sum()
        for k in set(fold)
    ]
    result = {
        "comments": len(known.texts), "threads": len(np.unique(known.thread)), "folds": asked.folds,
        "words": measures(WordsReader().read(known.texts), known.tone),
        "english": measures(found, known.tone),
        "english_shares_error_of_a_fold": round(float(np.abs(off).mean()), 4),
        "english_mean_uncivil_of_civil": round(civil_rate, 4),
        "english_posts_a_processor_second": round(rate),
        "unread": unread_shares(asked.folder, asked.shared),
        **{name: right for name, (_, right) in tables.items()},
    }  # fmt: skip
    for table, _ in tables.values():
        print("\n".join(table), end="\n\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
