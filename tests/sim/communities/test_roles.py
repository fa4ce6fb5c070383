"""Roles that decide at the same moment, each with a scene of its own: a call market, sellers and buyers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
import pytest

from windtunnel.policies.base import Acts, Policy, WorldFace
from windtunnel.sim.community import Declared
from windtunnel.sim.experiment import Experiment, Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.plain import PlainActs, PlainCommunity, PlainView
from windtunnel.sim.plain_builder import PlainBuilder
from windtunnel.sim.run import lock_step, make_world, run


class Market(PlainCommunity):
    """The first half of the members sell, the others buy; as many trade as asks and bids allow, at one price."""

    price = 0.0

    def __init__(self, scenes: Any, members: Any, declared: Declared) -> None:
        super().__init__(scenes, members, declared)
        self.said = np.full(len(members), np.nan)
        self.shown: list[tuple[str, bool]] = []

    def open_step(self, world: WorldFace) -> None:
        self.said[:] = np.nan

    def active(self, world: WorldFace) -> np.ndarray:
        rows = np.arange(len(self.members))
        return rows[rows % 2 == (world.phase == "bid")]

    def show(self, world: WorldFace, rows: np.ndarray) -> PlainView:
        self.shown.append((world.phase, bool(np.isfinite(self.said).any())))
        return self.view(world, rows, worth=rows + 1, said=np.nan_to_num(self.said).sum())

    def settle(self, world: WorldFace, acts: PlainActs) -> None:
        self.said[acts.rows[acts.passed]] = acts.amount[acts.passed]

    def close_step(self, world: WorldFace) -> None:
        asks, bids = np.sort(self.said[::2]), np.sort(self.said[1::2])[::-1]
        trades = int((asks <= bids).sum())
        self.price = float(asks[trades - 1] + bids[trades - 1]) / 2 if trades else 0.0
        self.trades = trades

    def measures(self, world: WorldFace) -> Mapping[str, float]:
        return {"price": self.price, "trades": float(self.trades)}


class Builder(PlainBuilder):
    name, features = "market", ("worth", "said")
    declared = Declared(amount="coins", measures={"price": "coins", "trades": "trades"})

    def make(self, scenes: Any, *, traits_key: int, luck: Any, steps: int) -> Market:
        return Market(scenes, self.members(scenes[0], traits_key, self.settings.size), self.declared)


class NoTrade(Policy):
    """Asks are cancelled; notes what had been drawn by then."""

    name, fits = "no_trade", ("market",)

    def review(self, world: WorldFace, acts: Acts) -> None:
        if world.phase == "ask":
            acts.verdict[:] = 1


def config(order: tuple[str, str] = ("ask", "bid"), at_once: bool = True) -> dict[str, Any]:
    def words(role: str) -> dict[str, Any]:
        features = {name: {"telling": f"{name} {{value:.0f}}"} for name in ("worth", "said")}
        rules = {"worth": {"near": [9.0, "chosen"]}, "said": {f"{role}_1": [5.0, "chosen"]}}
        amounts = {"kind": role, "from": 1, "to": 8, "words": "says {amount}"}
        return {
            "question": f"What does this one {role}?",
            "amounts": amounts,
            "features": features,
            "rules": rules,
        }

    phases = {role: words(role) for role in order}
    phases[order[1]]["at_once"] = at_once
    return {
        "name": "market",
        "size": 8,
        "step_hours": 1,
        "profile": None,
        "setting": "A market.",
        "phases": phases,
    }


@pytest.fixture(autouse=True)
def market(monkeypatch):
    monkeypatch.setattr("windtunnel.sim.experiment.community", lambda name: Builder)


def made(mind: Any = None, **how: Any) -> Experiment:
    return Experiment(config(**how), (), (), mind or {"name": "rules"}, draws=1, seeds=2, steps=3)


def events(experiment: Experiment) -> pl.DataFrame:
    runs = [one for block in run(experiment, make_mind) for one in block.runs]
    assert {one.status for one in runs} == {"ok"}
    return pl.concat([one.events for one in runs])


def test_sellers_ask_and_buyers_bid_their_worth_at_the_same_moment():
    world = make_world(made(), Unit(0, 0, "baseline"))
    assert not lock_step([world], make_mind(made()), 3)
    assert [scene.at_once for scene in world.community.scenes] == [False, True]
    assert world.community.shown == [("ask", False), ("bid", False)] * 3
    # asks 1 3 5 7 and bids 8 6 4 2 by hand: 1-8 and 3-6 trade, at (3 + 6) / 2
    assert world.measured == [(step, {"price": 4.5, "trades": 2.0}) for step in range(3)]


def test_what_is_decided_at_once_does_not_depend_on_which_role_is_written_first():
    key = ["draw", "seed", "arm", "step", "member"]
    one, two = (
        events(made(order=order)).drop("ordinal").sort(key) for order in (("ask", "bid"), ("bid", "ask"))
    )
    assert one.equals(two) and len(one) == 6 * 3 * 8
    after = events(made(at_once=False)).drop("ordinal").sort(key)
    assert not after.equals(one)  # buyers who are asked later see what sellers said
    assert after.filter(kind="ask").equals(one.filter(kind="ask"))


def test_acts_of_one_role_are_drawn_before_a_policy_reviews_the_other():
    world = make_world(made(), Unit(0, 0, "baseline"), policies=[NoTrade()])
    assert not lock_step([world], make_mind(made()), 3)
    log = world.log.frame(0, 0, "baseline")
    assert set(log.filter(kind="ask")["status"]) == {"cancelled"}
    free = make_world(made(), Unit(0, 0, "baseline"))
    lock_step([free], make_mind(made()), 3)
    bids = free.log.frame(0, 0, "baseline").filter(kind="bid")
    assert log.filter(kind="bid").drop("ordinal").equals(bids.drop("ordinal"))


@pytest.mark.parametrize("prompt", ["archetype", "member"])
def test_a_language_model_is_asked_each_role_s_own_question(prompt):
    mind = {
        "name": "llm", "llm": {"kind": "fake", "store": "none"}, "prompt": prompt, "alpha": "profile", "beta": 1.0,
        "permute": 1, "recall": 160, "words": False,
    }  # fmt: skip
    log = events(made(mind))
    assert set(log.filter(pl.col("member") % 2 == 0)["kind"]) == {"ask"}
    assert set(log.filter(pl.col("member") % 2 == 1)["kind"]) == {"bid"}
