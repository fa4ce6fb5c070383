"""The tone law of learned members: terms counted by hand, and tones of replies that follow it and move with notices alone."""

import numpy as np
import pytest

from tests.learned_law import forward, learned
from windtunnel.agents.minds.learned import SAYS, LearnedMind
from windtunnel.agents.situation import Situations
from windtunnel.sim.communities.forum.build import Builder
from windtunnel.sim.communities.forum.learned.law import TERMS as PARTS
from windtunnel.sim.communities.forum.learned.law import drawn_law, law_of
from windtunnel.sim.communities.forum.learned.tones import TERMS, ToneLaw, ToneMemory

COMMON = (0.1, 0.05)


def odds(hot: float, posts: float, share: float) -> float:
    pooled = (hot + 5 * share) / (posts + 5)
    return float(np.log(pooled / (1 - pooled)) - np.log(share / (1 - share)))


def test_terms_are_those_counted_by_hand():
    """Ann opens, Bob answers her with hostility, she answers him with heat; he is about to answer that."""
    memory = ToneMemory(COMMON)
    ann, bob = 7, 8
    memory.note(ann, 0, 0, -1, 0)
    memory.note(bob, 0, 1, 0, 2)
    memory.note(ann, 0, 2, 1, 1)
    found = dict(zip(TERMS, memory.terms(bob, 0, 2, 2, 2, answers_me=True, own=False), strict=True))
    assert found["parent_heated"] == 1 and found["parent_hostile"] == 0
    assert found["above_heated"] == 0.5 and found["above_hostile"] == 0.25
    assert found["thread_heated"] == pytest.approx(odds(1, 3, 0.1))
    assert found["author_hostile"] == found["here_hostile"] == pytest.approx(odds(1, 1, 0.05))
    assert found["last_hostile"] == 1 and found["late_hostile"] == pytest.approx(odds(1, 3, 0.05))
    assert found["answers_me"] == 1 and found["new"] == 0 and found["root"] == 0
    copied = memory.copied()
    copied.note(bob, 0, 3, 2, 2)
    assert dict(zip(TERMS, memory.terms(bob, 0, 2, 2, 2, answers_me=True, own=False), strict=True)) == found


def test_replies_have_the_tones_of_the_law_and_notices_move_them_as_they_move_the_rules(tiny_experiment):
    law = ToneLaw(common=COMMON, intercept=(-2.0, -3.0), heated=(0.0,) * 20, hostile=(0.0,) * 20, replies=1)
    told = learned(forward=forward() | {"tone": law.model_dump(mode="json")})
    kind = Builder({**tiny_experiment().community, "learned": told})
    scene = kind.scenes({"reminder"})[0]
    rules = kind.rules(scene)
    mind = LearnedMind(scene, rules, {})
    names, actions = [one.name for one in scene.features], list(scene.actions.names)
    features = np.zeros((2, len(names)))
    features[:, names.index("opens")] = -30.0
    features[:, [names.index(name) for name in SAYS]] = [-2.0, -3.0]
    features[1, names.index("reminder")] = 1.0
    asked = Situations(scene, features, np.ones((2, len(actions)), bool), np.zeros(2, int), np.arange(2))
    rows = mind.decide([asked])[0]
    replies = [actions.index(f"reply_{tone}") for tone in ("civil", "heated", "hostile")]
    assert rows[0, replies[1]] - rows[0, replies[0]] == pytest.approx(-2.0)
    assert rows[0, replies[2]] - rows[0, replies[0]] == pytest.approx(-3.0)
    by_rules = rules.decide([asked])[0]
    moved = (by_rules[1] - by_rules[0])[replies]
    found = (rows[1] - rows[0])[replies]
    assert found - found[0] == pytest.approx(moved - moved[0])


def test_coefficients_are_drawn_from_the_law_of_their_fit():
    """Means and covariances of many draws are those that were stored; twins of one draw have the same."""
    spread = [[0.3], [-0.2, 0.1], [0.0, 0.0, 0.1], [0.0, 0.0, 0.0, 0.1], [0.0, 0.0, 0.0, 0.0, 0.1]]
    content = forward()
    for name in PARTS:
        content[name] |= {"error": [0.0] * len(PARTS[name])}
    content["opens"] |= {"spread": spread, "error": [0.3, 0.22, 0.1, 0.1, 0.1]}
    law = law_of(content)
    drawn = np.array([drawn_law(law, key).opens.value for key in range(4000)])
    factor = np.zeros((5, 5))
    for at, row in enumerate(spread):
        factor[at, : at + 1] = row
    assert drawn.mean(axis=0) == pytest.approx(np.array(law.opens.value), abs=0.02)
    assert np.cov(drawn.T) == pytest.approx(factor @ factor.T, abs=0.01)
    assert drawn_law(law, 3) == drawn_law(law, 3) != drawn_law(law, 4)
    assert drawn_law(law, 3).comes.value == law.comes.value, "what was fitted without error stays"
    with pytest.raises(ValueError, match="fit it again"):
        drawn_law(law_of(forward()), 1)
