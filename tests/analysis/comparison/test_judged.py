"""Policies are judged by an outcome that none of them decides, and one comparison never writes over another."""

from pathlib import Path

import pytest

from windtunnel.analysis import compare
from windtunnel.analysis.cli import main
from windtunnel.analysis.comparison import charts
from windtunnel.analysis.comparison.files import beside, page_in
from windtunnel.analysis.folder import Folder

SMALL = ["community.size=40", "steps=10", "draws=3", "seeds=2", "dowhy=false", "parallel.jobs=1"]


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A sweep of a lock, which decides escalation, removal at once, which decides what was read, and slow mode."""
    where = tmp_path_factory.mktemp("swept") / "sweep"
    words = [
        "policy=thread_lock,slow_mode,remove_hostile",
        "policy_with.remove_hostile.delay=0",
        "baseline=none",
    ]
    assert main(["run", "-m", *SMALL, *words, f"out={where}"]) == 0
    return where


def cell(sweep: Path, name: str) -> Path:
    return next(path for path in sweep.iterdir() if path.name.startswith(f"policy={name}"))


def test_the_first_outcome_that_no_policy_here_decides_judges(sweep):
    two = compare([cell(sweep, "thread_lock"), cell(sweep, "slow_mode")], smallest_effect=0.05).record
    assert two["outcome"]["name"] == "hostile_share" and two["outcome"]["decided_by"] == ["thread lock"]
    assert any(line.startswith("Judged by hostile share of 0.12 or more") for line in two["sentences"])
    assert not any(row["by_construction"] for row in two["policies"])
    whole = compare(sweep, smallest_effect=0.05).record
    assert whole["outcome"]["name"] not in (
        "escalation",
        "hostile_share",
        "hostility_elsewhere",
        "posts_kept",
    )
    runs = Folder(cell(sweep, "slow_mode")).read_table("runs")
    y = (runs["hostile_share"] >= 0.12).cast(int)
    row = next(row for row in two["policies"] if row["policy"] == "slow mode")
    assert row["table"]["n11"] + row["table"]["n10"] == y.filter(runs["arm"] == "baseline").sum()


def test_what_nobody_decides_is_judged_as_it_was_declared(sweep):
    alone = compare(cell(sweep, "slow_mode")).record
    assert alone["outcome"]["name"] == "escalation" and "instead_of" not in alone["outcome"]
    assert not any("Judged by" in line for line in alone["sentences"])


def test_an_outcome_that_is_asked_for_judges_and_keeps_its_tag(sweep, capsys):
    asked = compare(cell(sweep, "thread_lock"), outcome="escalation").record
    assert asked["outcome"]["name"] == "escalation" and asked["policies"][0]["by_construction"]
    other = compare(sweep, outcome="moderator_actions:1").record
    assert other["outcome"]["threshold"] == 1 and "as was asked" in " ".join(other["sentences"])
    for words, said in (("hostile_shar", "did you mean"), ("hostile_share:much", "NAME:THRESHOLD")):
        assert main(["compare", str(sweep), "--outcome", words, "--no-html"]) == 2
        assert said in capsys.readouterr().err


def test_what_each_policy_is_and_how_far_the_model_was_checked_stand_on_screen_and_page(sweep, capsys):
    assert main(["compare", str(sweep)]) == 0
    said = capsys.readouterr().out
    assert "slow mode: A member who has just written must wait before writing again (hours 3)." in said
    assert said.startswith("Descriptive fidelity: not measured") and "Causal fidelity: never assessed" in said
    page = (sweep / "compare.html").read_text(encoding="utf-8")
    assert '<p class="alarm">Causal fidelity: never assessed' in page
    assert "A thread that gets too hot is locked (heat 1, hours 12, evasion 0)." in page
    assert "cannot move in this model" in page and "Newcomer return and active members cannot move" in said


def test_one_comparison_never_writes_over_another(sweep, capsys):
    assert main(["compare", str(sweep)]) == 0
    first = (sweep / "compare.html").read_bytes()
    for _ in range(2):
        assert main(["compare", str(sweep), "--smallest-effect", "0.2"]) == 0
    assert main(["compare", str(cell(sweep, "slow_mode")), str(cell(sweep, "thread_lock"))]) == 0
    capsys.readouterr()
    assert main(["compare", str(sweep)]) == 0
    assert f"Page: {sweep / 'compare.html'}" in capsys.readouterr().out
    assert (sweep / "compare.html").read_bytes() == first
    assert sorted(path.name for path in sweep.glob("*.html")) == [
        "compare-2.html",
        "compare-3.html",
        "compare.html",
    ]
    assert (sweep / "compare-2.csv").is_file() and (sweep / "compare-3.csv").is_file()


def test_a_comparison_goes_beside_its_runs(sweep, tmp_path):
    assert beside([sweep]) == sweep
    assert beside([cell(sweep, "slow_mode"), cell(sweep, "thread_lock")]) == sweep
    assert beside([sweep, tmp_path / "other"]) == Path("outputs")
    found = compare(sweep)
    stranger = tmp_path / "compare.html"
    stranger.write_text("<html>mine</html>")
    assert page_in(tmp_path, found) == tmp_path / "compare-2.html"


def test_a_chart_says_what_cannot_move(sweep):
    datasets = charts.outcomes(compare(sweep).record)["datasets"].values()
    rows = [row for data in datasets for row in data if "reading" in row]
    reading = {row["outcome"]: row["reading"] for row in rows}
    assert reading["newcomer return"] == reading["active members"] == "cannot move"
    assert reading["civil posts (cost)"] != "cannot move"


def test_what_is_known_of_members_is_no_alarm_as_in_a_report():
    from windtunnel.analysis.comparison.page import _fidelity

    known = _fidelity(["Descriptive fidelity: who +0.4 over share.", "Causal fidelity: never assessed."])
    assert '<p class="small">Descriptive' in known and '<p class="alarm">Causal' in known
    unknown = _fidelity(
        [
            "Descriptive fidelity: not measured: what these members do was not compared with a record of their community."
        ]
    )
    assert '<p class="alarm">Descriptive' in unknown
