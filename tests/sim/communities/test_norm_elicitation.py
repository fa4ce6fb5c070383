"""Norm elicitation: PageRank to the last digit on four norms, edges by the paper's filters, and experts who rise."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from windtunnel import run
from windtunnel.policies.commons.elicited_norm import SHARES, chosen
from windtunnel.policies.moral_graph import DAMPING, edges, page_rank, to_ask, upgrades

SMALL = dict(seeds=1, dowhy=False)


def square(*cells: tuple[int, int, int], size: int = 4) -> np.ndarray:
    out = np.zeros((size, size))
    for a, b, value in cells:
        out[a, b] = value
    return out


FOUR = square((0, 1, 8), (1, 3, 6), (0, 2, 4), (2, 3, 4))
"""0 -> 1 -> 3 and 0 -> 2 -> 3."""


def test_four_norms_to_the_last_digit():
    """Against the solution of r = .15 / 4 + .85 r P by elimination, and against numbers worked by hand."""
    weights = edges(FOUR, square((0, 1, 2)), square((2, 3, 1)))
    assert weights[0, 1] == pytest.approx(0.8) and weights[2, 3] == pytest.approx(0.8)
    assert weights[1, 3] == weights[0, 2] == 1 and (weights > 0).sum() == 4
    rows = weights.sum(axis=1, keepdims=True)
    passed = np.divide(weights, rows, out=np.zeros_like(weights), where=rows > 0)
    exact = np.linalg.solve(np.eye(4) - DAMPING * passed.T, np.full(4, (1 - DAMPING) / 4))
    score = page_rank(weights)
    assert score == pytest.approx(exact, abs=1e-12)
    first = 0.0375
    one, two = first * (1 + 0.85 * 0.8 / 1.8), first * (1 + 0.85 * 1 / 1.8)
    assert score == pytest.approx([first, one, two, first + 0.85 * (one + two)], abs=1e-12)


@pytest.mark.parametrize(
    ("wiser", "less", "not_wiser", "unsure", "kept"),
    [
        (2, 0, 0, 0, True),
        (1, 0, 0, 0, False),  # one vote is too few
        (4, 2, 0, 0, True),  # likelihood 2/6
        (4, 3, 0, 0, False),  # 1/7
        (10, 2, 5, 5, False),  # likelihood 8/22 = .36, but the votes are spread over 1.83 bits
    ],
)
def test_an_edge_needs_votes_a_likelihood_and_agreement(wiser, less, not_wiser, unsure, kept):
    counts = square((0, 1, wiser), (1, 0, less), size=2)
    weights = edges(counts, square((0, 1, not_wiser), size=2), square((0, 1, unsure), size=2))
    assert (weights[0, 1] > 0) == kept


def test_upgrades_reach_two_steps():
    chain = square((0, 1, 1), (1, 2, 1), (2, 3, 1))
    assert upgrades(chain, 3).tolist() == [False, True, True, True]


def test_what_was_not_asked_is_asked_first_and_nothing_is_asked_of_itself():
    worth = to_ask(square((0, 1, 9)), square(), square(), np.ones(4))
    assert worth[0, 2] > worth[0, 1] - 0.3 and (np.diag(worth) < 0).all() and (worth <= 1).all()


def test_the_experts_norm_rises_without_anybody_knowing_who_they_are():
    runs = run(community="norm_elicitation", policy="moral_graph", draws=40, **SMALL).runs
    first = {
        arm: float((runs.filter(pl.col("arm") == arm)["expert_rank"] <= 3).mean())  # type: ignore[arg-type]
        for arm in ("baseline", "policy")
    }
    assert first["policy"] >= 0.7 and first["policy"] > first["baseline"] + 0.2


def test_only_the_way_of_choosing_differs_between_the_arms():
    found = run(community="norm_elicitation", policy="norm_negotiation", draws=2, **SMALL)
    for name in ("edges",):
        arms = [
            found.measures.filter(pl.col("measure") == name, pl.col("arm") == arm)["value"].to_list()
            for arm in ("baseline", "policy")
        ]
        assert arms[0] == arms[1]


def test_a_majority_against_what_all_can_live_with():
    seen = np.array([[3.0, 2.95, 0.0], [3.0, 2.95, 0.0], [0.0, 2.95, 3.0]])
    assert chosen(seen, "vote") == 0 and chosen(seen, "negotiation") == 1


def commons(**more: Any) -> pl.DataFrame:
    return run(community="commons", policy="elicited_norm", draws=12, **SMALL, **more).runs


@pytest.mark.parametrize("method", ["vote", "moral_graph", "negotiation"])
def test_a_norm_that_members_chose_saves_stock_in_a_commons(method):
    runs = commons(policy_with={"elicited_norm": {"method": method}})
    wide = runs.pivot("arm", index="draw", values="survival")
    assert (wide["policy"] - wide["baseline"]).mean() > 0  # type: ignore[operator]


def test_the_choice_is_written_down_as_one_of_the_shares():
    found = run(community="commons", policy="elicited_norm", draws=2, **SMALL)
    told = found.events.filter(pl.col("kind") == "choose_norm")
    assert told.height and set(told["amount"]) <= {int(100 * share) for share in SHARES}
    assert set(told["arm"]) == {"policy"} and set(told["step"]) <= set(range(0, 12, 3))
