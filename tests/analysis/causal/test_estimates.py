"""estimates.json: every promised key, the right question, and no claim where the design is broken."""

import json
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.waiting import PATIENCE_S
from windtunnel.analysis.causal.estimates import estimate_file, estimate_pairs
from windtunnel.analysis.causal.necessity import CELLS, QUANTITIES
from windtunnel.analysis.causal.questions import QUESTIONS

ROOT = Path(__file__).parents[3]
PROMISED = {
    "outcome",
    "direction",
    "n_pairs",
    "n_draws",
    "table",
    "p0",
    "p1",
    "rd",
    "pn",
    "ps",
    "pns",
    "backfire",
    "pn_backfire",
    "ps_backfire",
    "bounds",
    "aa_discordance",
    "coupling",
    "variance_ratio",
    "dowhy",
    "assumptions",
    "llm",
    "fidelity",
    "mean_difference",
    "curve",
    "questions",
    "worst_case",
    "claim",
}


def table(draws=8, seeds=25, noise=0.0, measured=True):
    rng = np.random.default_rng(4)
    n = draws * seeds
    level = np.repeat(rng.normal(0, 0.4, draws), seeds)
    luck = rng.normal(0, 1, n)
    s0, s1 = level + luck, level + 0.8 * luck - 0.5
    again = np.where(rng.random(n) < noise, rng.normal(0, 1, n), s0)
    columns = {
        "draw": np.repeat(np.arange(draws), seeds),
        "seed": np.tile(np.arange(seeds), draws),
        "y_baseline": (s0 >= 0.2).astype(int),
        "y_policy": (s1 >= 0.2).astype(int),
        "y_aa": (again >= 0.2).astype(int),
    }
    if measured:
        columns |= {"severity_baseline": s0, "severity_policy": s1, "severity_aa": again}
    return pl.DataFrame(columns)


def estimated(pairs, **options):
    given = {"outcome": "escalation", "direction": "preventive", "coupling": "gumbel-max", "dowhy": False}
    return estimate_pairs(pairs, **(given | options))


def status(found, name):
    return {each["name"]: each["status"] for each in found["assumptions"]}[name]


def test_every_promised_key_is_there_and_json_can_hold_it():
    found = estimated(table(), dowhy=True, threshold=0.2)
    assert set(found) >= PROMISED
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["n_pairs"] == 200 and found["n_draws"] == 8 and found["fidelity"] == "never assessed"
    assert found["dowhy"]["agrees"] and abs(found["dowhy"]["estimate"] - found["rd"]["est"]) < 1e-9
    for name in ("p0", "p1", "rd", *QUANTITIES):
        assert found[name]["low"] <= found[name]["est"] <= found[name]["high"]
    for name in QUANTITIES:
        bound = found["bounds"][name]
        assert bound["interval"]["low"] <= bound["low"] <= found[name]["est"] + 1e-12
        assert found[name]["est"] <= bound["high"] + 1e-12 <= bound["interval"]["high"] + 2e-12


def test_the_curve_passes_through_the_declared_table():
    found = estimated(table(), threshold=0.2)
    [declared] = [point for point in found["curve"] if point["declared"]]
    assert declared["table"] == found["table"] and declared["pn"] == found["pn"]
    thresholds = [point["threshold"] for point in found["curve"]]
    assert thresholds == sorted(set(thresholds)) and len(thresholds) > 15
    p0 = [point["p0"]["est"] for point in found["curve"]]
    assert p0 == sorted(p0, reverse=True)
    pairs = table()
    mean = (pairs["severity_policy"] - pairs["severity_baseline"]).mean()
    assert found["mean_difference"]["est"] == pytest.approx(mean)
    assert found["mean_difference"]["low"] < mean < found["mean_difference"]["high"] < 0


def test_without_a_declared_threshold_there_is_no_curve():
    assert estimated(table())["curve"] is None and estimated(table())["mean_difference"] is not None
    assert estimated(table(measured=False))["mean_difference"] is None


def test_a_threshold_of_another_outcome_is_refused():
    with pytest.raises(ValueError, match="beyond the threshold 0.9"):
        estimated(table(), threshold=0.9)


@pytest.mark.parametrize("direction", ["preventive", "generative"])
def test_each_question_is_answered_by_the_quantity_that_conditions_on_what_happened(direction):
    found = estimated(table(), direction=direction)
    given = {
        "policy off, it happened": {"n10", "n11"},
        "policy on, it happened": {"n01", "n11"},
        "policy off, it did not happen": {"n00", "n01"},
        "policy on, it did not happen": {"n00", "n10"},
    }
    assert {row["happened"] for row in found["questions"]} == set(given)
    for row in found["questions"]:
        numerator, denominator = CELLS[direction][row["key"]]
        assert set(denominator) == given[row["happened"]]
        assert set(numerator) <= {"n01", "n10"}  # the outcome would have been otherwise
        assert row["num"] == sum(found["table"][cell] for cell in numerator)
        assert row["est"] == found[row["key"]]["est"] == row["num"] / row["den"]
        assert (
            f"in {row['den']} simulated futures" in row["sentence"]
            and f"in {row['num']} of them" in row["sentence"]
        )
    assert [row[1] for row in QUESTIONS["preventive"]] == ["ps_prev", "pn_backfire", "pn_prev", "ps_backfire"]


def test_no_percentage_is_offered_below_twenty_cases():
    found = estimated(table(draws=2, seeds=9))
    assert {row["percent"] for row in found["questions"]} == {False}
    assert "%" not in json.dumps([found["questions"], found["assumptions"]])


