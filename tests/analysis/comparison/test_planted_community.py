"""Planted truth in a simulated community, by the commands themselves; `bench/planted.py` counts it over a hundred."""

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "plugins"))
    return runpy.run_path(str(ROOT / "bench" / "planted.py"))


def test_compare_says_what_the_rules_of_a_plug_in_make_true(bench):
    record = bench["commanded"](bench["POLICIES"], 1000, 20)
    assert bench["truths"](record) == dict.fromkeys(bench["truths"](record), True)


@pytest.mark.slow
def test_policies_alike_in_law_are_seldom_told_apart(bench):
    found = [bench["told_apart"](bench["commanded"](bench["ALIKE"], root, 20)) for root in range(1000, 1010)]
    assert sum(one["two_policies_told_apart"] for one in found) <= 2
