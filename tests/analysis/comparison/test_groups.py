"""Groups: means of the members who were active, changes paired by member, and how evenly a gain is shared."""

import polars as pl
import pytest

from windtunnel.analysis.comparison.groups import gini, group_means, member_changes, shared_out

PAIRS = pl.DataFrame({"draw": [0], "seed": [0]})


def members():
    """Two newcomers and two regulars; member 4 is active in the policy arm alone."""
    rows = [
        ("baseline", 1, "newcomer", "ordinary", 6, None),
        ("baseline", 2, "newcomer", "quarrelsome", 2, 3),
        ("baseline", 3, "regular", "ordinary", 4, None),
        ("policy", 1, "newcomer", "ordinary", 1, None),
        ("policy", 2, "newcomer", "quarrelsome", 5, None),
        ("policy", 3, "regular", "ordinary", 2, 5),
        ("policy", 4, "regular", "ordinary", 6, 5),
    ]
    frame = pl.DataFrame(
        rows, schema=["arm", "member", "group", "persona", "saw_hostile", "left"], orient="row"
    )
    return frame.with_columns(draw=pl.lit(0), seed=pl.lit(0)).lazy()


def test_means_are_over_the_members_of_each_arm():
    found = group_means(members(), PAIRS)
    rows = {(row["kind"], row["group"], row["measure"]): row for row in found.rows(named=True)}
    new = rows["group", "newcomer", "hostile_exposures"]
    assert (new["members"], new["baseline"], new["policy"]) == (2, 4, 3)
    assert rows["group", "regular", "hostile_exposures"]["policy"] == 4
    assert rows["group", "regular", "left"]["policy"] == 1
    assert rows["group", "newcomer", "left"]["baseline"] == 0.5
    assert rows["persona", "quarrelsome", "hostile_exposures"]["policy"] == 5


def test_a_pair_that_is_not_counted_is_not_in_the_means():
    assert group_means(members(), PAIRS.with_columns(seed=1)).is_empty()


def test_changes_are_of_members_whom_both_arms_have():
    found = member_changes(members(), PAIRS).sort("cell")
    assert found.rows() == [
        ("newcomer, ordinary", 5.0),
        ("newcomer, quarrelsome", -3.0),
        ("regular, ordinary", 2.0),
    ]
    shared = shared_out(found)
    assert (shared["members"], shared["better"], shared["worse"]) == (3, 2, 1)
    assert shared["gini_members"] == pytest.approx(gini([5, 0, 2]))


def test_gini_by_the_mean_difference():
    """Second method: the mean absolute difference of all ordered pairs over twice the mean."""
    values = [1, 2, 2, 7, 0]
    mean = sum(values) / len(values)
    spread = sum(abs(a - b) for a in values for b in values) / len(values) ** 2
    assert gini(values) == pytest.approx(spread / (2 * mean))


def test_gini_weights_count_members():
    assert gini([1, 4], [3, 1]) == pytest.approx(gini([1, 1, 1, 4]))
    assert gini([0, 0]) is None