def test_undefined_is_null_and_never_zero():
    calm = table(measured=False).with_columns(y_baseline=pl.lit(0), y_policy=pl.lit(0), y_aa=pl.lit(0))
    found = estimated(calm, dowhy=True)
    assert found["ps"] == {"est": None, "low": None, "high": None} and found["bounds"]["ps"] is None
    assert found["pn"]["est"] == 0 and found["variance_ratio"] is None
    assert next(row for row in found["questions"] if row["key"] == "ps")["sentence"].startswith(
        "there is no simulated future in which it happened"
    )
    json.dumps(found, allow_nan=False)


def test_a_lost_half_is_counted_and_widens_the_worst_case():
    pairs = table().with_columns(
        y_policy=pl.when((pl.col("draw") == 0) & (pl.col("seed") < 3)).then(None).otherwise("y_policy")
    )
    found = estimated(pairs, lost=2)
    assert (found["n_pairs"], found["n_lost"]) == (197, 5)
    for name in ("rd", *QUANTITIES):
        assert found["worst_case"][name]["low"] <= found[name]["est"] <= found["worst_case"][name]["high"]
    assert status(found, "every pair is complete") == "fails"
    assert estimated(table())["worst_case"] is None


def test_one_draw_gives_no_interval_but_one_for_its_own_seeds():
    found = estimated(table(draws=1, seeds=60))
    assert found["pn"]["low"] is None and found["bounds"]["pn"]["interval"] is None
    assert found["within_one_draw"]["pn"]["low"] < found["pn"]["est"] < found["within_one_draw"]["pn"]["high"]
    assert status(found, "enough communities") == "fails"


def test_a_failed_negative_control_withholds_the_claim_and_keeps_the_counts():
    failed = {"passed": False, "reason": "the arms differ before the policy could act: trait rate"}
    found = estimated(table(), controls=failed, dowhy=True, threshold=0.2)
    assert found["claim"] == "withheld" and "trait rate" in found["claim_reason"]
    assert sum(found["table"].values()) == 200 and found["p0"]["est"] is not None
    assert all(found[name] == {"est": None, "low": None, "high": None} for name in ("rd", *QUANTITIES))
    assert found["bounds"] is found["curve"] is found["dowhy"] is found["mean_difference"] is None
    assert all(row["est"] is None and row["sentence"].startswith("withheld") for row in found["questions"])
    assert status(found, "arms differ in the policy alone") == "fails"
    assert estimated(table(), controls={"passed": True, "reason": None})["claim"] == "made"


def test_a_baseline_that_does_not_repeat_itself_withholds_the_claim():
    found = estimated(table(noise=0.5))
    assert found["claim"] == "withheld" and "differs from itself" in found["claim_reason"]
    quiet = estimated(table(noise=0.02))
    assert quiet["claim"] == "made" and status(quiet, "the baseline repeats itself") == "fails"
    assert estimated(table())["aa_discordance"] == 0
    assert estimated(table().drop("y_aa"))["aa_discordance"] is None


def test_arms_sorted_by_their_outcome_are_found_by_the_second_baseline():
    y0, y1 = pl.col("y_baseline"), pl.col("y_policy")
    flattering = table().with_columns(
        y_baseline=pl.max_horizontal(y0, y1), y_policy=pl.min_horizontal(y0, y1)
    )
    plain, found = estimated(table(measured=False)), estimated(flattering)
    assert plain["aa_discordance"] == 0
    assert found["aa_discordance"] == plain["table"]["n01"] / 200


def test_no_complete_pair_and_no_direction_are_refused():
    with pytest.raises(ValueError, match="none of the 3 pairs is complete"):
        estimated(table().head(3).with_columns(y_policy=None))
    with pytest.raises(ValueError, match="direction is 'harm'"):
        estimated(table(), direction="harm")


def test_a_file_is_estimated_and_written_whole(tmp_path):
    table().write_parquet(tmp_path / "pairs.parquet")
    found = estimate_file(
        tmp_path / "pairs.parquet", direction="preventive", out=tmp_path / "estimates.json", dowhy=False
    )
    assert json.loads((tmp_path / "estimates.json").read_text()) == found
    assert sorted(path.name for path in tmp_path.iterdir()) == ["estimates.json", "pairs.parquet"]


def test_estimates_that_cannot_be_written_leave_nothing_behind(tmp_path):
    table().write_parquet(tmp_path / "pairs.parquet")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError):
        estimate_file(tmp_path / "pairs.parquet", direction="preventive", out=tmp_path / "taken", dowhy=False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pairs.parquet", "taken"]


def test_a_plain_mesa_model_can_be_paired_and_estimated(tmp_path):
    subprocess.run(
        [sys.executable, ROOT / "examples" / "plain_mesa_pairs.py", tmp_path / "PAIRS.csv"],
        check=True,
        timeout=2 * PATIENCE_S,
    )
    found = estimate_file(tmp_path / "PAIRS.csv", direction="preventive", threshold=None, dowhy=False)
    assert found["n_pairs"] == 160 and 0.2 <= found["p0"]["est"] <= 0.8
    assert found["variance_ratio"] > 1 and found["mean_difference"]["variance_ratio"] > 1.5


def test_the_examples_twins_are_the_same_run_when_the_policy_is_the_same():
    example = runpy.run_path(str(ROOT / "examples" / "plain_mesa_pairs.py"))
    assert example["severity"](1, 2, False) == example["severity"](1, 2, False)


def test_the_heavy_libraries_stay_out_until_they_are_needed():
    code = (
        "import sys, windtunnel.analysis.causal.estimates, windtunnel.analysis.causal.controls, windtunnel.analysis.causal.refute; "
        "print([m for m in ('dowhy', 'pandas', 'statsmodels', 'sklearn', 'scipy.stats') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
