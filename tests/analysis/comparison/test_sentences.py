"""What the comparison says: the leader, nobody leading, flips, doubts, and no end of sentences."""

import pytest

from analysis.comparison.build import compare_inputs
from analysis.comparison.sentences import MOST, _first, method_words, sentences


def test_where_no_policy_helps_nobody_is_called_best(tested, planted):
    inputs = planted({"p": (0.0, 0.0)}, 1)
    worse = tested("p", {"n01": 5, "n10": 2, "n00": 10, "n11": 10})
    said = compare_inputs(inputs._replace(tested=[worse])).sentences
    assert said[0] == "No policy here does better than doing nothing, on average."


def test_policies_that_no_test_parts_are_said_to_be_alike(planted):
    said = compare_inputs(planted(dict.fromkeys("pqr", (-1.0, -1.0)), 5)).sentences
    assert "Of these 3 policies no two can be told apart." in said


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
    said = sentences(record | {"evasion": {"points": [], "flips": [flip]}})
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
    alike = [line for line in said if "cannot be told apart: it happened" in line]
    assert [line.partition(" cannot")[0] for line in alike] == ["A and d", "B and c", "C and d"]
    pairs[4] = two_policies("b", "d", 20, 7)
    said = sentences(record | {"pairs_of_policies": pairs})
    assert "Of b, c and d no two can be told apart: it happened in 7 to 20 of 40 futures." in said


def test_many_sentences_of_a_sort_are_cut_and_counted():
    said = [f"Sentence {number}." for number in range(MOST + 3)]
    assert _first(said, "harms") == [*said[:MOST], "And 3 more harms: see the tables."]
    assert _first(said[:MOST], "harms") == said[:MOST]


def test_the_method_is_named(planted, truth):
    assert "max-t by joint sign flips" in method_words(compare_inputs(planted(truth, 1)).record)
    assert "Holm" in method_words(compare_inputs(planted(truth, 1, draws=5)).record)
