import numpy as np
import pytest

from windtunnel.sim import noise
from windtunnel.sim.communities.forum.traits import ARRIVAL, ForumMembers, activity, arrivals
from windtunnel.sim.experiment import Unit
from windtunnel.sim.members import NEVER
from windtunnel.sim.noise_key import NoiseKey
from windtunnel.sim.run import make_world


def five() -> ForumMembers:
    zeros = np.zeros(5, np.int32)
    joined = np.array([0, 0, 0, 2, 5], np.int32)
    return ForumMembers(
        id=np.arange(5),
        joined=joined,
        rate=np.ones(5),
        persona=zeros,
        newcomer_until=np.array([0, 3, 0, 6, 9]),
        departs=np.full(5, NEVER),
        traits={"temper": np.ones(5)},
    )


def test_present_means_come_not_left_and_not_kept_away():
    members = five()
    members.left[0], members.away_until[1] = 2, 3
    assert members.present(1).tolist() == [True, False, True, False, False]
    assert members.present(2).tolist() == [False, False, True, True, False]
    assert members.present(5).tolist() == [False, True, True, True, True]


def test_activity_is_noted_with_its_first_and_last_step():
    members = five()
    members.note_active(np.array([1, 2]), 3)
    members.note_active(np.array([2]), 4)
    members.left[[2, 3]] = 6, 7
    frame = members.frame(1, 2, "policy", ("ordinary",), until=6)
    assert frame["active_steps"].to_list() == [0, 1, 2, 0, 0]
    assert frame["first_active"].to_list() == [None, 3, 3, None, None]
    assert frame["last_active"].to_list() == [None, 3, 4, None, None]
    assert frame["left"].to_list() == [None, None, 6, None, None], "what happens after the run is not told"
    assert frame["group"].to_list() == ["regular", "newcomer", "regular", "newcomer", "newcomer"]


def test_arrivals_have_ids_of_their_own_in_every_step():
    ids, joined = arrivals(NoiseKey(7), 200, 0.2, 30)
    assert len(np.unique(ids)) == len(ids) and ids.min() >= ARRIVAL
    assert ((ids // ARRIVAL - 1) == joined).all() and joined.min() >= 1 and joined.max() <= 29
    assert len(ids) == pytest.approx(200 * 29 * 0.2, abs=5 * np.sqrt(200 * 29 * 0.2 * 0.8))


def test_a_longer_run_or_a_larger_community_keeps_the_arrivals_it_had():
    ids, _ = arrivals(NoiseKey(7), 50, 0.1, 12)
    longer, joined = arrivals(NoiseKey(7), 50, 0.1, 24)
    larger, _ = arrivals(NoiseKey(7), 51, 0.1, 12)
    assert np.array_equal(longer[joined < 12], ids)
    assert np.array_equal(larger[larger % ARRIVAL != 50], ids)


def test_no_arrivals_without_a_rate():
    assert len(arrivals(NoiseKey(7), 50, 0.0, 12)[0]) == 0


def test_the_drawn_community_has_the_profiles_rate_and_shares(tiny_experiment):
    members = make_world(tiny_experiment(size=20_000), Unit(0, 0, "baseline")).community.members
    founders = members.joined == 0
    rate = members.rate[founders]
    mean, shape = 8.0 / 24 / 0.4, 0.9
    assert rate.mean() == pytest.approx(mean, abs=5 * mean / np.sqrt(shape * len(rate)))
    assert rate.var() == pytest.approx(mean**2 / shape, rel=0.1)
    assert (members.newcomer_until[founders] > 0).mean() == pytest.approx(0.3, abs=0.02)
    share = np.bincount(members.persona, minlength=4) / len(members)
    assert share == pytest.approx([0, 0.6, 0.15, 0.25], abs=0.02)


def test_a_draw_decides_the_people_and_a_seed_only_when_they_come(tiny_experiment):
    experiment = tiny_experiment(draws=2, seeds=2)
    here, again, elsewhere = (
        make_world(experiment, Unit(*unit, "baseline")).community for unit in ((0, 0), (0, 1), (1, 0))
    )
    assert np.array_equal(here.members.rate[:30], again.members.rate[:30])
    assert np.array_equal(here.follows, again.follows)
    assert not np.array_equal(here.members.id, again.members.id)
    assert not np.array_equal(here.members.rate[:30], elsewhere.members.rate[:30])


def test_activity_follows_the_gamma_law_of_the_profile(tiny_experiment):
    from scipy.stats import gamma, kstest

    profile = tiny_experiment().builder().profile
    drawn = activity(profile, noise.uniform(1, "rate", 0, np.arange(50_000)))
    assert kstest(drawn, gamma(a=0.9, scale=8.0 / 24 / 0.4 / 0.9).cdf).pvalue > 1e-4
