"""What the comparison says: the leader, nobody leading, flips, doubts, and no end of sentences."""

import pytest

from windtunnel.analysis.comparison.build import compare_inputs
from windtunnel.analysis.comparison.method import method_words
from windtunnel.analysis.comparison.sentences import MOST, _first, net_words, sentences


def test_where_no_policy_helps_nobody_is_called_best(tested, planted):
    inputs = planted({"p": (0.0, 0.0)}, 1)
    worse = tested("p", {"n01": 5, "n10": 2, "n00": 10, "n11": 10})
    said = compare_inputs(inputs._replace(tested=[worse])).sentences
    assert said[0] == "No policy here does better than doing nothing, on average."


@pytest.mark.parametrize(("cell", "start"), [("n00", "In none of 27"), ("n11", "In each of 27")])
def test_an_outcome_that_is_reached_never_or_always_is_said_to_tell_nothing_apart(
    tested, planted, cell, start
):
    inputs = planted({"p": (0.0, 0.0)}, 1)
    alike = tested("p", dict.fromkeys(("n00", "n01", "n10", "n11"), 0) | {cell: 27})
    said = compare_inputs(inputs._replace(tested=[alike])).sentences
    assert said[0].startswith(start) and "tells nothing apart" in said[0]


def test_policies_that_no_test_parts_are_said_to_be_alike(planted):
    said = compare_inputs(planted(dict.fromkeys("pqr", (-1.0, -1.0)), 5)).sentences
    assert any(
        line.startswith("Of these 3 policies no two can be told apart: it happened in") for line in said
    )


def test_a_pair_that_is_alike_is_said_with_its_counts(planted):
    found = compare_inputs(planted(dict.fromkeys("pq", (-1.0, -1.0)), 5))
    (row,) = found.record["pairs_of_policies"]
    line = next(line for line in found.sentences if "cannot be told apart:" in line)
    assert line.startswith(
        f"P and q cannot be told apart: it happened in {row['happened_a']} and {row['happened_b']} of 180"
    )


def test_by_construction_is_said_with_the_leader_and_in_the_verdict(planted, truth):
    inputs = planted(truth, 1)
    forced = inputs.tested[0]._replace(by_construction=True)
    said = compare_inputs(inputs._replace(tested=[forced]), smallest_effect=0.05).sentences
    assert said[0].startswith("Best on average: a, by construction.")
    assert any(line.startswith("By construction: a decides this outcome") for line in said)
    assert any(line.startswith("Act: a (by construction); ") for line in said)


@pytest.mark.parametrize(
    ("sure", "words"), [(True, "either side"), (False, "chance alone"), (None, "not tested")]
)
def test_a_flip_says_that_it_is_interpolated_and_how_sure_it_is(planted, truth, sure, words):
    record = compare_inputs(planted(truth, 1)).record
    flip = {"family": "a", "other": "b", "rate": 0.25, "between": [0.0, 0.5], "told_apart": sure}
    said = sentences(record | {"evasion": {"points": [], "flips": [flip], "level": []}})
    line = next(line for line in said if "flips at an evasion rate of about 0.25" in line)
    assert "interpolated on a straight line between the runs at 0 and 0.5" in line and words in line


def two_policies(a, b, happened_a, happened_b, better=None):
    return {
        "a": a,
        "b": b,
        "told_apart": better is not None,
        "better": better,
        "for_everyone": False,
        "better_for_groups": None,
        "groups_forced": False,
        "happened_a": happened_a,
        "happened_b": happened_b,
        "n_pairs": 40,
        "simultaneous": {"est": 0.0, "low": -0.1, "high": 0.1},
    }


def test_policies_that_one_is_better_than_share_a_sentence_and_so_do_those_alike(planted, truth):
    record = compare_inputs(planted(truth, 1)).record
    pairs = [
        two_policies("a", "b", 3, 20, "a"),
        two_policies("a", "c", 3, 16, "a"),
        two_policies("a", "d", 3, 7),
        two_policies("b", "c", 20, 16),
        two_policies("b", "d", 20, 7, "d"),
        two_policies("c", "d", 16, 7),
    ]
    said = sentences(record | {"pairs_of_policies": pairs})
    assert "A is better than b and c: it happened in 3 of 40 futures against 16 to 20." in said
    assert "D is better than b: it happened in 7 of 40 futures against 20." in said
    assert "No other two can be told apart: it happened in 3 to 20 of 40 futures." in said
    pairs[4] = two_policies("b", "d", 20, 7, "d")
    pairs = [row for row in pairs if row["better"] or (row["a"], row["b"]) == ("c", "d")]
    said = sentences(record | {"pairs_of_policies": pairs})
    assert any(
        line.startswith("C and d cannot be told apart: it happened in 16 and 7 of 40") for line in said
    )


