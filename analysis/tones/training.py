"""Fits the English reader's numbers on labelled comments: `python -m windtunnel.analysis.tones.training COMMENTS.parquet`.

The comments are a table with `issue_id`, `label` (null: civil) and `text`, such as the half of the incivility data set of
GitHub's locked threads (Ehsani et al. 2023; MIT) that the shipped numbers are fitted on, with sentences of our own
(`own_texts.yaml`) beside them. What is kept is weights of features and of hashed n-grams: no text, no list of its words.
"""

import itertools
import re
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import yaml
from scipy.sparse import csr_array, vstack

from windtunnel.analysis.tones import features
from windtunnel.analysis.tones.english import (
    OUTLYING,
    PARAMETERS,
    Parameters,
    Prepared,
    margins,
    prepare,
    rarity,
    weighed,
)
from windtunnel.analysis.tones.reader import of_log_odds
from windtunnel.analysis.tones.words import WORTH, columns

HOSTILE_LABELS = ("insulting", "vulgarity", "threat", "identity attack/name-calling")
"""Labels that count as hostile; every other label counts as heated."""
FEATURE_PENALTY, GRAM_PENALTY = 0.003, 1.0
"""C of the two ridge logits; of three tried each (.003, .03, .1 and 1, 4)."""
OWN_WEIGHT = np.array([0.2, 0.13, 0.13])
"""The weight of a sentence of our own by its tone against a labelled comment's 1, a third of all of theirs being uncivil; of six
settings compared on threads and patterns left out (more finds more contempt and takes more praise and grief for it)."""
INNER_FOLDS = 3


class Labelled(NamedTuple):
    """Comments with their labels as tones (0 civil, 1 heated, 2 hostile) and the thread of each."""

    texts: list[str]
    tone: np.ndarray
    thread: np.ndarray


def labelled(table: pl.DataFrame) -> Labelled:
    """The comments that have a text."""
    table = table.filter(pl.col("text").is_not_null())
    tone = (
        pl.when(pl.col("label").is_null())
        .then(0)
        .when(pl.col("label").is_in(HOSTILE_LABELS))
        .then(2)
        .otherwise(1)
    )
    return Labelled(
        table["text"].to_list(), table.select(tone).to_series().to_numpy(), table["issue_id"].to_numpy()
    )


def own_texts(first: bool = False) -> tuple[list[str], np.ndarray]:
    """Our sentences with every choice made, or with the `first` alone, and their tones."""
    texts, tones = [], []
    for row in yaml.safe_load(files(__package__).joinpath("own_texts.yaml").read_text("utf-8")):
        for pattern in row["texts"]:
            parts = re.split(r"\[([^\]]*)\]", pattern)
            choices = [part.split("|") if odd % 2 else [part] for odd, part in enumerate(parts)]
            choices = [each[:1] for each in choices] if first else choices
            made = [" ".join("".join(each).split()) for each in itertools.product(*choices)]
            if len(made) > row.get("most", len(made)):
                made = [made[each] for each in np.random.default_rng(0).permutation(len(made))[: row["most"]]]
            texts += made
            tones += [("civil", "heated", "hostile").index(row["tone"])] * len(made)
    return texts, np.array(tones)


def folds(thread: np.ndarray, count: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Rows to fit on and rows left out, whole threads at a time."""
    names = np.unique(thread)
    place = np.random.default_rng(seed).permutation(len(names)) % count
    at = place[np.searchsorted(names, thread)]
    return [(np.flatnonzero(at != fold), np.flatnonzero(at == fold)) for fold in range(count)]


def fit(
    known: Prepared, tone: np.ndarray, thread: np.ndarray, own: tuple[Prepared, np.ndarray] | None
) -> Parameters:
    """The reader's numbers: two logits (of features and of n-grams) for each head, and a third that weighs the two.

    The third is fitted to what the first two say of threads that they were not fitted on.
    """
    heads = (tone > 0, tone == 2)
    said = np.zeros((len(tone), 2, 2))
    for rows, left in folds(thread, INNER_FOLDS, seed=0):
        said[left] = margins(_base(known.take(rows), tone[rows], own), known.take(left))
    base = _base(known, tone, own)
    weights = np.array([_logit(said[:, head], truth, 1.0) for head, truth in enumerate(heads)])
    shares = np.bincount(tone, minlength=3) / len(tone)
    found = (said * weights[:, 1:]).sum(2) + weights[:, 0]
    civil = float(np.median(1 - of_log_odds(found)[tone == 0, 0]))
    return base._replace(weights=weights, base=shares, civil=civil)


def _base(known: Prepared, tone: np.ndarray, own: tuple[Prepared, np.ndarray] | None) -> Parameters:
    weight = np.ones(len(tone))
    rare = rarity(known.grams)
    grams, table = known.grams, known.table
    if own is not None:
        grams, table = vstack([grams, own[0].grams]).tocsr(), np.vstack([table, own[0].table])
        tone = np.concatenate([tone, own[1]])
        weight = np.concatenate([weight, OWN_WEIGHT[own[1]]])
    middle, spread = known.table.mean(0), np.maximum(known.table.std(0), 1e-6)
    scaled = np.clip((table - middle) / spread, -OUTLYING, OUTLYING)
    heads = (tone > 0, tone == 2)
    of_features = np.array([_logit(scaled, truth, FEATURE_PENALTY, weight) for truth in heads])
    of_grams = np.array([_logit(weighed(grams, rare), truth, GRAM_PENALTY, weight) for truth in heads])
    return Parameters(rare, middle, spread, of_features, of_grams, np.zeros((2, 3)), np.zeros(3))


def _logit(
    columns: np.ndarray | csr_array, truth: np.ndarray, penalty: float, weight: np.ndarray | None = None
) -> np.ndarray:
    """Coefficients, the intercept first; of sparse columns by liblinear, several times as fast, its intercept hardly penalised."""
    from sklearn.linear_model import LogisticRegression

    if isinstance(columns, np.ndarray):
        model = LogisticRegression(C=penalty, max_iter=300, tol=1e-3)
    else:
        model = LogisticRegression(
            C=penalty, max_iter=300, tol=1e-3, solver="liblinear", intercept_scaling=10
        )
    fitted = model.fit(columns, truth, weight)
    return np.concatenate([fitted.intercept_, fitted.coef_[0]])


def worth_of_words(known: Labelled) -> dict[str, list[float]]:
    """The numbers by which `words` turns its scores into probabilities, and the shares of the tones (`base`)."""
    said = columns(known.texts)
    fitted = {"uncivil": _logit(said, known.tone > 0, 1.0), "hostile": _logit(said, known.tone == 2, 1.0)}
    fitted["base"] = np.bincount(known.tone, minlength=3) / len(known.tone)
    return {name: [round(float(each), 4) for each in numbers] for name, numbers in fitted.items()}


def main(arguments: Sequence[str]) -> None:
    """Fit on a table of comments and write the numbers beside this module, or to a second path."""
    known = labelled(pl.read_parquet(arguments[0]))
    ours, tones = own_texts()
    fitted = fit(prepare(known.texts), known.tone, known.thread, (prepare(ours), tones))
    path = Path(arguments[1]) if len(arguments) > 1 else Path(str(files(__package__).joinpath(PARAMETERS)))
    fitted.write(path)
    worth = worth_of_words(known)
    path.with_name(WORTH).write_text(yaml.safe_dump(worth, sort_keys=False))
    print(
        f"{path}: {path.stat().st_size:,} bytes, {len(features.names())} features, fitted on {len(known.texts):,} comments"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
