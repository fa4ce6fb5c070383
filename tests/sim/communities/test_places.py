"""Several places: four planted worlds that words must tell apart, counts that add up, and a closed place."""

from typing import Any

import numpy as np
import polars as pl
import pytest

from windtunnel import conf, run
from windtunnel.sim.communities.places.build import Builder
from windtunnel.sim.communities.places.places import Places
from windtunnel.sim.communities.places.words import author_accuracy, divergence, drawn, place_accuracy

SMALL = dict(community="places", seeds=1, dowhy=False)


def arms(found: Any, outcome: str) -> tuple[np.ndarray, np.ndarray]:
    runs = found.runs.sort("draw")
    return tuple(runs.filter(pl.col("arm") == arm)[outcome].to_numpy() for arm in ("baseline", "policy"))  # type: ignore[return-value]


@pytest.fixture(scope="module")
def limited() -> Any:
    return run({"community.size": 300}, **SMALL, policy="rate_limit", draws=4)


@pytest.mark.parametrize(("own", "local"), [(0.0, 0.0), (0.0, 0.5), (0.5, 0.0), (0.5, 0.5)])
def test_four_planted_worlds_are_told_apart(own, local):
    """At 300 authors: an effect of authors, of places, of both, of none: each outcome sees the one that it is for."""
    place = {"community.settings.own": own, "community.settings.local": local, "community.size": 300}
    found = run(place, **SMALL, policy="one_place", draws=3)
    author, of_place = (
        arms(found, name)[0].mean() for name in ("author_identifiability", "place_separation")
    )
    assert (author > 0.1) == (own > 0) and (of_place > 0.3) == (local > 0)
    assert own > 0 or abs(author) < 0.03
    assert local > 0 or abs(of_place) < 0.05


def test_divergence_is_nothing_for_one_vocabulary_and_a_bit_for_two():
    rng = np.random.default_rng(3)
    same = [divergence(rng.multinomial(300, np.full(50, 1 / 50), size=4)) for _ in range(200)]
    assert np.mean(same) == pytest.approx(0, abs=0.01)
    assert divergence(np.array([[1000, 0], [0, 1000]])) == pytest.approx(1, abs=0.001)


def test_words_are_drawn_at_their_share():
    cumulated = np.cumsum(np.array([[0.2, 0.3, 0.5], [0.9, 0.05, 0.05]]), axis=1)
    lots = (np.arange(10_000) + 0.5) / 10_000
    for row, shares in ((0, [0.2, 0.3, 0.5]), (1, [0.9, 0.05, 0.05])):
        words = drawn(cumulated, np.full(len(lots), row), lots)
        assert np.bincount(words, minlength=3) / len(lots) == pytest.approx(shares, abs=1e-3)


def test_judges_that_know_nothing_guess():
    counts = np.ones((2, 6, 3, 4), int)
    assert author_accuracy(counts[0], counts[1]) == pytest.approx(0)
    assert place_accuracy(counts[0]) == pytest.approx(1 / 3)


def test_counts_add_up(limited):
    for arm in ("baseline", "policy"):
        wrote = limited.members.filter(pl.col("arm") == arm)["wrote"].sum()
        measured = limited.measures.filter(pl.col("arm") == arm)
        by_name = {
            name: measured.filter(pl.col("measure") == name)["value"].sum()
            for name in ("messages", "first_place", "elsewhere")
        }
        events = limited.events.filter(pl.col("arm") == arm, pl.col("kind") == "write")["amount"].sum()
        assert wrote == by_name["messages"] == by_name["first_place"] + by_name["elsewhere"] == events


def test_a_limit_is_kept_and_spreads_participation(limited):
    kept = limited.events.filter(pl.col("arm") == "policy", pl.col("kind") == "write")["amount"]
    assert kept.max() == 3
    for outcome in ("gini_participation", "top_hundredth"):
        before, after = arms(limited, outcome)
        assert (after < before).all()


def test_in_a_closed_place_nobody_writes_and_some_go_on_elsewhere():
    found = run(
        {"community.size": 300},
        **SMALL,
        policy="close_place",
        policy_with={"close_place": {"at": 5}},
        draws=4,
    )
    late = found.measures.filter(pl.col("step") >= 5)
    first = late.filter(pl.col("measure") == "first_place").group_by("arm").agg(pl.col("value").sum())
    told = dict(first.iter_rows())
    assert told["policy"] == 0 < told["baseline"]
    kinds = set(found.events.filter(pl.col("arm") == "policy")["kind"])
    assert {"move", "leave"} <= kinds
    before, after = arms(found, "spill_over")
    assert after.sum() > before.sum()


def test_agents_write_more_unequally_than_people():
    people = {
        "community.personas.agent.share": 0.0,
        "community.personas.person.share": 1.0,
        "community.size": 1000,
    }
    gini = [
        arms(run(place, **SMALL, policy="one_place", draws=3), "gini_participation")[0].mean()
        for place in ({"community.size": 600}, people)
    ]
    assert gini[0] > gini[1] + 0.2


def test_base_rates_are_those_of_authors_who_write_at_their_own_pace():
    """What a language model is held to: the mean number of messages and the share of silent days that the rules give."""
    place = {"community.size": 2000}
    found = run(place, **SMALL, policy="one_place", draws=2).events.filter(pl.col("arm") == "baseline")
    made = Builder(dict(conf.content("community", "places")))
    share = np.exp(made.alpha(made.scenes()[-1]))
    days = 2 * 2000 * 14
    assert 1 - share[0] == pytest.approx(len(found) / days, rel=0.1)
    assert 1 - share[:6].sum() == pytest.approx(found.filter(pl.col("amount") > 5).height / days, rel=0.2)
    assert share.sum() == pytest.approx(1) and (share > 0).all()


def test_words_are_counted_alike_however_many_are_said(monkeypatch):
    """Once more words are said than there are counts, they are added up on the way: nothing that is measured changes."""
    wordy = {"community.size": 40, "community.settings.words": 40, "community.settings.vocabulary": 10}
    tables = []
    for fold in (True, False):
        if not fold:
            monkeypatch.setattr(Places, "counted_up", lambda self: None)
        tables.append(run(wordy, **SMALL, policy="one_place", draws=3).measures)
    assert tables[0].equals(tables[1])
