import numpy as np

from windtunnel.sim.communities.forum.posts import HOSTILE
from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world

SURE = {"detection": 1.0, "heated": 0.0, "false_positive": 0.0}


def shown(tiny_experiment, penalty: float, arm: str = "policy") -> tuple[np.ndarray, np.ndarray]:
    """Tones of the shared feed in the twelfth step, and of the items that members attend to."""
    experiment = tiny_experiment([("downrank_hostile", SURE | {"penalty": penalty})], size=60)
    world = make_world(experiment, Unit(0, 0, arm))
    lock_step([world], make_mind(experiment), 11)
    world.begin_step()
    world.ask()
    posts, view = world.community.posts, world._view
    written = posts.step > 0  # the scene's own threads are spared
    common = view.seen.common
    focus = view.focus[view.focus >= 0]
    return posts.tone[common][written[common]], posts.tone[focus][written[focus]]


def test_a_heavy_penalty_empties_the_shared_feed_of_what_is_caught(tiny_experiment):
    before, after = (shown(tiny_experiment, 50.0, arm)[0] for arm in ("baseline", "policy"))
    assert (before == HOSTILE).any() and not (after == HOSTILE).any()


def test_no_penalty_changes_nothing(tiny_experiment):
    before, after = (shown(tiny_experiment, 0.0, arm) for arm in ("baseline", "policy"))
    assert all(np.array_equal(one, two) for one, two in zip(before, after, strict=True))


def test_each_new_post_is_looked_at_once(tiny_experiment, tiny_world):
    world = tiny_world(tiny_experiment([("downrank_hostile", SURE)], size=60))
    caught, posts = world.policies[0]._caught, world.community.posts
    assert len(np.unique(caught)) == len(caught) > 5 and (posts.tone[caught] == HOSTILE).all()
    hostile = np.flatnonzero((posts.tone == HOSTILE) & (posts.step < 11))
    assert set(caught) == set(hostile)
