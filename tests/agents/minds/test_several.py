"""Questions with more options than letters, minds of several phases, and strategies that are exact."""

import numpy as np
import pytest

from windtunnel.agents.actions import Action, Vocabulary
from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.minds.llm import LLMMind
from windtunnel.agents.minds.rules import RulesMind, StrategyMind
from windtunnel.agents.minds.several import PhasedMind, StagedMind, stretches
from windtunnel.agents.situation import Feature, Persona, Scene, Situations

FEATURES = (Feature("stock", (50.0,), ("Little is left.", "Much is left."), 0, "{value:.0f} tons are left."),)
PEOPLE = (Persona("plain", 1.0, "This is a plain member."),)


def scene(count: int, phase: str = "give") -> Scene:
    actions = Vocabulary(Action(f"give_{n}", f"gives {n} per cent", "give", n) for n in range(count))
    return Scene("game", actions, FEATURES, PEOPLE, "A game.", f"How much in {phase}?", phase)


def batch(where: Scene, options: np.ndarray) -> Situations:
    n = len(options)
    return Situations(where, np.linspace(0, 100, n)[:, None], options, np.zeros(n, int), np.arange(n))


@pytest.mark.parametrize("count", [27, 30, 101, 676])
def test_stretches_hold_each_option_once_and_need_no_more_letters_than_there_are(count):
    parts = stretches(count)
    assert [column for part in parts for column in part] == list(range(count))
    assert len(parts) <= 26 and max(map(len, parts)) <= 26


def test_more_options_than_two_questions_can_tell_apart_are_refused():
    with pytest.raises(ValueError, match="677 options are on offer; two questions can tell 676 apart"):
        stretches(677)


@pytest.mark.parametrize("prompt", ["archetype", "member"])
def test_two_stages_give_one_row_over_all_options(prompt):
    where, model = scene(101), FakeModel()
    options = np.ones((4, 101), bool)
    options[1, 40:] = False
    options[2, :] = False
    options[2, [5, 77]] = True
    options[3, :] = False
    options[3, [5, 6]] = True
    mind = StagedMind(where, lambda one, alpha: LLMMind(model, one, prompt=prompt, alpha=alpha), None)
    (rows,) = mind.decide([batch(where, options)])
    assert (np.isneginf(rows) == ~options).all()
    assert np.exp(rows).sum(axis=1) == pytest.approx(1)
    assert mind.record()["unique"] > 10 and len(mind.minds) == 11


def test_by_archetype_each_kind_of_situation_is_put_once_and_counted_for_all_who_are_in_it():
    where = scene(40)
    options = np.ones((60, 40), bool)
    options[::7, 20:] = False
    many = batch(where, options)
    models = [FakeModel(), FakeModel()]
    mind, plain = (
        StagedMind(where, lambda one, alpha, model=model: LLMMind(model, one, alpha=alpha), None)
        for model in models
    )
    (rows,) = mind.decide([many])
    assert np.array_equal(rows, plain._decided([many])[0])
    assert mind.record()["unique"] == plain.record()["unique"]
    assert mind.record()["questions"] == plain.record()["questions"] > 60
    assert mind.decide([batch(where, np.ones((0, 40), bool))])[0].shape == (0, 40)


def test_base_rates_hold_through_both_stages():
    where = scene(60)
    rates = np.arange(1.0, 61) / np.arange(1.0, 61).sum()
    alpha = np.log(rates)
    mind = StagedMind(where, lambda one, a: LLMMind(FakeModel(), one, alpha=a, beta=0.0), alpha.tolist())
    (rows,) = mind.decide([batch(where, np.ones((2, 60), bool))])
    assert np.exp(rows[0]) == pytest.approx(rates)


def test_where_in_a_stretch_that_hardly_ever_occurs_is_not_asked():
    where, model = scene(60), FakeModel()
    alpha = np.where(np.arange(60) < 20, -0.1 * np.arange(60), -30.0 - np.arange(60))
    options = np.ones((3, 60), bool)
    options[1, 50:] = False
    options[2, :20] = False
    mind = StagedMind(where, lambda one, a: LLMMind(model, one, alpha=a), alpha.tolist())
    (rows,) = mind.decide([batch(where, options)])
    assert (np.isneginf(rows) == ~options).all() and np.exp(rows).sum(axis=1) == pytest.approx(1)
    last = mind.stretches[-1]
    assert np.diff(rows[0, last]) == pytest.approx(-1) and mind.minds[-1].record()["unique"] == 0
    assert mind.minds[1].record()["unique"] > 0
    assert mind.record()["questions"] == 3 + (3 + 3 + 1)  # first stage, then the stretches that are not rare


