"""Planted truth: compare finds who is better for everyone and who harms a group, and tells no twins apart."""

import pytest

from windtunnel.analysis.comparison.build import compare_inputs

REPETITIONS = 100
TWINS = 400


def says_the_truth(found):
    """Whether the comparison says all of it: A over B for everyone, C best on average, C harms the minority alone."""
    said, policies = found.sentences, {row["policy"]: row for row in found.record["policies"]}
    return (
        any(line.startswith("A is better than b, and better for every group") for line in said)
        and said[0].startswith("Best on average: c.")
        and any(line.startswith("C helps on average but harms planted members") for line in said)
        and {name: row["harmed_groups"] for name, row in policies.items()}
        == {"a": [], "b": [], "c": ["planted"]}
        and policies["c"]["verdict"] != "act"
    )


def test_the_planted_truth_is_said_in_ten_repetitions_of_ten_but_one(planted, truth):
    found = [says_the_truth(compare_inputs(planted(truth, n), smallest_effect=0.05)) for n in range(500, 510)]
    assert sum(found) >= 9


@pytest.mark.slow
def test_the_planted_truth_is_said_in_95_of_100_repetitions(planted, truth):
    found = [
        says_the_truth(compare_inputs(planted(truth, n), smallest_effect=0.05)) for n in range(REPETITIONS)
    ]
    assert sum(found) >= 95


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("draws", "seeds", "method"), [(30, 6, "max-t"), (10, 4, "max-t"), (6, 4, "holm")])
def test_policies_alike_in_law_are_told_apart_no_more_often_than_stated(planted, draws, seeds, method):
    """Of 400 repetitions at a stated 5 %, up to 29 are within two standard errors (20 + 2 x 4.4)."""
    most = TWINS * 0.05 + 2 * (TWINS * 0.05 * 0.95) ** 0.5
    pairs = groups = 0
    for n in range(TWINS):
        alike = dict.fromkeys("pqrs", (-0.6, -1.0))
        found = compare_inputs(planted(alike, 10_000 + n, draws=draws, seeds=seeds)).record
        assert found["simultaneous"]["pairs_of_policies"]["method"] == method
        pairs += any(row["told_apart"] for row in found["pairs_of_policies"])
        groups += any(row["told_apart"] for row in found["groups_of_pairs"])
    assert pairs <= most
    assert groups <= most


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_policies_that_do_nothing_are_called_so_as_often_as_stated(planted):
    most = TWINS * 0.05 + 2 * (TWINS * 0.05 * 0.95) ** 0.5
    effects = groups = 0
    for n in range(TWINS):
        idle = dict.fromkeys("pqrs", (0.0, 0.0))
        found = compare_inputs(planted(idle, 20_000 + n, draws=20, seeds=4)).record
        effects += any(row["told_apart"] for row in found["policies"])
        groups += any(row["harmed"] or row["helped"] for row in found["groups"])
    assert effects <= most
    assert groups <= most


def test_a_policy_is_not_told_apart_from_its_copy(planted):
    inputs = planted({"p": (-1.0, -1.0)}, 1)
    copy = inputs.tested[0]._replace(name="q")
    found = compare_inputs(inputs._replace(tested=[inputs.tested[0], copy])).record
    (row,) = found["pairs_of_policies"]
    assert not row["told_apart"] and row["only_a"] == row["only_b"] == 0
    assert not any(row["told_apart"] for row in found["groups_of_pairs"])


def test_one_community_draw_tells_nothing_apart(planted, truth):
    found = compare_inputs(planted(truth, 3, draws=1, seeds=40), smallest_effect=0.05)
    assert not any(row["told_apart"] for row in found.record["pairs_of_policies"])
    assert {row["verdict"] for row in found.record["policies"]} == {"pilot"}
    assert not any(row["harmed"] for row in found.record["groups"])


def test_a_withheld_claim_keeps_its_counts_and_has_no_number(planted, truth):
    inputs = planted(truth, 2)
    quiet = inputs.tested[2]._replace(claim_reason="a negative control failed: trait rate")
    found = compare_inputs(inputs._replace(tested=[*inputs.tested[:2], quiet]), smallest_effect=0.05)
    row = found.record["policies"][2]
    assert row["rd"]["est"] is None and row["ps"]["est"] is None and row["verdict"] is None
    assert sum(row["table"].values()) == 180
    assert "c" not in {name for pair in found.record["pairs_of_policies"] for name in (pair["a"], pair["b"])}
    assert "C: no claim is made: a negative control failed: trait rate." in found.sentences


def test_simultaneous_intervals_hold_the_single_ones(planted, truth):
    for row in compare_inputs(planted(truth, 4)).record["policies"]:
        assert row["rd_simultaneous"]["low"] <= row["rd"]["low"] <= row["rd"]["high"]
        assert row["rd"]["high"] <= row["rd_simultaneous"]["high"]
