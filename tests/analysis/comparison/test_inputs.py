"""What a comparison reads: finished cells of a sweep, and it says which are not there."""

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.comparison import compare
from windtunnel.analysis.comparison.build import compare_inputs
from windtunnel.analysis.folder import Folder

SMALL = ["community.size=20", "steps=4", "draws=2", "seeds=1", "dowhy=false", "parallel.jobs=1"]


def test_cells_that_are_not_finished_are_named_and_left_out(tmp_path):
    assert main(["run", "-m", *SMALL, "policy=slow_mode,thread_lock", f"out={tmp_path}"]) == 0
    killed = Folder(tmp_path / "policy=rule_reminder-12345678")
    killed.path.mkdir()
    killed.write_json(killed.begun, {})
    found = compare(tmp_path)
    assert [row["policy"] for row in found.record["policies"]] == ["slow mode", "thread lock"]
    said = (
        "policy=rule_reminder-12345678 is left out: it is not finished; the same command as before goes on."
    )
    assert found.record["left_out"] == [said] and found.sentences[-1] == said


def test_a_sweep_of_which_nothing_is_finished_says_why(tmp_path):
    killed = Folder(tmp_path / "policy=rule_reminder-12345678")
    killed.path.mkdir()
    killed.write_json(killed.begun, {})
    with pytest.raises(ValueError, match="rule_reminder-12345678 is left out: it is not finished"):
        compare(tmp_path)


def test_civil_posts_that_were_never_written_are_a_cost(tmp_path):
    words = ["policy=slow_mode", "policy_with.slow_mode.hours=24", "community.size=40", "steps=24"]
    assert main(["run", *words, *SMALL[2:], "baseline=none", f"out={tmp_path}"]) == 0
    (row,) = compare(tmp_path).record["policies"]
    lost = {name: change["est"] for name, change in row["costs"].items()}
    assert lost["civil_posts"] < 0 == lost["civil_posts_lost"]  # nobody removed them


@pytest.mark.parametrize(("change", "dominating"), [(-1.0, []), (0.0, ["a"]), (1.0, ["a"])])
def test_a_policy_that_takes_civil_posts_away_does_not_dominate_doing_nothing(planted, change, dominating):
    inputs = planted({"a": (-1.2, -2.0)}, 1)
    civil = pl.DataFrame(
        {"draw": [0, 1], "seed": [0, 0], "outcome": ["civil_posts"] * 2, "baseline": [5.0, 6.0]}
    ).with_columns(policy=pl.col("baseline") + change)
    one = inputs.tested[0]._replace(measures=civil)
    found = compare_inputs(inputs._replace(tested=[one])).record
    assert found["policies"][0]["rd"]["est"] < 0 and found["nothing_dominated_by"] == dominating


def test_a_page_beside_a_run_may_not_replace_the_run_s_own_tables(tmp_path, capsys):
    assert main(["run", *SMALL, "policy=slow_mode", f"out={tmp_path}"]) == 0
    before = Folder(tmp_path).table("pairs").read_bytes()
    assert main(["compare", str(tmp_path), "--html", str(tmp_path / "pairs.html")]) == 2
    assert "would replace the run's own pairs.parquet" in capsys.readouterr().err
    assert Folder(tmp_path).table("pairs").read_bytes() == before
