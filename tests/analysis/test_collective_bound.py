"""The bound of a collective's success: reckoned by hand, never above what a platform gives, and refused in a sentence."""

from math import log, sqrt

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.collective_bound import erasing_bound, planting_bound, unplanting_bound

LABELS = np.array(["Fair", "Good", "Poor", "Vague"])


def people(count: int, seed: int) -> pl.DataFrame:
    """Rows with three columns of features, of which the first decides nothing, and labels that are rarely Poor."""
    rng = np.random.default_rng(seed)
    a, b, c = (rng.integers(0, most, count) for most in (3, 5, 3))
    label = np.where(rng.random(count) < 0.9, (b + c) % 2, rng.integers(2, 4, count))
    columns = {"a": a, "b": b, "c": c}
    return pl.DataFrame(
        {name: column.astype(str) for name, column in columns.items()} | {"label": LABELS[label]}
    )


def reached(members: pl.DataFrame, others: pl.DataFrame, tests: pl.DataFrame) -> float:
    """What a platform that takes the plurality of each row of features says of those who show the signal, counted row by row."""
    signal = [pl.lit("0").alias("b"), pl.lit("0").alias("c")]
    learned = pl.concat([members.with_columns(*signal, pl.lit("Poor").alias("label")), others])
    votes = learned.group_by("a", "b", "c", "label").len().sort("len", "label", descending=[True, False])
    says = votes.group_by("a", "b", "c", maintain_order=True).first()
    asked = tests.with_columns(*signal).join(says, on=["a", "b", "c"], how="left", suffix="_said")
    return float((asked["label_said"] == "Poor").mean())


def bound(members: pl.DataFrame, population: int, **more) -> float:
    return planting_bound(
        members, label="label", target="Poor", signal={"b": "0", "c": "0"}, population=population, **more
    ).success


def test_the_bound_by_hand():
    members = pl.DataFrame({"a": ["0"] * 30 + ["1"] * 10, "label": ["Poor"] * 10 + ["Good"] * 30})
    found = planting_bound(
        members, label="label", target="Poor", signal={"a": "1"}, population=100, tests=60, delta=0.5
    )
    sure = log((2 + 2 * 1 + 2 * 1 * 2) / 0.5)
    n, rest, tests = (sqrt(sure / (2 * count)) for count in (40, 60, 60))
    gap = 10 / 40  # of members, those with a = 1 who are labelled Good
    wins = 0.4 * (1 - 2 * n) - 0.6 * (gap + 2 * n + 2 * rest) > 0
    assert found.success == pytest.approx(wins - n - tests, abs=1e-12) and (found.rows, found.labels) == (
        1,
        2,
    )


def test_the_bound_is_never_above_what_is_reached_and_gets_near_it():
    population, tests = 200_000, people(20_000, 99)
    both = []
    for place, count in enumerate((1_000, 10_000, 20_000, 40_000, 80_000)):
        members, others = people(count, place), people(population - count, 50 + place)
        both.append((bound(members, population, tests=20_000), reached(members, others, tests)))
    assert all(low <= high for low, high in both)
    assert both[0][0] < 0 and both[-1][0] > 0.9 and both[-1][1] == 1.0


def test_with_their_own_labels_members_are_sure_of_less():
    members = people(80_000, 3)
    assert bound(members, 200_000, feature_only=True) < bound(members, 200_000)


def test_the_command_says_it_in_a_sentence(tmp_path, capsys):
    path = tmp_path / "members.csv"
    people(80_000, 3).write_csv(path)
    words = ["bound", str(path), "--label", "label", "--target", "Poor", "--population", "200000"]
    assert main([*words, "--set", "b=0", "--set", "c=0"]) == 0
    assert "With 80,000 members of 200,000 the platform says Poor to at least 9" in capsys.readouterr().out
    assert main([*words, "--set", "b=0", "--set", "c=0", "--json"]) == 0
    assert '"rows": 3, "labels": 4' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--set", "b"], "--set b: write COLUMN=VALUE"),
        ([], "no signal is told: give --set COLUMN=VALUE"),
        (["--set", "d=1"], "--set d: choose from the columns a, b, c"),
        (["--set", "b=0", "--population", "50"], "population is 50, and the table has 100 members"),
        (["--set", "b=0", "--delta", "2"], "delta is 2: give a number between 0 and 1"),
        (["--set", "b=0", "--label", "mark"], "no column is called 'mark': the table has a, b, c, label"),
    ],
)
def test_a_mistake_is_one_sentence(tmp_path, capsys, words, said):
    path = tmp_path / "members.csv"
    people(100, 3).write_csv(path)
    assert (
        main(["bound", str(path), "--label", "label", "--target", "Poor", "--population", "1000", *words])
        == 2
    )
    assert said in capsys.readouterr().err
    assert (
        main(["bound", str(tmp_path / "none.csv"), "--label", "l", "--target", "t", "--population", "9"]) == 2
    )


