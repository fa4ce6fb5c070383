import networkx as nx
import numpy as np
import pytest

from windtunnel.sim.network import ARRAY_SIZE, follows


@pytest.mark.parametrize("size", [5, 60, ARRAY_SIZE + 1])
def test_members_notice_earlier_members_only_and_never_themselves(size):
    graph = follows(7, size, 3)
    assert graph.shape == (size, 3) and graph.min() >= -1
    assert (graph < np.maximum(np.arange(size), 1)[:, None]).all()
    assert not (graph == np.arange(size)[:, None]).any()


@pytest.mark.parametrize(("few", "many"), [(60, 61), (ARRAY_SIZE + 1, ARRAY_SIZE + 50)])
def test_one_member_more_changes_nobody_elses_row(few, many):
    assert np.array_equal(follows(7, few, 3), follows(7, many, 3)[:few])


def test_a_key_gives_one_network_and_another_key_another():
    assert np.array_equal(follows(7, 60, 3), follows(7, 60, 3))
    assert not np.array_equal(follows(7, 60, 3), follows(8, 60, 3))


def test_a_small_network_is_networkxs_own():
    ours = {(int(a), int(b)) for a, row in enumerate(follows(7, 60, 3)) for b in row if b >= 0}
    theirs = {(max(edge), min(edge)) for edge in nx.barabasi_albert_graph(60, 3, seed=7).edges()}
    assert ours == theirs


def test_both_ways_to_draw_it_give_the_same_heavy_tail():
    """The share of notice that the most noticed hundredth get: preferential attachment gives about a tenth."""
    tops = []
    for size in (ARRAY_SIZE, ARRAY_SIZE + 1):
        noticed = np.bincount(follows(7, size, 3)[3:].ravel().clip(0), minlength=size)
        tops.append(np.sort(noticed)[-size // 100 :].sum() / noticed.sum())
    assert tops[0] == pytest.approx(tops[1], abs=0.05) and min(tops) > 0.05


def test_nobody_notices_anybody_in_a_community_too_small():
    assert (follows(7, 3, 3) == -1).all() and follows(7, 10, 0).shape == (10, 0)
