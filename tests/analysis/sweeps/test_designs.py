"""Designs cover what they say they cover, come again from the same root, and run as cells that share a baseline."""

import json
from collections import Counter

import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.sweeps.designs import Factor, is_whole, points, read_factors

HEAT, HOURS = Factor("policy_with.thread_lock.heat", 1, 4), Factor("policy_with.thread_lock.hours", 2, 12)
SMALL = (
    "community.size=30",
    "steps=4",
    "draws=2",
    "seeds=1",
    "dowhy=false",
    "parallel.jobs=1",
    "baseline=none",
)


def number(word):
    return float(word.partition("=")[2])


def test_ranges_and_lists_are_factors_and_the_rest_are_settings():
    factors, rest = read_factors(
        [
            "policy=a,b",
            "policy_with.thread_lock.heat=1:4",
            "community.size=60:120:4",
            "draws=3",
            "policy_with.x=[1,2]",
        ]
    )
    assert factors == [
        Factor("policy", values=("a", "b")),
        Factor("policy_with.thread_lock.heat", 1, 4),
        Factor("community.size", 60, 120, levels=4, whole=True),
    ]
    assert rest == ["draws=3", "policy_with.x=[1,2]"]


def test_a_full_design_crosses_every_level():
    cells = points("full", [HEAT._replace(levels=4), Factor("policy", values=("a", "b"))], None, 0)
    heats = ["1", "2", "3", "4"]
    assert cells == [[f"policy_with.thread_lock.heat={h}", f"policy={p}"] for h in heats for p in "ab"]


def test_a_latin_hypercube_has_one_point_in_every_slice_of_every_factor():
    cells = points("lhs", [HEAT, HOURS], 20, 0)
    for place, one in enumerate((HEAT, HOURS)):
        slices = {int((number(cell[place]) - one.low) / (one.high - one.low) * 20) for cell in cells}
        assert slices == set(range(20))


def test_a_sobol_design_has_as_many_points_in_every_quarter():
    cells = points("sobol", [HEAT, HOURS], 64, 0)
    quarters = Counter((number(one) < 2.5, number(two) < 7) for one, two in cells)
    assert set(quarters.values()) == {16}


def test_whole_settings_get_whole_numbers_each_as_often():
    one = Factor("community.size", 60, 63, whole=True)
    assert Counter(number(cell[0]) for cell in points("lhs", [one], 40, 0)) == dict.fromkeys(
        (60, 61, 62, 63), 10
    )
    assert is_whole("community.size") and is_whole("seeds") and not is_whole("policy_with.thread_lock.heat")


def test_values_by_name_come_in_equal_shares():
    one = Factor("policy", values=("a", "b"))
    assert Counter(cell[0] for cell in points("sobol", [one, HEAT], 32, 3)) == {
        "policy=a": 16,
        "policy=b": 16,
    }


@pytest.mark.parametrize("kind", ["lhs", "sobol"])
def test_a_root_makes_its_design_again_and_another_makes_another(kind):
    assert points(kind, [HEAT, HOURS], 16, 5) == points(kind, [HEAT, HOURS], 16, 5)
    assert points(kind, [HEAT, HOURS], 16, 5) != points(kind, [HEAT, HOURS], 16, 6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["latin", "policy=a,b"], "say which design first"),
        (["lhs", "policy_with.thread_lock.heat=1:4"], "needs n"),
        (["sobol", "policy_with.thread_lock.heat=1:4", "n=5"], "powers of two, such as 4"),
        (["full", "policy_with.thread_lock.heat=1:4", "n=5"], "leave n out"),
        (["lhs", "policy=thread_lock", "n=4"], "needs a setting that varies"),
        (["lhs", "policy_with.thread_lock.heat=4:1", "n=4"], "must be below"),
        (["lhs", "policy_with.thread_lock.heet=1:4", "n=4"], "no parameter 'heet'"),
        (["lhs", "community.size=10.5:20", "n=4"], "whole numbers"),
        (["full", "policy=a,b", "policy=c,d"], "set twice"),
        (["lhs", "policy=a,b", "n=4", "--go"], "no option --go"),
        (["full", "policy=slow_mode,thread_lock", "--run", "--json"], "do not go together"),
        (["lhs", "policy_with.thread_lock.heat=1:4", "n=4", "policy=slow_mode"], "policy is slow_mode"),
        (["lhs", "policy_with.thread_lock.heat=1:4", "n=x"], "give a whole number"),
    ],
)
def test_a_design_that_makes_no_sense_is_refused(words, said, capsys):
    assert main(["design", *words]) == 2
    assert said in capsys.readouterr().err


def test_points_are_listed_as_settings_that_run_understands(capsys):
    words = ["design", "lhs", "policy=thread_lock", "policy_with.thread_lock.heat=1:4", "n=3"]
    assert main(words) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and all(line.startswith("policy=thread_lock policy_with.") for line in lines)
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"] == [line.split() for line in lines]


def test_cells_are_run_each_in_a_folder_and_the_baseline_once(tmp_path, capsys):
    out = tmp_path / "sweep"
    words = ["design", "full", "policy=slow_mode,thread_lock", "root=0,1", *SMALL, f"out={out}", "--run"]
    assert main(words) == 0
    told = Folder(out).read_json(Folder(out).design)["cells"]
    assert len(told) == 4
    manifests = [
        Folder(out / cell["folder"]).read_json(Folder(out / cell["folder"]).manifest) for cell in told
    ]
    assert [one["units"]["run"] for one in manifests] == [6, 6, 2, 2]  # of 2 draws x 3 arms
    assert [one["config"]["root"] for one in manifests] == [0, 1, 0, 1]
    capsys.readouterr()
    assert main(words) == 0  # again: nothing is left to run
    assert capsys.readouterr().out.count("(finished before)") == 4
