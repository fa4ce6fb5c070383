import numpy as np
import pytest

from windtunnel.agents.actions import Action, Vocabulary
from windtunnel.agents.minds.rules import _BLOCK, RulesMind, centred, normalise, weight_table
from windtunnel.agents.situation import Feature, Persona, Scene, Situations

SCENE = Scene(
    community="square",
    actions=Vocabulary([Action(name, name) for name in ("lurk", "reply", "shout")]),
    features=(Feature("heat", (1.0,), ("calm", "hot")), Feature("temper", (), ("",))),
    personas=(Persona("anyone", 1.0, ""),),
    setting="",
    question="",
)
ALPHA = np.log([0.7, 0.2, 0.1])
WEIGHTS = np.array([[0.0, 0.5, 1.0], [0.0, 0.0, 2.0]])


def situations(features, options=None) -> Situations:
    features = np.asarray(features, float)
    count = len(features)
    options = np.ones((count, 3), bool) if options is None else np.asarray(options, bool)
    return Situations(SCENE, features, options, np.zeros(count, int), np.arange(count))


def test_a_logit_worked_by_hand():
    """Odds .7 : .2·e^.5 : .1·e^(1+2) against lurking, for one unit of heat and of temper."""
    (rows,) = RulesMind(SCENE, ALPHA, WEIGHTS).decide([situations([[1, 1]])])
    odds = np.array([0.7, 0.2 * np.exp(0.5), 0.1 * np.exp(3)])
    assert np.exp(rows[0]) == pytest.approx(odds / odds.sum())


def test_in_the_zero_situation_it_gives_the_base_rates():
    (rows,) = RulesMind(SCENE, ALPHA, WEIGHTS).decide([situations([[0, 0]])])
    assert np.exp(rows[0]) == pytest.approx([0.7, 0.2, 0.1])


def test_what_is_not_on_offer_gets_nothing_and_the_others_keep_their_odds():
    (rows,) = RulesMind(SCENE, ALPHA, WEIGHTS).decide([situations([[0, 0]], [[True, False, True]])])
    assert np.exp(rows[0]) == pytest.approx([7 / 8, 0, 1 / 8]) and np.isneginf(rows[0, 1])


def test_a_row_does_not_depend_on_its_batch():
    features = np.random.default_rng(1).normal(size=(2 * _BLOCK + 5, 2))
    mind = RulesMind(SCENE, ALPHA, WEIGHTS)
    whole, *parts = mind.decide([situations(features), situations(features[:3]), situations(features[-1:])])
    assert np.allclose(whole[:3], parts[0], rtol=0, atol=1e-14)
    assert np.allclose(whole[-1:], parts[1], rtol=0, atol=1e-14)
    assert np.exp(whole).sum(axis=1) == pytest.approx(1)
    assert mind.record()["decisions"] == len(features) + 4


def test_normalised_rows_sum_to_one_however_far_apart_the_scores():
    rows = normalise(np.array([[0.0, -np.inf, 800.0], [-900.0, -901.0, -np.inf], [3.0, 3.0, 3.0]]))
    assert np.exp(rows).sum(axis=1) == pytest.approx(1)
    assert np.isneginf(rows[0, 1]) and rows[1, 0] - rows[1, 1] == pytest.approx(1)
    assert rows[2] == pytest.approx(np.log(1 / 3))


def test_a_table_becomes_an_array_and_takes_the_profiles_numbers():
    table = {"heat": {"reply": [0.5, "chosen"], "shout": [1, "x"]}, "temper": {"shout": ["profile", "y"]}}
    assert weight_table(SCENE, table, {"temper": 2.0}).tolist() == WEIGHTS.tolist()


@pytest.mark.parametrize("table", [{"hea": {"reply": [1, ""]}}, {"heat": {"repl": [1, ""]}}])
def test_a_coefficient_of_nothing_is_refused(table):
    with pytest.raises(
        ValueError, match=r"coefficient .*: this community has features .*heat.* and actions .*reply"
    ):
        weight_table(SCENE, table, {})


def test_tables_of_the_wrong_shape_are_refused():
    with pytest.raises(ValueError, match="this scene needs"):
        RulesMind(SCENE, ALPHA, WEIGHTS.T)


def test_centring_brings_the_averages_near_the_base_rates():
    features = np.array([[0.3, -0.5], [0.6, 0.0], [0.6, 0.6], [0.0, 0.0]])
    share = np.array([0.2, 0.3, 0.1, 0.4])

    def average(alpha):
        (rows,) = RulesMind(SCENE, alpha, WEIGHTS).decide([situations(features)])
        return share @ np.exp(rows)

    plain, corrected = average(ALPHA), average(centred(ALPHA, WEIGHTS, features, share))
    assert np.abs(corrected - np.exp(ALPHA)).max() < 0.02 < np.abs(plain - np.exp(ALPHA)).max()
    assert np.exp(centred(ALPHA, WEIGHTS, features, share)).sum() == pytest.approx(1)