def test_each_phase_has_its_own_mind():
    scenes = [scene(3, "give"), scene(2, "vote")]
    minds = {
        one.phase: RulesMind(one, np.zeros(len(one.actions)), np.zeros((1, len(one.actions))))
        for one in scenes
    }
    mind = PhasedMind(minds)
    batches = [batch(scenes[number], np.ones((2, width), bool)) for number, width in ((1, 2), (0, 3), (1, 2))]
    assert [rows.shape for rows in mind.decide(batches)] == [(2, 2), (2, 3), (2, 2)]
    assert mind.record()["decisions"] == 6
    with pytest.raises(ValueError, match="no mind was made for the phase 'fine'"):
        mind.decide([batch(scene(2, "fine"), np.ones((1, 2), bool))])


def test_a_strategy_is_exact_and_leaves_out_what_is_not_on_offer():
    where = scene(3)

    def takes_all(asked: Situations) -> np.ndarray:
        odds = np.full(asked.options.shape, -np.inf)
        odds[:, 2] = 0
        return odds

    options = np.array([[True, True, True], [True, True, False]])
    (rows,) = StrategyMind(where, takes_all).decide([batch(where, options)])
    assert rows.tolist() == [[-np.inf, -np.inf, 0.0], [np.log(0.5), np.log(0.5), -np.inf]]
    (nobody,) = StrategyMind(where, takes_all).decide([batch(where, np.ones((0, 3), bool))])
    assert nobody.shape == (0, 3)
    with pytest.raises(ValueError, match=r"a strategy gave \(2, 2\) log-odds"):
        StrategyMind(where, lambda asked: np.zeros((2, 2))).decide([batch(where, options)])


def test_a_strategy_is_asked_for_several_worlds_at_once_and_says_the_same_of_each():
    where, asked_of = scene(3), []

    def by_stock(asked: Situations) -> np.ndarray:
        asked_of.append(len(asked))
        assert [asked.describe(row)[0].text for row in range(len(asked))] == [
            f"{value:.0f} tons are left." for value in asked.features[:, 0]
        ]
        return np.outer(asked.features[:, 0], [0.0, 0.01, 0.02])

    worlds = [batch(where, np.ones((count, 3), bool)) for count in (2, 0, 3)]
    for place, world in enumerate(worlds):
        world.features[:] = 10.0 * place + np.arange(len(world))[:, None]
    together = StrategyMind(where, by_stock).decide(worlds)
    alone = [StrategyMind(where, by_stock).decide([world])[0] for world in worlds]
    assert asked_of[0] == 5 and asked_of[1:] == [2, 0, 3]
    assert all(np.array_equal(one, two) for one, two in zip(together, alone, strict=True))
    asked_of.clear()
    StrategyMind(where, by_stock).decide([batch(where, np.ones((30_000, 3), bool))] * 2)
    assert asked_of == [30_000, 30_000]


def test_a_strategy_of_traits_is_asked_once_for_the_same_members():
    where, asked_of = scene(3), []

    def by_stock(asked: Situations) -> np.ndarray:
        asked_of.append(len(asked))
        return np.outer(asked.features[:, 0], [0.0, 0.01, 0.02])

    everything, part = np.ones((4, 3), bool), np.ones((4, 3), bool)
    part[0, 2] = False
    mind = StrategyMind(where, by_stock, ("stock",))
    one, two, three, other = mind.decide(
        [batch(where, everything), batch(where, everything), batch(where, part), batch(where, everything[:3])]
    )
    assert asked_of == [4, 4, 3] and two is one and not one.flags.writeable
    plain = StrategyMind(where, by_stock)
    for rows, options in ((one, everything), (three, part), (other, everything[:3])):
        assert np.array_equal(rows, plain.decide([batch(where, options)])[0])


def test_without_lines_of_its_own_a_decision_is_told_by_its_bins_and_its_persona():
    asked = batch(scene(3), np.ones((2, 3), bool))
    assert [line.text for line in asked.describe(1)] == ["100 tons are left.", "This is a plain member."]
    bare = scene(3)._replace(features=(FEATURES[0]._replace(telling=""),))
    assert [line.text for line in batch(bare, np.ones((1, 3), bool)).describe(0)][0] == "Little is left."
