"""Negative controls pass for true twins, and fail for arms that differ before the policy could act."""

import polars as pl

from windtunnel.analysis.causal.controls import negative_controls

ARMS = ("baseline", "policy", "aa")


def members(**change):
    rows = [
        {
            "draw": d,
            "seed": s,
            "arm": arm,
            "member": m,
            "group": "g",
            "persona": m % 2,
            "rate": 0.1 * m + d,
            "joined": 5 if m == 3 else 0,
            "left": None,
        }
        for d in range(2)
        for s in range(2)
        for arm in ARMS
        for m in range(4)
    ]
    return pl.DataFrame(rows)


def events():
    rows = [
        {
            "draw": d,
            "seed": s,
            "arm": arm,
            "step": step,
            "ordinal": 0,
            "member": 1,
            "kind": "reply",
            "target": None,
            "tone": "heated" if arm == "policy" and step >= 3 else "civil",
            "text": None,
        }
        for d in range(2)
        for s in range(2)
        for arm in ARMS
        for step in range(6)
    ]
    return pl.DataFrame(rows)


def where(**values):
    return pl.all_horizontal(pl.col(name) == value for name, value in values.items())


def test_twins_that_differ_only_after_the_fork_pass():
    found = negative_controls(members(), events(), fork=3)
    assert found["passed"] and found["pairs"] == 4 and found["reason"] is None
    assert found["checked"]["traits"] == ["group", "persona", "rate", "joined"]
    assert found["checked"]["members"] == 4 * 2 * 3


def test_an_event_before_the_fork_that_one_arm_lacks_fails():
    found = negative_controls(members(), events(), fork=4)
    assert not found["passed"]
    [differs] = found["differs"]
    assert differs["control"] == "events before the fork" and differs["pairs"] == 4
    assert differs["example"]["step"] == 3 and differs["example"]["draw"] == 0
    assert "events before the fork in 4 of 4 pairs" in found["reason"]


def test_a_trait_that_drifts_with_the_arm_fails():
    at = where(arm="policy", member=2, draw=1)
    found = negative_controls(
        members().with_columns(rate=pl.when(at).then(9.0).otherwise("rate")), events(), fork=3
    )
    assert [each["control"] for each in found["differs"]] == ["trait rate"]
    assert found["differs"][0]["pairs"] == 2


def test_arms_drawn_from_different_draws_fail():
    table = members()
    swapped = table.with_columns(
        draw=pl.when(pl.col("arm") == "policy").then(1 - pl.col("draw")).otherwise("draw")
    )
    found = negative_controls(swapped, events(), fork=3)
    assert [each["control"] for each in found["differs"]] == ["trait rate"] and found["differs"][0][
        "pairs"
    ] == 4


def test_a_member_whom_one_arm_lacks_at_the_start_fails_and_a_later_one_is_not_asked():
    gone = members().filter(~where(arm="policy", member=1, draw=0, seed=0))
    found = negative_controls(gone, events(), fork=0)
    assert [each["control"] for each in found["differs"]] == ["who is there at the start"]
    late = members().filter(~where(arm="policy", member=3))
    assert negative_controls(late, events(), fork=3)["passed"]
    assert not negative_controls(late, events(), fork=6)["passed"]


def test_runs_without_their_twin_are_not_compared():
    found = negative_controls(members().filter(~where(arm="policy", draw=1, seed=1)), events(), fork=3)
    assert found["passed"] and found["pairs"] == 3
    alone = negative_controls(members().filter(pl.col("arm") != "policy"), events(), fork=3)
    assert not alone["passed"] and "nothing could be compared" in alone["reason"]


def test_any_column_that_is_no_summary_of_the_run_is_a_trait_unless_the_traits_are_declared():
    for name, passes in (("temper", False), ("active_steps", True), ("harvested", False)):
        table = members().with_columns(pl.when(pl.col("arm") == "policy").then(2).otherwise(1).alias(name))
        assert negative_controls(table, events(), fork=3)["passed"] is passes
        assert negative_controls(table, events(), fork=3, traits=["persona", "rate"])["passed"]
