"""What brings members of a record: lots inferred agree with the known ones, and twins share the lot of a cause that both have."""

import numpy as np
import pytest
from scipy.stats import kstest

from windtunnel.sim import noise
from windtunnel.sim.communities.forum.learned.arrivals import (
    NOT_TOUCHED,
    OTHER,
    STAYS,
    Causes,
    first,
    lots,
    lots_given,
    race,
)

OWES, ELSE = np.array([0.7, 0.2]), np.array([0.4])
IDS = np.array([11])
KEYS = np.array([noise.key("lucks", number) for number in range(4000)], np.uint64)


def causes(owes=OWES, posts=(5, 6), touched=NOT_TOUCHED, other=ELSE):
    """One member with some debts."""
    debts = np.arange(len(posts))
    address = noise.pair(np.full(len(posts), IDS[0]), np.array(posts))
    return Causes(debts, np.zeros(len(posts), np.int64), address, np.array(owes), other, np.array([touched]))


def drawn(of, keys=KEYS, tick=3):
    """Lots (n, 1 + debts), that of anything else first, and what the member comes for (n,), under each key."""
    found = [lots(int(key), tick, IDS, of) for key in keys]
    each = np.array([[other[0], *owed] for owed, other in found])
    return each, np.array([first(of, owed, other)[0] for owed, other in found])


def raced(cause, recorded, keys, tick=3):
    return [{0: one} for one in race(keys, tick, IDS, recorded, 0, cause)]


def given(cause, recorded, of, keys, tick=3):
    """The lots (n, 1 + debts) that a world with the causes `of` has where the record says what its own brought about."""
    known = [{}] * len(keys) if cause == STAYS else raced(cause, recorded, keys, tick)
    out = []
    for key, one in zip(keys, known, strict=True):
        owed, other = lots_given(*lots(int(key), tick, IDS, of), of, recorded, one)
        out.append([other[0], *owed])
    return np.array(out)


def test_members_come_as_often_as_expected_and_for_each_cause_by_its_rate():
    _, what = drawn(causes())
    total = OWES.sum() + ELSE.sum()
    for cause, rate in ((OTHER, ELSE[0]), (0, OWES[0]), (1, OWES[1])):
        share = (1 - np.exp(-total)) * rate / total
        assert abs((what == cause).mean() - share) < 4 * np.sqrt(share / len(KEYS))


@pytest.mark.parametrize("cause", [OTHER, 0, 1, STAYS])
def test_lots_inferred_are_those_that_were_and_bring_the_same_about(cause):
    """Of many lucks those under which the record would be as it is have lots of the law that is inferred from the record."""
    record = causes()
    each, what = drawn(record)
    found = given(cause, record, record, KEYS[:2000] + np.uint64(1))
    again = [first(record, one[1:].copy(), one[:1].copy())[0] for one in found]
    assert set(again) == {cause}
    for known, inferred in zip(each[what == cause].T, found.T, strict=True):
        assert kstest(known, inferred).pvalue > 0.001


def test_who_paid_a_debt_comes_for_another_one_no_likelier_than_anybody():
    """In the other world the post that was answered is not there, and another one is: its lot is new."""
    record, other = causes(owes=[0.7], posts=[5]), causes(owes=[0.7], posts=[9])
    for cause in (0, STAYS):
        found = given(cause, record, other, KEYS)
        share = (found[:, 1] < 0.7).mean()
        assert abs(share - (1 - np.exp(-0.7))) < 4 * np.sqrt(0.25 / len(KEYS))
    same = given(0, record, record, KEYS)
    assert (same[:, 1] < 0.7).all(), "of the same debt it is the record's"


def test_who_is_touched_has_new_lots_and_a_likelier_cause_keeps_its_lot():
    record = causes(owes=[0.5], posts=[5])
    touched = given(0, record, causes(owes=[0.5], posts=[5], touched=2), KEYS)
    assert abs((touched[:, 1] < 0.5).mean() - (1 - np.exp(-0.5))) < 4 * np.sqrt(0.25 / len(KEYS))
    more = given(STAYS, record, causes(owes=[0.8], posts=[5]), KEYS)
    share = 1 - np.exp(-0.3)
    assert abs((more[:, 1] < 0.8).mean() - share) < 4 * np.sqrt(share / len(KEYS))
