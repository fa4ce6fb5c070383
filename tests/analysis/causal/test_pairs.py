"""Tables of pairs: what is read, what is refused, and what a lost pair costs."""

from itertools import product

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.causal.necessity import QUANTITIES, Table, paired_estimates
from windtunnel.analysis.causal.pairs import (
    check_pairs,
    complete,
    covariates,
    read_pairs,
    variance_ratio,
    worst_case,
)

GOOD = {"draw": [0, 0, 1], "seed": [0, 1, 0], "y0": [1, 0, 1], "y1": [0, 0, 1]}


def changed(**columns):
    return pl.DataFrame({**GOOD, **columns})


def test_our_own_file_and_a_strangers_are_read_as_the_same_table(tmp_path):
    ours = changed().rename({"y0": "y_baseline", "y1": "y_policy"})
    ours.write_parquet(tmp_path / "pairs.parquet")
    changed().with_columns(pl.col("y0").cast(pl.Float64), pl.col("y1") == 1).write_csv(tmp_path / "PAIRS.csv")
    assert read_pairs(tmp_path / "pairs.parquet").equals(read_pairs(tmp_path / "PAIRS.csv"))


def test_other_columns_pass_as_covariates():
    assert covariates(check_pairs(changed(size=[10, 20, 30], severity0=[1.0, 2.0, 3.0]))) == ["size"]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (pl.DataFrame({k: v for k, v in GOOD.items() if k != "seed"}), "no column 'seed', only draw, y0, y1"),
        (changed().rename({"y0": "y_0"}), "did you mean it by 'y_0'"),
        (changed(y1=[0, 2, 1]), "'y1' holds 2"),
        (changed(y1=[0.0, 0.5, 1.0]), "'y1' holds 0.5"),
        (changed(y0=["yes", "no", "no"]), "'y0' holds 'yes'"),
        (changed(seed=[0, 0, 0]), "draw 0, seed 0 stands in more than one row"),
        (changed(draw=[0, None, 1]), "'draw' is empty in 1 row:"),
        (
            changed(severity0=[0.0, 1.0, float("inf")], severity1=[0.0] * 3),
            "'severity0' holds an infinite number",
        ),
        (
            pl.DataFrame({"draw;seed;y0;y1": ["0;0;1;0"]}),
            "one column, 'draw;seed;y0;y1': part their cells by commas",
        ),
    ],
)
def test_a_bad_table_is_refused_in_one_sentence(table, words):
    with pytest.raises(ValueError, match=words) as caught:
        check_pairs(table)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_table_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        read_pairs(tmp_path / "none.csv")
    with pytest.raises(ValueError, match=r"give a .csv or a .parquet"):
        read_pairs(tmp_path / "pairs.xlsx")
    (tmp_path / "bad.parquet").write_text("no table")
    with pytest.raises(ValueError, match="bad.parquet cannot be read"):
        read_pairs(tmp_path / "bad.parquet")
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ValueError, match="empty.csv cannot be read"):
        read_pairs(tmp_path / "empty.csv")


def test_a_missing_half_loses_the_pair_and_keeps_its_row():
    table = check_pairs(changed(y1=[0.0, None, float("nan")]))
    assert len(table) == 3 and len(complete(table)) == 1


def test_variance_ratio_is_one_for_strangers_and_grows_with_agreement():
    rng = np.random.default_rng(2)
    u, v = rng.random(40_000), rng.random(40_000)
    assert variance_ratio(u < 0.4, v < 0.3) == pytest.approx(1, abs=0.03)
    y0, y1 = u < 0.441, u < 0.26
    assert variance_ratio(y0, y1) == pytest.approx(2.95, abs=0.1)  # causal.md 2.7
    rho = np.corrcoef(y0, y1)[0, 1]
    s0, s1 = y0.std(), y1.std()
    assert variance_ratio(y0, y1) == pytest.approx((s0**2 + s1**2) / (s0**2 + s1**2 - 2 * rho * s0 * s1))
    assert variance_ratio(y0, y0) is None


@pytest.mark.parametrize("direction", ["preventive", "generative"])
@pytest.mark.parametrize(
    "lost", [[(None, None)], [(1, None), (None, 0)], [(0, None), (None, None), (None, 1)]]
)
def test_worst_case_is_what_trying_every_completion_finds(direction, lost):
    y0, y1 = [1, 1, 0, 1, 0, 0], [0, 1, 0, 0, 1, 0]
    bounds = worst_case(Table(2, 1, 2, 1), lost, direction)
    seen = {name: [] for name in (*QUANTITIES, "p0", "p1", "rd")}
    choices = [
        [(a, b) for a, b in product((0, 1), (0, 1)) if pair[0] in (None, a) and pair[1] in (None, b)]
        for pair in lost
    ]
    for filled in product(*choices):
        found = paired_estimates(
            y0 + [a for a, _ in filled], y1 + [b for _, b in filled], direction=direction
        )
        for name, values in seen.items():
            values.append(getattr(found, name).est)
    for name, values in seen.items():
        assert bounds[name] == pytest.approx([min(values), max(values)])
