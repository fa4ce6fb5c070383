"""r/Ireland: the delay and hotness law beside those of the data's authors, on their own split, in nats a discussion.

The authors' models (jpmeagher/onlineMessageboardActivity) are fitted again here for the intervals of the differences, all but the one
with the time of day, which their table has at .005 nats from the one without.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.optimize import minimize
from scipy.special import gammaln

from windtunnel.analysis.causal.intervals import mean_difference
from windtunnel.analysis.learned.parts.delay_law import (
    Tree,
    fit_exponential,
    fit_law,
    log_density,
    log_density_exponential,
    tree_of,
)

HORIZON = 48 * 60.0
ASKED = -6.35
PUBLISHED = {
    "one rate, one exponential delay": -7.168,
    "posts and comments apart": -7.139,
    "+ gamma heterogeneity": -7.091,
    "+ time of day": -7.086,
    "heterogeneity + two-exponential delays": -6.351,
}
"""Of the data's SOURCE.md."""


def read_tree(path: Path) -> Tree:
    """The discussions of a split, each followed for 48 hours, times in minutes."""
    posts = pl.read_parquet(path).sort("t")
    number = {name: row for row, name in enumerate(posts["id"].to_list())}
    parent = np.array([number.get(each, -1) for each in posts["parent_id"].to_list()])
    return tree_of(posts["t"].to_numpy() * 60, parent, posts["discussion"].to_numpy(), HORIZON)


class Rival(NamedTuple):
    """One of the authors' models, posts and comments apart: whether answers are mixed by a gamma law, and how many exponential delays."""

    mixed: bool
    delays: int


RIVALS = {
    "posts and comments apart": Rival(False, 1),
    "+ gamma heterogeneity": Rival(True, 1),
    "heterogeneity + two-exponential delays": Rival(True, 2),
}


def apart(rival: Rival, train: Tree, test: Tree) -> np.ndarray:
    """Log density of each test discussion under the rival, fitted to `train` kind by kind."""
    _, code = np.unique(test.discussion, return_inverse=True)
    total = np.zeros(code.max() + 1)
    for kind in range(2):

        def loss(at: np.ndarray, kind: int = kind) -> float:
            return -sum(float(each.sum()) for each in _terms(rival, at, train, kind)) / len(train.kind)

        begin = np.array([np.log(0.7), 0.0, np.log(20.0), np.log(400.0), 0.0])
        if rival.delays == 1:
            begin[2] = np.log(120.0)
        best = minimize(loss, begin, method="L-BFGS-B").x
        posts, answers = _terms(rival, best, test, kind)
        np.add.at(total, code[test.kind == kind], posts)
        np.add.at(total, code[_answers(test, kind)], answers)
    return total


def _answers(tree: Tree, kind: int) -> np.ndarray:
    """Rows of the answers to posts of a kind."""
    rows = np.flatnonzero(tree.parent >= 0)
    return rows[tree.kind[tree.parent[rows]] == kind]


def _terms(rival: Rival, at: np.ndarray, tree: Tree, kind: int) -> tuple[np.ndarray, np.ndarray]:
    mean, shape, fast, slow = np.exp(at[:4])
    share = 1.0 if rival.delays == 1 else 1 / (1 + np.exp(-at[4]))
    window, answers = tree.window[tree.kind == kind], _answers(tree, kind)
    reach = -share * np.expm1(-window / fast) - (1 - share) * np.expm1(-window / slow)
    often = np.bincount(tree.parent[answers], minlength=len(tree.kind))[tree.kind == kind]
    if rival.mixed:
        spread = np.log(shape + mean * reach)
        posts = gammaln(shape + often) - gammaln(shape) + shape * (np.log(shape) - spread)
        posts += often * (np.log(mean) - spread)
    else:
        posts = often * np.log(mean) - mean * reach
    delay = tree.delay[answers]
    density = share / fast * np.exp(-delay / fast) + (1 - share) / slow * np.exp(-delay / slow)
    return posts, np.log(density * 60)


def ireland_rows(folder: Path) -> list[dict[str, Any]]:
    """The law's nats a discussion on the authors' test split, and its gain over the models of their table."""
    train, test = (read_tree(folder / f"{name}.parquet") for name in ("train", "test"))
    own = log_density(fit_law(train, HORIZON), test)
    again = {
        "one rate, one exponential delay": log_density_exponential(fit_exponential(train, HORIZON), test),
        **{name: apart(rival, train, test) for name, rival in RIVALS.items()},
    }
    rows = [
        {
            "corpus": "r/Ireland",
            "part": "delay and hotness law, nats a discussion",
            "base": None,
            "gain": round(float(own.mean()), 4),
            "low": None,
            "high": None,
            "bits_base": None,
            "asked": ASKED,
            "met": bool(own.mean() >= ASKED),
        }
    ]
    for name, published in PUBLISHED.items():
        low = high = None
        if name in again:
            found = mean_difference(own - again[name])
            low, high = found.low, found.high
            published = float(again[name].mean())
        limits = [None if each is None else round(each, 4) for each in (low, high)]
        rows.append(
            {
                "corpus": "r/Ireland",
                "part": "delay and hotness law",
                "base": name + (" (fitted again)" if name in again else " (published)"),
                "gain": round(float(own.mean()) - published, 4),
                "low": limits[0],
                "high": limits[1],
                "bits_base": round(published, 4),
                "asked": None,
                "met": None,
            }
        )
    return rows
