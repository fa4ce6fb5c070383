"""Value systems from choices: planted ones come back, societies are told apart, and behaviour is told from words."""

import json

import numpy as np
import polars as pl
import pytest
from sklearn.linear_model import LogisticRegression

from windtunnel.analysis.cli import main
from windtunnel.analysis.value_systems import discordance, dunn, fit_values, learn_values, societies

TYPES = np.array([[1, 0, 0], [0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]])


def planted(seed: int, pairs: int = 120, sharpness: float = 25.0):
    """Three agents of each type, so many choices each, between trajectories that realise three values by up to 1."""
    draw = np.random.default_rng(seed)
    agent = np.repeat(np.arange(9), pairs)
    differences = draw.random((9 * pairs, 3)) - draw.random((9 * pairs, 3))
    odds = np.clip(sharpness * (differences * TYPES[agent // 3]).sum(axis=1), -500, 500)
    return agent, differences, draw.random(9 * pairs) < 1 / (1 + np.exp(-odds))


def learned(seed: int, sharpness: float):
    agent, differences, chosen = planted(seed, sharpness=sharpness)
    found = learn_values(agent.tolist(), differences, chosen)
    weights = np.array([one["weights"] for one in found["agents"]])
    return found, np.abs(weights - TYPES[np.arange(9) // 3]).sum(axis=1)


def test_planted_weights_come_back_and_societies_are_pure_where_choices_do_not_err():
    for seed in range(2):
        found, away = learned(seed, 1e6)
        groups = [{one // 3 for one in society["agents"]} for society in found["societies"]]
        assert away.max() < 0.1 and len(groups) == 3 and all(len(group) == 1 for group in groups)
        assert found["representativity"] > 0.9 and found["conciseness"] > 1 - found["representativity"]


def test_choices_that_err_now_and_then_still_give_the_weights_on_average():
    assert np.mean([learned(seed, 25.0)[1] for seed in range(3)]) < 0.1


def test_an_interior_fit_is_scikit_learns_logistic_regression_on_the_simplex():
    agent, differences, chosen = planted(3, pairs=600)
    mine = agent == 8
    fitted = fit_values(differences[mine], chosen[mine])
    other = (
        LogisticRegression(fit_intercept=False, C=1000.0, tol=1e-10)
        .fit(differences[mine], chosen[mine])
        .coef_[0]
    )
    assert np.allclose(fitted.weights, other / other.sum(), atol=1e-3)
    assert fitted.sharpness == pytest.approx(other.sum(), rel=1e-3)


def test_discordance_and_dunn_by_hand():
    differences = np.array([[1.0, -1.0], [-1.0, 1.0], [0.5, 0.5], [0.0, 0.0]])
    chosen = np.array([True, True, True, False])
    assert discordance(np.array([1.0, 0.0]), differences, chosen) == 1.5 / 4  # one wrong, one tied
    weights = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    assert dunn(weights, np.array([0, 0, 1])) == pytest.approx(1.8 / 0.2) and dunn(weights, np.zeros(3)) == 0
    assert societies(np.full((5, 2), 0.5)).tolist() == [0] * 5


def test_nothing_is_learned_from_nothing():
    with pytest.raises(ValueError, match="no choices"):
        fit_values(np.zeros((0, 2)), np.zeros(0, bool))
    with pytest.raises(ValueError, match="nothing can be learned"):
        fit_values(np.zeros((3, 2)), np.ones(3, bool))


def test_the_command_reads_a_table_and_refuses_another(tmp_path, capsys):
    agent, differences, chosen = planted(0, sharpness=1e6)
    names = ("freedom", "care", "order")
    table = pl.DataFrame(
        {"who": agent, "did": chosen.astype(int)} | dict(zip(names, differences.T, strict=True))
    )
    table.write_csv(tmp_path / "choices.csv")
    words = ["values", str(tmp_path / "choices.csv"), "--agent", "who", "--chosen", "did"]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["values"] == list(names) and len(found["societies"]) == 3
    assert main(words) == 0
    assert "3 societies" in capsys.readouterr().out
    for more, said in (
        (["--values", "care", "joy"], "no column 'joy'"),
        (["--values", "who"], "is the agent's own column"),
    ):
        assert main([*words, *more]) == 2
        assert said in capsys.readouterr().err
    table.with_columns(did=pl.col("did") * 2).write_csv(tmp_path / "choices.csv")
    assert main(words) == 2 and "0 or 1" in capsys.readouterr().err
    assert main(["values", str(tmp_path), "--agent", "who", "--chosen", "did"]) == 2
    assert "is a folder: runs and records hold what was done, not what else" in capsys.readouterr().err
