"""How far the expected shares of tones are from the true ones, before and after labels of one's own.

    python bench/label_shares.py [--shared ../shared] [--times 40]

Records: labelled GitHub comments, read by numbers that never saw their thread and moved to ordinary shares as `import` does: all
of them, quarters by whole thread, and as many civil ones with uncivil ones until they are .05 or .01 of all; and posts made up of a
known share of tones, read by a reader that takes them for easier to tell than they are. Of each, posts are drawn as `windtunnel label` draws them, get their true tones,
and the shares are expected again. For each record and number of labels: the mean error of the three shares without labels and with them, by labels
alone (weighed shares), and how often 95 % limits hold the true share. The last line is one JSON document.
"""

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from windtunnel.analysis.tones import english, training
from windtunnel.analysis.tones.hearing import ORDINARY, decided
from windtunnel.analysis.tones.labels import doubt_of, sample, shares_with_limits, shift_of
from windtunnel.analysis.tones.reader import at_base
from windtunnel.sim.communities.forum.posts import TONES

ROOT = Path(__file__).resolve().parents[1]
COUNTS = (30, 60, 100)
FOLDS, APART, THOUGHT = 4, 0.9, 1.2
MADE_UP = ((0.97, 0.02, 0.01), (0.9, 0.07, 0.03), (0.6, 0.25, 0.15))


def github(
    known: training.Labelled, rng: np.random.Generator
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Records of labelled comments: a name, the reader's probabilities (n, 3) and the true tones (n,)."""
    ready, found = english.prepare(known.texts), np.zeros((len(known.tone), 3))
    sentences, tones = training.own_texts()
    ours = (english.prepare(sentences), tones)
    for kept, left in training.folds(known.thread, FOLDS, seed=0):
        fitted = training.fit(ready.take(kept), known.tone[kept], known.thread[kept], ours)
        found[left] = english.probabilities(fitted, ready.take(left))
    heard = at_base(found, np.bincount(known.tone, minlength=3) / len(known.tone), ORDINARY)
    yield "github", heard, known.tone
    threads = rng.permutation(np.unique(known.thread))
    civil, hot = (np.flatnonzero(known.tone > 0) if uncivil else np.flatnonzero(known.tone == 0) for uncivil in (0, 1))  # fmt: skip
    for part in range(4):
        here = np.isin(known.thread, threads[part::4])
        yield "github, a quarter", heard[here], known.tone[here]
        for share in (0.05, 0.01):
            some = np.concatenate([civil, rng.permutation(hot)[: round(len(civil) * share / (1 - share))]])
            yield f"github, .{100 * share:02.0f} uncivil", heard[some], known.tone[some]


def made_up(rng: np.random.Generator) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Records of 2,000 posts that sound `APART` from each other by tone, to a reader that thinks it is `THOUGHT`."""
    for shares in MADE_UP:
        tone = rng.choice(3, 2_000, p=shares)
        heard = APART * np.eye(3)[tone] + rng.normal(size=(len(tone), 3))
        odds = ORDINARY * np.exp(THOUGHT * heard)
        yield f"made up, {shares[0]} civil", odds / odds.sum(axis=1, keepdims=True), tone


def after(
    heard: np.ndarray, tone: np.ndarray, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Errors of the shares with so many labels and by labels alone, and whether the limits hold the true shares, (3,) each."""
    posts = pl.DataFrame(
        {"post": np.arange(len(tone)), "tone": decided(heard)["tone"], "text": ["x"] * len(tone)}
    )
    drawn = sample(posts, count, rng)
    labels, weights = [TONES[level] for level in tone[drawn.posts]], np.array(drawn.weights)
    shift = shift_of(heard[drawn.posts], labels, weights)
    doubt = doubt_of(heard[drawn.posts], labels, weights, shift)
    true = np.bincount(tone, minlength=3) / len(tone)
    share, low, high = np.array(shares_with_limits(heard, shift, doubt)).T
    alone = np.eye(3)[tone[drawn.posts]].T @ weights / weights.sum()
    return share - true, alone - true, (low <= true) & (true <= high)


def main() -> None:
    """Measure, print a table, and one JSON line last."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    known = training.labelled(
        pl.read_parquet(asked.shared / "data" / "github-incivility" / "comments.parquet")
    )
    found: dict[str, dict[int, list[np.ndarray]]] = {}
    for name, heard, tone in (*github(known, rng), *made_up(rng)):
        without = np.abs(heard.mean(axis=0) - np.bincount(tone, minlength=3) / len(tone))
        for count in COUNTS:
            rows = [after(heard, tone, count, rng) for _ in range(asked.times)]
            into = found.setdefault(name, {}).setdefault(count, [])
            into += [np.stack([without, np.abs(some), np.abs(alone), held]) for some, alone, held in rows]
    result: dict[str, dict[str, dict[str, list[float]]]] = {}
    for name, counts in found.items():
        for count, each in counts.items():
            means = np.mean(each, axis=0).round(4)
            row = dict(
                zip(("without", "with_labels", "labels_alone", "limits_hold"), means.tolist(), strict=True)
            )
            print(f"{name:24s} {count:4d} {row}", flush=True)
            result.setdefault(name, {})[str(count)] = row
    print(json.dumps({"bench": "label_shares", "times": asked.times, "records": result, "processor_seconds": round(time.process_time())}))  # fmt: skip


if __name__ == "__main__":
    main()