def test_a_policy_that_makes_it_worse_is_said_to_and_left_for_that(tested, planted):
    inputs = planted({"p": (0.0, 0.0)}, 1)
    bad = tested("p", {"n01": 30, "n10": 2, "n00": 20, "n11": 10})
    found = compare_inputs(inputs._replace(tested=[bad]), smallest_effect=0.05)
    assert found.record["policies"][0]["worse"]
    assert (
        "P makes it worse: it happened in 40 of 62 futures with it, in 12 without, beyond chance; it caused 30 and stopped 2."
        in found.sentences
    )
    assert "Leave: p; it makes the outcome worse, at either end of its interval." in found.sentences
    good = compare_inputs(inputs._replace(tested=[bad], direction="generative"), smallest_effect=0.05)
    assert not good.record["policies"][0]["worse"] and good.record["policies"][0]["verdict"] == "act"


def test_an_interval_that_excludes_zero_is_not_rounded_to_hold_it():
    row = {"rd": {"est": -0.3}, "table": {"n01": 1, "n10": 10}, "n_pairs": 32}
    for low, high, said in (
        (-0.55, -0.004, "−18 to −0.1"),
        (-0.55, 0.004, "−18 to +0.2"),
        (-0.25, -0.125, "−8 to −4"),
        (-0.25, 0.0, "−8 to 0"),
    ):
        assert (
            net_words(row | {"rd_simultaneous": {"low": low, "high": high}}) == f"−9 of 32 (interval {said})"
        )


def test_what_a_policy_decides_for_the_groups_itself_is_tagged(planted):
    inputs = planted({"a": (-1.2, -2.5), "b": (-0.3, -0.4)}, 3)
    decides = inputs.tested[0]._replace(forced=("hostile_exposures",))
    plainly, tagged = (
        compare_inputs(inputs._replace(tested=[one, inputs.tested[1]])) for one in (inputs.tested[0], decides)
    )
    lines = [
        next(line for line in found.sentences if line.startswith("A is better"))
        for found in (plainly, tagged)
    ]
    assert "better for every group" in lines[0] and "by construction" not in lines[0]
    assert "better for every group (by construction: a policy here decides which posts are shown)" in lines[1]
    assert {row["forced"] for row in tagged.record["groups"] if row["policy"] == "a"} == {True, False}
    assert tagged.record["policies"][0]["worst_group"]["forced"]


def test_level_policies_are_said_to_be_level_and_what_comes_then(planted, truth):
    record = compare_inputs(planted(truth, 1)).record
    level = [
        {"family": "a", "other": other, "rate": 0.0, "then": 0.8, "gap": 0.3, "told_apart": True}
        for other in ("b", "doing nothing")
    ]
    points = [{"family": "a", "rate": rate} for rate in (0.0, 0.8)]
    said = sentences(record | {"evasion": {"points": points, "flips": [], "level": level}})
    assert (
        "A is level with b and doing nothing at an evasion rate of 0, and worse at 0.8, beyond chance."
        in said
    )
    assert not any("does not change" in line for line in said)


def test_payoffs_are_stated_with_the_benefit(planted, truth):
    payoff = {"averted": 1, "backfire": -2, "always": 0, "never": 0}
    found = compare_inputs(planted(truth, 1), payoff=payoff)
    best = max(found.record["policies"], key=lambda row: row["benefit"]["paired"]["est"])["policy"]
    (line,) = [line for line in found.sentences if line.startswith("At your payoffs")]
    assert line.startswith(f"At your payoffs (averted 1, backfire −2, always 0, never 0) {best} has")


def test_policies_of_the_same_benefit_are_named_together(planted):
    payoff = {"averted": 1, "backfire": 0, "always": 0, "never": 0}
    inputs = planted({"p": (-1.0, 0.0)}, 1)
    twice = [inputs.tested[0], inputs.tested[0]._replace(name="q")]
    said = compare_inputs(inputs._replace(tested=twice), payoff=payoff).sentences
    (line,) = [one for one in said if one.startswith("At your payoffs")]
    assert "p and q have the same mean benefit" in line


def test_the_choice_comes_before_what_was_left_out(planted, truth):
    inputs = planted(truth, 1)
    stopped = inputs.tested[0]._replace(claim_reason="a stopping rule chose its draws")
    said = compare_inputs(
        inputs._replace(tested=[stopped, *inputs.tested[1:]], left_out=["One is left out."])
    )
    assert said.sentences[0].startswith("Best on average: c")
    assert said.sentences[-2:] == [
        "A: no claim is made: a stopping rule chose its draws.",
        "One is left out.",
    ]


def test_many_sentences_of_a_sort_are_cut_and_counted():
    said = [f"Sentence {number}." for number in range(MOST + 3)]
    assert _first(said, "harms") == [*said[:MOST], "And 3 more harms: see the tables."]
    assert _first(said[:MOST], "harms") == said[:MOST]


def test_the_method_is_named(planted, truth):
    assert "max-t by joint sign flips of whole draws" in method_words(
        compare_inputs(planted(truth, 1)).record
    )
    assert "Holm" in method_words(compare_inputs(planted(truth, 1, draws=5)).record)
