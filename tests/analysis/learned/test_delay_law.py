"""The law of how threads grow, against published likelihoods and against what it draws itself."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.learned.parts.delay_law import (
    PACE,
    Law,
    fit_exponential,
    fit_law,
    log_density,
    log_density_exponential,
    tree_of,
)

HORIZON = 2880.0


def split(shared: Path, name: str):  # type: ignore[no-untyped-def]
    posts = pl.read_parquet(shared / "data" / "reddit-ireland-2019" / f"{name}.parquet").sort("t")
    number = {each: row for row, each in enumerate(posts["id"].to_list())}
    parent = np.array([number.get(each, -1) for each in posts["parent_id"].to_list()])
    return tree_of(posts["t"].to_numpy() * 60, parent, posts["discussion"].to_numpy(), HORIZON)


def test_r_ireland(shared: Path) -> None:
    """SOURCE.md: one exponential -7.168 nats a discussion on the authors' test split, their best -6.351. The first is reproduced."""
    train, test = split(shared, "train"), split(shared, "test")
    plain = log_density_exponential(fit_exponential(train, HORIZON), test)
    assert len(plain) == 3716 and plain.mean() == pytest.approx(-7.168, abs=0.001)
    assert log_density(fit_law(train, HORIZON), test).mean() >= -6.35


def test_a_law_that_is_an_exponential_scores_as_one() -> None:
    """Where heat hardly varies and delays fall off steadily the two forms agree: same window, same Poisson process."""
    rng = np.random.default_rng(0)
    minute, parent, discussion = [], [], []
    for number in range(400):
        root = len(minute)
        minute.append(0.0)
        parent.append(-1)
        discussion.append(number)
        for delay in np.sort(rng.exponential(100, rng.poisson(1.5))):
            minute.append(delay)
            parent.append(root)
            discussion.append(number)
    order = np.argsort(minute, kind="stable")
    place = np.argsort(order)
    up = np.array([-1 if parent[row] < 0 else place[parent[row]] for row in order])
    tree = tree_of(np.array(minute)[order], up, np.array(discussion)[order], HORIZON)
    law = fit_law(tree, HORIZON)
    assert law.mean[0] == pytest.approx(1.5, rel=0.1) and law.shape[0] > 20
    assert len(PACE) == law.pace.shape[1]


def test_the_density_integrates_to_one() -> None:
    """One post with at most one answer: the chances of none and of an answer at any time sum to 1 where hotness is faint."""
    law = Law(np.array([0.001, 0.0]), np.array([1.0, 1.0]), np.array([[-0.5, -1.0, -2.0]] * 2), HORIZON)
    times = np.linspace(0.5, HORIZON - 0.5, 2880)
    discussion = np.repeat(np.arange(len(times)), 2)
    minute = np.column_stack([np.zeros(len(times)), times]).ravel()
    parent = np.column_stack([np.full(len(times), -1), np.arange(len(times)) * 2]).ravel()
    order = np.argsort(minute, kind="stable")
    place = np.argsort(order)
    up = np.where(parent[order] < 0, -1, place[np.maximum(parent[order], 0)])
    tree = tree_of(minute[order], up, discussion[order], HORIZON)
    law_replies_answer_nobody = law._replace(mean=np.array([0.001, 1e-12]))
    one = np.exp(log_density(law_replies_answer_nobody, tree, unit=1.0)).sum()
    assert one == pytest.approx(0.001, rel=0.02)
