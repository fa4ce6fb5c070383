"""The command on real small runs: numbers as in estimates.json, refusals in one sentence, files that are safe to open."""

import csv
import json
import re
import shutil

import polars as pl
import pytest

from windtunnel.analysis import compare
from windtunnel.analysis.cli import main
from windtunnel.analysis.comparison.files import FORMULA, for_spreadsheets
from windtunnel.analysis.comparison.inputs import first_difference, names_of
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.tunnel import run_plan, write_result

SMALL = ["community.size=40", "steps=10", "draws=4", "seeds=2", "dowhy=false", "parallel.jobs=1"]
RUNS = {
    "lock": ["policy=thread_lock"],
    "evaded": ["policy=thread_lock", "policy_with.thread_lock.evasion=0.8"],
    "slow": ["policy=slow_mode"],
    "both": ["policy=[slow_mode,thread_lock]"],
}


def made(path, *words):
    folder = Folder(path)
    write_result(run_plan(plan(compose([*SMALL, *words]))), folder)
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The folders of four finished runs that differ in the policy alone, by name."""
    root = tmp_path_factory.mktemp("runs")
    return {name: made(root / name, *words) for name, words in RUNS.items()}


@pytest.fixture(scope="module")
def found(runs):
    return compare([folder.path for folder in runs.values()], smallest_effect=0.05, outcome="escalation")


def said(capsys, *words):
    try:
        code = main(["compare", *map(str, words)])
    except SystemExit as leaving:
        code = leaving.code
    output = capsys.readouterr()
    return code, output.out, output.err


def changed(folder, path, **config):
    """A copy of the run with settings changed in its manifest."""
    shutil.copytree(folder.path, path)
    other = Folder(path)
    manifest = other.read_json(other.manifest)
    manifest["config"] |= config
    other.write_json(other.manifest, manifest)
    return other


def test_each_policy_has_the_numbers_of_its_own_estimates(runs, found):
    for row, folder in zip(found.record["policies"], runs.values(), strict=True):
        own = folder.read_json(folder.estimates)
        for name in ("table", "p0", "p1", "rd", "pn", "ps", "pns", "backfire", "pn_backfire", "ps_backfire"):
            assert row[name] == pytest.approx(own[name]), name
        assert {name: row["bounds"][name]["low"] for name in ("pns", "backfire")} == {
            name: own["bounds"][name]["low"] for name in ("pns", "backfire")
        }


def test_costs_are_the_paired_means_of_the_runs_table(runs, found):
    table = runs["slow"].read_table("runs")
    sums = table.group_by("arm").agg(pl.col("moderator_actions").mean())
    mean = dict(sums.iter_rows())
    row = found.table.filter(pl.col("policy") == "slow mode")
    assert row["moderator_actions"][0] == pytest.approx(mean["policy"] - mean["baseline"])


def test_contrasts_are_of_the_policy_arms_on_common_seeds(runs, found):
    arms = [
        runs[name].read_table("pairs").sort("draw", "seed")["y_policy"].to_list() for name in ("lock", "slow")
    ]
    row = next(
        row
        for row in found.record["pairs_of_policies"]
        if (row["a"], row["b"])[1] == "slow mode" and "0)" in row["a"]
    )
    assert row["only_a"] == sum(a > b for a, b in zip(*arms, strict=True))
    assert row["difference"]["est"] == pytest.approx((sum(arms[0]) - sum(arms[1])) / len(arms[0]))


def test_two_policies_together_are_set_beside_their_parts(runs):
    found = compare([runs[name].path for name in ("lock", "slow", "both")], outcome="escalation")
    (row,) = found.record["interactions"]
    assert row["parts"] == ["slow mode", "thread lock"]
    nets = []
    for name in ("both", "slow", "lock"):
        pairs = runs[name].read_table("pairs")
        nets.append(int(pairs["y_policy"].sum() - pairs["y_baseline"].sum()))
    assert row["net"] == nets
    assert row["interaction"]["est"] == pytest.approx((nets[0] - nets[1] - nets[2]) / 8)


def test_namesakes_are_told_apart_by_their_parameters(found):
    assert found.table["policy"].to_list()[:2] == ["thread lock (evasion 0)", "thread lock (evasion 0.8)"]
    assert {point["family"] for point in found.record["evasion"]["points"]} == {"thread lock"}


def test_a_folder_of_cells_stands_for_its_cells(runs, found):
    whole = compare(runs["lock"].path.parent)
    assert sorted(whole.table["policy"]) == sorted(found.table["policy"])


def test_frames_come_as_pandas_by_one_method(found):
    frame = found.to_pandas("groups")
    assert list(frame.columns) == found.groups.columns and len(frame) == len(found.groups)
    assert found.to_pandas()["ps"].tolist() == pytest.approx(found.table["ps"].to_list())
    with pytest.raises(ValueError, match="there is no frame 'nothing'"):
        found.to_pandas("nothing")


def test_arrow_comes_by_one_method_or_says_what_it_needs(found):
    try:
        table = found.to_arrow()
    except ImportError as error:
        assert str(error) == "to_arrow needs pyarrow: pip install pyarrow"
    else:
        assert table.num_rows == len(found.table)


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"draws": 5}, "draws is 4 in {a} and 5 in {b}"),
        ({"root": 1}, "root is 0 in {a} and 1 in {b}"),
        ({"steps": 11}, "steps is 10 in {a} and 11 in {b}"),
        ({"baseline": []}, "baseline is"),
        ({"threshold": 3.0}, "threshold is 2 in {a} and 3 in {b}"),
    ],
)
def test_runs_that_share_too_little_are_refused_with_the_first_difference(
    runs, tmp_path, capsys, config, sentence
):
    other = changed(runs["slow"], tmp_path / "other", **config)
    code, out, err = said(capsys, runs["lock"].path, other.path)
    assert code == 2 and out == ""
    assert sentence.format(a=runs["lock"].path, b=other.path) in err
    assert len(err.strip().splitlines()) == 1


def test_a_nested_difference_is_named_by_its_path():
    one, other = {"size": 4, "profile": {"rate": 1}}, {"size": 4, "profile": {"rate": 2}}
    assert first_difference(one, other, "community") == ("community.profile.rate", 1, 2)
    assert first_difference(one, dict(one), "community") is None


def test_the_same_policy_twice_is_refused(runs, tmp_path, capsys):
    other = changed(runs["slow"], tmp_path / "other")
    code, _, err = said(capsys, runs["slow"].path, other.path)
    assert code == 2 and "the same policy, slow mode, with the same parameters" in err


def test_a_baseline_that_came_out_otherwise_is_refused(runs, tmp_path, capsys):
    other = changed(runs["slow"], tmp_path / "other")
    table = other.read_table("runs")
    odd = (
        pl.when(pl.col("arm") == "baseline", pl.col("draw") == 0).then(pl.lit("x")).otherwise("events_sha256")
    )
    other.write_table("runs", table.with_columns(events_sha256=odd))
    code, _, err = said(capsys, runs["lock"].path, other.path)
    assert code == 2 and "differ in 2 of 8 pairs though their settings agree" in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--smallest-effect", "7"], "smallest effect is 7"),
        (["--confidence", "1"], "confidence is 1"),
        (["--payoff", "averted=1"], "does not state backfire"),
        (["--html", "page.txt"], "give a file that ends in .html"),
    ],
)
def test_a_mistake_is_one_sentence(runs, capsys, words, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = said(capsys, runs["slow"].path, *words)
    assert code == 2 and sentence in err and "Traceback" not in err


def test_what_is_no_run_is_refused(tmp_path, capsys):
    assert said(capsys, tmp_path / "nowhere")[0] == 2
    assert "holds no manifest.json" in said(capsys, tmp_path)[2]


def test_a_claim_that_was_withheld_is_carried_on(runs, tmp_path, capsys):
    other = changed(runs["slow"], tmp_path / "other")
    record = other.read_json(other.estimates) | {
        "claim": "withheld",
        "claim_reason": "the arms differ before",
    }
    other.write_json(other.estimates, record)
    code, out, _ = said(capsys, runs["lock"].path, other.path, "--no-html", "--json")
    row = json.loads(out)["policies"][1]
    assert code == 0 and row["claim"] == "withheld" and row["rd"]["est"] is None
    assert row["doubts"] == []  # said once, as a sentence


def test_runs_that_all_make_no_claim_have_a_page_of_what_is_left(runs, tmp_path, capsys):
    others = [changed(runs[name], tmp_path / name) for name in ("slow", "lock")]
    for other in others:
        record = other.read_json(other.estimates) | {"claim": "withheld", "claim_reason": "too few draws"}
        other.write_json(other.estimates, record)
    code, out, _ = said(capsys, *(other.path for other in others), "--out", tmp_path / "out")
    page = Folder(tmp_path / "out").comparison_page.read_text(encoding="utf-8")
    assert code == 0 and "no claim is made: too few draws" in out
    headings = re.findall("<h2>(.*?)</h2>", page[: page.index("</main>")])
    assert headings == [
        "What was compared",
        "For a memo",
        "What else it says",
        "The table",
        "How far to trust it",
    ]
    assert "0 community draws" not in page + out and "for statisticians" not in page


def test_json_is_one_document_and_no_page_means_no_file(runs, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    payoff = "averted=1,backfire=-1,always=0,never=0"
    code, out, _ = said(
        capsys, runs["slow"].path, runs["lock"].path, "--no-html", "--json", "--payoff", payoff
    )
    record = json.loads(out)
    assert code == 0 and list(tmp_path.iterdir()) == []
    assert record["policies"][0]["benefit"]["paired"]["est"] == pytest.approx(
        -record["policies"][0]["rd"]["est"]
    )
    assert record["policies"][0]["verdict"] is None


def test_tables_stand_beside_the_page_as_csv_and_parquet(runs, found, capsys, tmp_path):
    folders = [runs[name].path for name in RUNS]
    code, out, _ = said(capsys, *folders, "--outcome", "escalation", "--no-html", "--out", tmp_path)
    assert code == 0 and "Inside this model" in out
    frames = {
        "compare": found.table,
        "compare-outcomes": found.outcomes,
        "compare-groups": found.groups,
        "compare-pairs": found.pairs_of_policies,
        "compare-interactions": found.interactions,
        "compare-evasion": found.evasion,
    }
    frames = {name: frame for name, frame in frames.items() if len(frame)}
    assert {"compare", "compare-outcomes", "compare-groups", "compare-pairs"} <= set(frames)
    files = {f"{name}.{kind}" for name in frames for kind in ("csv", "parquet")}
    assert {path.name for path in tmp_path.iterdir()} == files
    last = out.splitlines()[-1]
    assert all(f"{name}.csv" in last for name in frames)
    for name, frame in frames.items():
        table = pl.read_parquet(tmp_path / f"{name}.parquet")
        assert table.columns[: len(frame.columns) - 1] == frame.columns[: len(frame.columns) - 1]
        with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == len(table) == len(frame)
        assert all(row["caveat"].startswith("Inside this model") for row in rows)


def test_no_table_of_an_earlier_comparison_stays_beside_a_page(runs, capsys, tmp_path):
    page = tmp_path / "mine.html"
    both, one = (runs["slow"].path, runs["lock"].path), (runs["slow"].path,)
    assert said(capsys, *both, "--html", page)[0] == 0
    assert (tmp_path / "mine-pairs.csv").is_file() and (tmp_path / "mine-pairs.parquet").is_file()
    assert said(capsys, *one, "--html", page)[0] == 0
    assert (tmp_path / "mine-groups.csv").is_file() and not list(tmp_path.glob("mine-pairs*"))


def test_the_table_of_policies_says_what_was_stated(runs):
    payoff = {"averted": 1, "backfire": -2, "always": 0, "never": 0.5}
    table = compare(runs["slow"].path, payoff=payoff, smallest_effect=0.05, confidence=0.9).table
    stated = ["confidence", "smallest_effect", *(f"payoff_{name}" for name in payoff)]
    assert table.select(stated).row(0) == (0.9, 0.05, 1, -2, 0, 0.5)
    assert not [name for name in compare(runs["slow"].path).table.columns if name.startswith("payoff")]


def test_no_cell_begins_a_formula():
    risky = pl.DataFrame(
        {"policy": ["=1+1", "+x", "-x", "@x", "\tx", " =x", "slow mode"], "n": [1, 2, 3, 4, 5, 6, 7]}
    )
    safe = for_spreadsheets(risky)["policy"].to_list()
    assert not any(cell.startswith(FORMULA) for cell in safe) and safe[-1] == "slow mode"
    assert safe[5] == "' =x"


def test_several_policies_in_one_treatment_name_whose_parameter_differs():
    a = (("slow_mode", {"hours": 3}), ("thread_lock", {"heat": 1}))
    b = (("slow_mode", {"hours": 3}), ("thread_lock", {"heat": 2}))
    assert names_of([a, b], ["x", "y"]) == [
        "slow mode + thread lock (thread lock heat 1)",
        "slow mode + thread lock (thread lock heat 2)",
    ]


@pytest.mark.slow
def test_a_feed_that_hides_more_is_better_for_every_group_in_real_simulations(tmp_path):
    """Downranking that finds 95 of 100 and pulls hard, against one that finds 20 and hardly pulls."""
    for name, detection, penalty in (("strong", 0.95, 6), ("weak", 0.2, 1)):
        setting = "policy_with.downrank_hostile"
        made(
            tmp_path / name,
            *("policy=downrank_hostile", f"{setting}.detection={detection}", f"{setting}.penalty={penalty}"),
            *("community.size=80", "steps=24", "draws=12", "seeds=3", "baseline=none"),
        )
    found = compare(tmp_path)
    (row,) = found.record["pairs_of_policies"]
    assert "0.95" in row["better_for_groups"]
    assert not found.groups["harmed"].any()


def test_a_ranking_is_printed_and_stands_in_the_frame(runs, capsys):
    assert (
        main(["compare", str(runs["lock"].path), str(runs["slow"].path), "--rank", "pns", "--no-html"]) == 0
    )
    assert "Ranked by the least share of futures" in capsys.readouterr().out
    found = compare([runs["lock"].path, runs["slow"].path], rank="pns")
    assert found.ranking["rank"].to_list() == [1, 2] and "least_pns_low" in found.ranking.columns
    assert "ranking" not in compare([runs["lock"].path, runs["slow"].path]).record
