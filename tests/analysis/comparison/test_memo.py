"""The memo has five columns in any community, and one word where two measures of an outcome say different things."""

import pytest

from windtunnel.analysis import compare
from windtunnel.analysis.cli import main
from windtunnel.analysis.comparison.memo import memo_rows
from windtunnel.analysis.comparison.two_measures import two_measures

CHANGE = {"est": 1.0, "low": 0.5, "high": 1.5}


def record(**outcomes):
    """Two policies and the outcomes that are named, each with what a memo calls it."""
    table = {"n00": 3, "n01": 1, "n10": 4, "n11": 2}
    policies = [
        {"policy": name, "table": table, "claim": "made", "by_construction": name == "b"}
        for name in ("a", "b | c")
    ]
    rows = [
        {
            "policy": one["policy"],
            "outcome": name,
            "unit": "units",
            "polarity": polarity,
            "cost": cost,
            "memo": memo,
        }
        | {"change": CHANGE, "forced": False, "cannot_move": False}
        for one in policies
        for name, (polarity, cost, memo) in outcomes.items()
    ]
    return {"policies": policies, "outcomes": rows, "direction": "preventive"}


def test_goods_stand_before_harms_and_outcomes_of_one_word_share_a_column():
    rows = memo_rows(
        record(
            acts=("harm", True, "work"),
            queue=("harm", True, "work"),
            kept=("good", True, "kept"),
            other=("harm", True, ""),
        )
    )
    assert list(rows[0]) == ["policy", "harm avoided", "backfire", "kept", "work"]
    assert rows[0]["harm avoided"] == "4 of 6" and rows[0]["backfire"] == "1 of 4"
    assert rows[0]["work"] == "+1 (+0.5 to +1.5) units; +1 (+0.5 to +1.5) units"


def test_where_no_outcome_has_a_word_the_first_two_costs_stand():
    rows = memo_rows(record(one=("harm", True, ""), two=("harm", True, ""), three=("harm", True, "")))
    assert list(rows[0])[3:] == ["one", "two"]


def test_the_memo_of_a_commons_has_its_own_words(tmp_path):
    words = [
        "run",
        "-m",
        "community=commons",
        "policy=harvest_cap,monitoring",
        "draws=3",
        "seeds=1",
        "dowhy=false",
    ]
    assert main([*words, "parallel.jobs=1", f"out={tmp_path / 'sweep'}"]) == 0
    text = compare(tmp_path / "sweep").memo()
    head = next(line for line in text.splitlines() if line.startswith("| policy"))
    assert head.endswith("| what members earn | fines |")
    for word in ("thread", "post", "hostile", "moderat"):
        assert word not in text


@pytest.mark.parametrize(
    ("count", "mean", "said"),
    [
        ((-0.1, 0.1), (-2, -1), "only the mean"),
        ((-0.3, -0.1), (-2, 1), "only the count"),
        ((-0.3, -0.1), (-2, -1), ""),
    ],
)
def test_one_word_where_the_count_and_the_mean_differ(count, mean, said):
    made = [{"policy": "slow mode", "rd": {"est": 0, "low": count[0], "high": count[1]}}]
    change = {"est": 0, "low": mean[0], "high": mean[1]}
    outcomes = [{"policy": "slow mode", "outcome": "share", "change": change}]
    found = two_measures({"outcome": {"name": "share", "threshold": 0.1}, "outcomes": outcomes}, made)
    assert bool(found) == bool(said) and said in "".join(found)
