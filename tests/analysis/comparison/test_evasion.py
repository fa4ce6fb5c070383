"""Evasion: a ranking flips where two lines cross, and is silent where they do not."""

import pytest

from windtunnel.analysis.comparison.deciding import NOTHING
from windtunnel.analysis.comparison.evasion import evasion


def family(tested, effects):
    """A lock at several evasion rates, and other policies: {(name, rate or None): net averted of 100}."""
    found, records = [], []
    for (name, rate), averted in effects.items():
        label = name if rate is None else f"{name} (evasion {rate:g})"
        given = {} if rate is None else {"heat": 1, "evasion": rate}
        one = tested(label, {"n10": averted, "n11": 100 - averted})._replace(specs=((name, given),))
        found.append(one)
        records.append({"policy": label, "rd": {"est": -averted / 100}, "told_apart": averted > 10})
    return found, records


def test_the_crossing_is_interpolated_between_the_rates_that_were_run(tested):
    """The lock averts 40 at 0 and 20 at .5; the notice averts 30: they are even at .25."""
    found, records = family(tested, {("lock", 0.0): 40, ("lock", 0.5): 20, ("notice", None): 30})
    contrasts = [
        {"a": "lock (evasion 0)", "b": "notice", "told_apart": True},
        {"a": "lock (evasion 0.5)", "b": "notice", "told_apart": False},
    ]
    points, flips, level = evasion(found, records, contrasts)
    assert level == []
    assert [(point["family"], point["rate"], point["rd"]) for point in points] == [
        ("lock", 0.0, -0.4),
        ("lock", 0.5, -0.2),
    ]
    (flip,) = flips
    assert (flip["family"], flip["other"], flip["between"]) == ("lock", "notice", [0.0, 0.5])
    assert flip["rate"] == pytest.approx(0.25)
    assert flip["told_apart"] is False


def test_no_flip_where_the_order_stays_or_one_rate_was_run(tested):
    found, records = family(tested, {("lock", 0.0): 40, ("lock", 0.5): 35, ("notice", None): 30})
    assert evasion(found, records, [])[1] == []
    found, records = family(tested, {("lock", 0.0): 40, ("notice", None): 30})
    assert evasion(found, records, []) == ([], [], [])


def test_two_policies_that_both_meet_evasion_are_compared_at_the_same_rate(tested):
    """40 to 10 against 30 to 26 between 0 and 1: even where 40 - 30 r = 30 - 4 r, at 10/26."""
    effects = {("lock", 0.0): 40, ("lock", 1.0): 10, ("ban", 0.0): 30, ("ban", 1.0): 26}
    _, flips, _ = evasion(*family(tested, effects), [])
    assert [(flip["family"], flip["other"]) for flip in flips] == [("lock", "ban")]
    assert flips[0]["rate"] == pytest.approx(10 / 26)


def test_the_rate_at_which_a_policy_turns_to_harm_is_a_flip_with_doing_nothing(tested):
    found, records = family(tested, {("lock", 0.0): 20, ("lock", 1.0): 0})
    records[1]["rd"]["est"] = 0.2
    (flip,) = evasion(found, records, [])[1]
    assert flip["other"] == NOTHING and flip["rate"] == pytest.approx(0.5)


def test_a_touch_is_no_flip_but_the_policies_are_level_there(tested):
    """The lock and the notice both avert 30 at 0; at 1 the lock averts 10."""
    found, records = family(tested, {("lock", 0.0): 30, ("lock", 1.0): 10, ("notice", None): 30})
    contrasts = [{"a": "lock (evasion 1)", "b": "notice", "told_apart": True}]
    _, flips, level = evasion(found, records, contrasts)
    (row,) = level
    assert flips == [] and (row["other"], row["rate"], row["then"]) == ("notice", 0.0, 1.0)
    assert row["gap"] == pytest.approx(0.2) and row["told_apart"] is True


def test_a_crossing_at_a_rate_that_was_run_is_a_flip_alone(tested):
    effects = {("lock", 0.0): 40, ("lock", 0.5): 30, ("lock", 1.0): 20, ("notice", None): 30}
    _, flips, level = evasion(*family(tested, effects), [])
    assert [flip["rate"] for flip in flips] == [0.5] and level == []
