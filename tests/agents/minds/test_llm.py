"""The mind: what it shares, how it is calibrated, how it fails, and what it leaves for the manifest."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from windtunnel.agents.actions import Action, Vocabulary
from windtunnel.agents.llm.costs.counts import Counts
from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.llm.opening import open_model, serving
from windtunnel.agents.llm.request import Answer
from windtunnel.agents.llm.settings import LLMSettings
from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.minds.codes import Codes, count_questions
from windtunnel.agents.minds.llm import LLMMind, flip_share
from windtunnel.agents.situation import Feature, Persona, Scene, Situations

ALL, FEW = (0, 1, 2, 3), (0, 2)
ACTIONS = Vocabulary(Action(name, name) for name in "abcd")


class Asked(FakeModel):
    """A fake that remembers each call, likes the letter A for no reason, and may not answer some words."""

    def __init__(self, silent: str = "\0") -> None:
        super().__init__()
        self.calls, self.silent = [], silent

    def ask(self, requests):
        self.calls.append(list(requests))
        return [
            Unanswered("ask", "silence") if self.silent in request.user else self.say(request)
            for request in requests
        ]

    def say(self, request):
        """An insult on show adds 1 to the log-odds of insulting; the letter A has a bonus of 2."""
        values = []
        for line in request.user.splitlines():
            if line[1:3] == ") ":
                rude = "insult" in line and "The post is insulting." in request.user
                values.append(2.0 * (line[0] == "A") + 0.3 * len(values) + rude - 9.0)
        return Answer(tuple(values), 10, 1)


def test_every_row_is_a_distribution_over_the_options_on_offer(scene, batch):
    (rows,) = LLMMind(FakeModel(), scene).decide([batch((0, 0, 0, ALL), (1, 2, 1, FEW))])
    assert np.allclose(np.exp(rows).sum(axis=1), 1)
    assert (
        np.isneginf(rows[1, [1, 3]]).all()
        and np.isfinite(rows[1, [0, 2]]).all()
        and np.isfinite(rows[0]).all()
    )


def test_equal_situations_are_one_question_across_members_worlds_and_steps(scene, batch):
    model = Asked()
    mind = LLMMind(model, scene)
    rows = [(0, 0.0, 0.0, ALL), (0, 0.2, 0.4, ALL), (1, 0.0, 0.0, ALL)]
    first, second = mind.decide([batch(*rows), batch(*rows[::-1], first=50)])
    assert [len(call) for call in model.calls] == [2]
    assert np.array_equal(first, second[::-1]) and np.array_equal(first[0], first[1])
    mind.decide([batch(*rows, (1, 2.0, 0.0, ALL))])
    assert [len(call) for call in model.calls] == [2, 1]
    record = mind.record()
    assert (record["questions"], record["unique"]) == (10, 3)


def test_member_questions_differ_from_member_to_member(scene, batch):
    model = Asked()
    (rows,) = LLMMind(model, scene, prompt="member").decide([batch((0, 0, 0, ALL), (0, 0, 0, ALL), first=7)])
    assert len(model.calls[0]) == 2 and rows.shape == (2, 4)
    assert "This is member 8." in model.calls[0][1].user


def test_empty_batches_and_no_batches_ask_nothing(scene, batch):
    for prompt in ("archetype", "member"):
        model = Asked()
        mind = LLMMind(model, scene, prompt=prompt, alpha=[0, 0, 0, 0])
        assert mind.decide([]) == [] and mind.decide([batch()])[0].shape == (0, 4)
        assert model.calls == []


def test_base_rates_come_from_alpha_and_the_situation_shifts_them(scene, batch):
    rates = np.log([0.7, 0.2, 0.05, 0.05])
    neutral, insulted = batch((1, 0, 0, ALL)), batch((1, 2, 0, ALL))
    mind = LLMMind(Asked(), scene, alpha=rates.tolist(), beta=0.5)
    calm, hot = (rows[0] for rows in mind.decide([neutral, insulted]))
    assert np.allclose(np.exp(calm), [0.7, 0.2, 0.05, 0.05])
    odds = (hot - calm)[2] - (hot - calm)[[0, 1, 3]]
    assert np.allclose(odds, 0.5)  # beta times the shift that the situation made, letters' biases gone


def test_alpha_is_renormalised_where_only_some_options_are_on_offer(scene, batch):
    mind = LLMMind(Asked(), scene, alpha=np.log([0.7, 0.2, 0.05, 0.05]).tolist())
    (rows,) = mind.decide([batch((1, 0, 0, FEW))])
    assert np.allclose(np.exp(rows[0, [0, 2]]), [0.7 / 0.75, 0.05 / 0.75])


def test_without_alpha_and_with_beta_1_the_raw_model_speaks_and_no_neutral_question_is_asked(scene, batch):
    model = Asked()
    (rows,) = LLMMind(model, scene, permute=4).decide([batch((0, 2, 0, ALL))])
    assert len(model.calls[0]) == 4
    by_hand = np.zeros(4)
    for request in model.calls[0]:
        for line, value in zip(request.user.splitlines()[1:5], Asked().say(request).logp, strict=True):
            by_hand[[action.words for action in scene.actions].index(line[3:])] += value / 4
    assert np.allclose(rows[0], by_hand - np.log(np.exp(by_hand).sum()))


def test_beta_0_without_alpha_is_the_model_s_neutral_answer(scene, batch):
    (raw,) = LLMMind(Asked(), scene).decide([batch((1, 0, 0, ALL))])
    (still,) = LLMMind(Asked(), scene, beta=0.0).decide([batch((1, 2, 1, ALL))])
    assert np.allclose(raw, still)


def test_all_orders_of_the_letters_take_a_letter_s_bias_out_of_the_raw_model(scene, batch):
    (one,) = LLMMind(Asked(), scene, permute=1).decide([batch((1, 0, 0, ALL))])
    (all_,) = LLMMind(Asked(), scene, permute=4).decide([batch((1, 0, 0, ALL))])
    assert np.ptp(one) > 1 and np.allclose(all_, math.log(0.25))


@pytest.mark.parametrize("prompt", ["archetype", "member"])
def test_only_the_batches_that_hold_an_unanswered_question_fail(scene, batch, prompt):
    silent = "The post is insulting." if prompt == "archetype" else "member 8"
    mind = LLMMind(Asked(silent), scene, prompt=prompt)
    fine, lost = mind.decide([batch((0, 0, 0, ALL)), batch((0, 0, 0, ALL), (0, 2, 0, ALL), first=7)])
    assert isinstance(fine, np.ndarray) and lost == Unanswered("ask", "silence")
    (again,) = mind.decide([batch((0, 0, 0, ALL), (0, 2, 0, ALL), first=7)])
    assert isinstance(again, Unanswered)


def test_without_the_neutral_answer_no_row_is_made_up(scene, batch):
    mind = LLMMind(Asked("The member is a regular."), scene, alpha=[0, 0, 0, 0])
    assert mind.decide([batch((0, 2, 0, ALL))]) == [Unanswered("ask", "silence")]


def test_the_record_is_json_and_names_model_prompts_calibration_and_counts(scene, batch, tmp_path):
    mind = LLMMind(
        open_model(LLMSettings(kind="fake", store=str(tmp_path / "a.sqlite"))),
        scene,
        alpha=[0, 1, 2, 3],
        beta=0.5,
        permute=2,
    )
    mind.decide([batch((0, 0, 0, ALL), (1, 2, 1, ALL))])
    record = json.loads(json.dumps(mind.record(), allow_nan=False))
    assert (
        record["model"] == "fake"
        and record["coupling"] == "gumbel-max"
        and len(record["prompt_sha256"]) == 64
    )
    assert (record["alpha"], record["beta"], record["permute"]) == ([0, 1, 2, 3], 0.5, 2)
    assert record["letter_mass_min"] == pytest.approx(1) == record["letter_mass_mean"]
    # neutral, and two situations, in two orders each
    assert (record["questions"], record["unique"], record["store_hits"], record["calls"]) == (2, 6, 0, 1)
    mind.close()


def test_two_minds_with_one_store_agree_to_the_last_bit(scene, batch, tmp_path):
    config = LLMSettings(kind="fake", store=str(tmp_path / "a.sqlite"))
    rows = [(0, 2, 1, ALL), (1, 0, 0, FEW)]
    with serving(config) as live:
        one, other = LLMMind(open_model(live), scene), LLMMind(open_model(live), scene)
        (first,), (second,) = one.decide([batch(*rows)]), other.decide([batch(*rows)])
    assert np.array_equal(first, second) and other.record()["store_hits"] == 2


def test_drift_is_0_for_a_model_that_repeats_itself_and_found_in_one_that_does_not(scene, batch, tmp_path):
    class Drifting(FakeModel):
        turn = 0.0

        def ask(self, requests):
            self.turn += 0.1
            return [Answer((-1.0 - self.turn, -1.0, -1.0, -1.0)) for _ in requests]

    from windtunnel.agents.llm.store import ResponseStore, Stored

    for model, drifts in [(FakeModel(), False), (Drifting(), True)]:
        mind = LLMMind(Stored(model, ResponseStore(tmp_path / f"{drifts}.sqlite")), scene)
        mind.decide([batch((0, 0, 0, ALL), (1, 0, 0, ALL), (1, 2, 0, ALL))])
        found = mind.drift(2)
        assert found["asked"] == found["answered"] == 2
        assert (found["flips"] > 1e-9, found["logp_max"] > 1e-9) == (drifts, drifts)


def test_the_share_of_flipped_choices_is_what_gumbel_noise_does():
    p, q = np.log([0.5, 0.3, 0.15, 0.05]), np.log([0.4, 0.2, 0.3, 0.1])
    noise = np.random.default_rng(1).gumbel(size=(200_000, 4))
    counted = ((p + noise).argmax(axis=1) != (q + noise).argmax(axis=1)).mean()
    assert flip_share(p, q) == pytest.approx(counted, abs=0.004)
    assert flip_share(p, p) == pytest.approx(0, abs=1e-12)


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 1), st.floats(-5, 5), st.floats(-5, 5), st.sets(st.integers(0, 3), min_size=2)
        ),
        min_size=1,
        max_size=30,
    )
)
def test_a_code_means_the_persona_bins_and_options_of_its_rows(rows):
    scene = Scene(
        "tiny",
        ACTIONS,
        (Feature("tone", (0.5, 1.5), ("", "", "")), Feature("quarrel", (0.5,), ("", ""))),
        (Persona("a", 0.5, ""), Persona("b", 0.5, "")),
        "",
        "",
    )
    options = np.array([[column in row[3] for column in range(4)] for row in rows])
    situations = Situations(
        scene,
        np.array([row[1:3] for row in rows]),
        options,
        np.array([row[0] for row in rows]),
        np.arange(len(rows)),
    )
    codes = Codes(scene)
    distinct, inverse = codes.of(situations)
    for (persona, tone, quarrel, offered), index in zip(rows, inverse, strict=True):
        bins = (int(tone >= 0.5) + int(tone >= 1.5), int(quarrel >= 0.5))
        assert codes.meaning(int(distinct[index])) == (persona, bins, tuple(sorted(offered)))


def test_questions_are_counted_before_anything_is_asked(scene):
    assert count_questions(scene) == 2 * 3 * 2
    assert count_questions(scene, option_sets=2, permute=3) == 2 * 3 * 2 * 2 * 3
    assert count_questions(scene, permute=99) == 12 * 4


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"prompt": "group"}, "archetype or member"),
        ({"alpha": [0, 1]}, "4 finite numbers"),
        ({"alpha": [0, 1, 2, float("-inf")]}, "finite"),
        ({"beta": -1}, "at least 0"),
        ({"permute": 0}, "at least 1"),
    ],
)
def test_a_wrong_calibration_is_refused(scene, options, told):
    with pytest.raises(ValueError, match=told):
        LLMMind(FakeModel(), scene, **options)


def test_features_that_are_no_numbers_personas_that_do_not_exist_and_other_scenes_are_refused(scene, batch):
    mind = LLMMind(FakeModel(), scene)
    with pytest.raises(ValueError, match="feature tone is not a number in 1 of 1"):
        mind.decide([batch((0, float("nan"), 0, ALL))])
    with pytest.raises(ValueError, match="personas 2 to 2"):
        mind.decide([batch((2, 0, 0, ALL))])
    with pytest.raises(ValueError, match="make one mind for each scene"):
        LLMMind(FakeModel(), scene._replace(community="other")).decide([batch((0, 0, 0, ALL))])


def test_a_count_that_does_not_exist_is_refused():
    with pytest.raises(KeyError, match="no count called hits"):
        Counts().add(hits=1)