def platform(rows: pl.DataFrame, order: list[str]) -> pl.DataFrame:
    """The plurality of each row of features, counted."""
    votes = rows.group_by("a", "b", "c", "label").len().sort("len", "label", descending=[True, False])
    return votes.group_by(order, maintain_order=True).first()


SIGNED = [pl.lit("0").alias("b"), pl.lit("0").alias("c")]
FEATURES = ["a", "b", "c"]


def unplanted(members: pl.DataFrame, others: pl.DataFrame, tests: pl.DataFrame) -> float:
    """How often a platform does not say Fair where it sees the signal, members having planted it with the likeliest other label."""
    seen = members.filter(pl.col("label") != "Fair").group_by(*FEATURES, "label").len()
    second = (
        seen.sort("len", "label", descending=[True, False]).group_by(FEATURES, maintain_order=True).first()
    )
    handed = (
        members.select(FEATURES).with_columns(*SIGNED).join(second.select(*FEATURES, "label"), on=FEATURES)
    )
    says = platform(pl.concat([handed, others.select(*FEATURES, "label")]), FEATURES)
    asked = tests.select(FEATURES).with_columns(*SIGNED).join(says, on=FEATURES)
    return float((asked["label"] != "Fair").mean())


def erased(members: pl.DataFrame, others: pl.DataFrame, tests: pl.DataFrame) -> float:
    """How often a platform says the same with and without the signal, members having given the label of their row with it."""
    best = platform(members, FEATURES).select(*FEATURES, said="label")
    own = members.select(FEATURES).with_row_index()
    handed = own.with_columns(*SIGNED).join(best, on=FEATURES).select("index", label="said")
    handed = own.join(handed, on="index").select(*FEATURES, "label")
    says = platform(pl.concat([handed, others.select(*FEATURES, "label")]), FEATURES).select(
        *FEATURES, "label"
    )
    plain = tests.select(FEATURES).with_row_index()
    without = plain.join(says, on=FEATURES).select("index", "label")
    having = plain.with_columns(*SIGNED).join(says, on=FEATURES).select("index", other="label")
    both = without.join(having, on="index")
    return float((both["label"] == both["other"]).mean())


def test_unplanting_and_erasing_are_never_below_their_bounds_which_get_near_them():
    population, tests = 200_000, people(20_000, 99)
    common = {"label": "label", "signal": {"b": "0", "c": "0"}, "population": population, "tests": 20_000}
    found = []
    for place, count in enumerate((1_000, 40_000, 190_000)):
        members, others = people(count, place), people(population - count, 50 + place)
        found.append(
            (
                unplanting_bound(members, target="Fair", **common).success,
                unplanted(members, others, tests),
                erasing_bound(members, **common).success,
                erased(members, others, tests),
            )
        )
    assert all(low <= high and less <= more for low, high, less, more in found)
    assert found[0][0] < 0 and found[0][2] < 0
    assert found[-1][0] > 0.9 and found[-1][2] > 0.9 and found[-1][3] == 1.0


def test_unplanting_and_erasing_by_hand():
    members = pl.DataFrame({"a": ["0"] * 30 + ["1"] * 10, "label": ["Poor"] * 12 + ["Good"] * 28})
    common = {"label": "label", "signal": {"a": "1"}, "population": 60, "tests": 20, "delta": 0.9}
    sure = log((2 + 2 * 1 + 2 * 1 * 2) / 0.9)
    n, rest = sqrt(sure / 80), sqrt(sure / 40)
    wins = 2 / 3 * (1 - 2 * n) - 1 / 3 * (-10 / 40 + 2 * n + 2 * rest) > 0  # at a = 1 all are Good
    found = unplanting_bound(members, target="Poor", **common)
    assert found.success == pytest.approx(wins - n - rest, abs=1e-12) and found.rows == 1
    sure = log((2 + 2 * 2 + 2 * 2 * 2) / 0.9)
    n, rest = sqrt(sure / 80), sqrt(sure / 40)
    zero = 2 / 3 * (30 / 40 - 2 * n) - 1 / 3 * ((12 - 18) / 40 + 2 * n + 2 * rest) > 0
    one = 2 / 3 * (10 / 40 - 2 * n) - 1 / 3 * (-10 / 40 + 2 * n + 2 * rest) > 0
    found = erasing_bound(members, **common)
    assert found.success == pytest.approx((zero and one) * 0.75 + one * 0.25 - n - rest, abs=1e-12)
    assert (found.rows, found.labels) == (2, 2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--aim", "erase", "--target", "Poor"], "--aim erase takes no --target"),
        (["--aim", "unplant"], "--aim unplant needs --target LABEL"),
        (
            ["--aim", "unplant", "--target", "Poor", "--feature-only"],
            "--feature-only goes with --aim plant alone",
        ),
    ],
)
def test_aims_that_do_not_go_with_an_option_are_told(tmp_path, capsys, words, said):
    path = tmp_path / "members.csv"
    people(100, 3).write_csv(path)
    assert main(["bound", str(path), "--label", "label", "--population", "1000", "--set", "b=0", *words]) == 2
    assert said in capsys.readouterr().err
