"""A donor game: exact resources where everybody gives the same, and the directions of the paper where they do not."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from windtunnel.sim.block import Run
from windtunnel.sim.experiment import Experiment, PolicySpec
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import run

CONF = Path(__file__).parents[3] / "conf"


def donors(
    policy: Sequence[Any] = (), *, draws: int = 1, steps: int = 240, persona: Any = (), **settings: Any
) -> Experiment:
    """conf/community/donor_game.yaml with other settings, and a persona of other numbers."""
    config = yaml.safe_load((CONF / "community" / "donor_game.yaml").read_text(encoding="utf-8"))
    config["settings"] |= settings
    config["personas"]["reciprocal"] |= dict(persona)
    named = [one if isinstance(one, tuple) else (one, {}) for one in policy]
    treated = [PolicySpec(name, given, name) for name, given in named]
    return Experiment(config, (), treated, {"name": "rules"}, draws=draws, seeds=1, steps=steps)


def lived(made: Experiment) -> dict[tuple[int, str], Run]:
    runs = [one for block in run(made, make_mind) for one in block.runs]
    assert [one.reason for one in runs if one.status != "ok"] == []
    return {(one.unit.draw, one.unit.arm): one for one in runs}


def measured(one: Run, name: str) -> np.ndarray:
    return one.measures.filter(pl.col("measure") == name).sort("step")["value"].to_numpy()


def alone(fraction: float, rounds: int = 12) -> float:
    """Mean final resources where all give the same: by hand, one donor and one recipient changing places."""
    first, second = 10.0, 10.0
    for turn in range(rounds):
        gift = fraction * (first if turn % 2 == 0 else second)
        first, second = (
            (first - gift, second + 2 * gift) if turn % 2 == 0 else (first + 2 * gift, second - gift)
        )
    return (first + second) / 2


@pytest.mark.parametrize("fraction", [1.0, 0.54, 0.50, 0.44, 0.10, 0.0])
def test_equal_givers_end_with_what_arithmetic_says(fraction):
    made = donors(drift=0, error=0, persona={"generosity": fraction, "spread": 0, "reciprocity": 0})
    found = measured(lived(made)[0, "baseline"], "remaining")
    assert found[-1] == pytest.approx(alone(fraction), abs=1e-9)
    if fraction == 1:
        assert found[-1] == 30720


def test_no_two_meet_twice_in_the_same_direction_and_all_give_and_get_alike():
    events = lived(donors(steps=24))[0, "baseline"].events
    first = events.filter(pl.col("step") < 12)
    assert first.select("member", "target").is_duplicated().sum() == 0
    assert set(first["member"].value_counts()["count"]) == {6} and set(
        first["target"].value_counts()["count"]
    ) == {6}
    second = events.filter(pl.col("step") == 12)
    assert set(second["member"]).isdisjoint(first.filter(pl.col("step") == 0)["member"])


def test_half_of_a_generation_plays_on():
    events = lived(donors(steps=72))[0, "baseline"].events.with_columns(generation=pl.col("step") // 24)
    played = [set(part["member"]) for part in events.sort("generation").partition_by("generation")]
    assert [len(one) for one in played] == [12, 12, 12]
    assert len(played[0] & played[1]) == 6 and len(played[1] & played[2]) == 6
    none = lived(donors([("selection", {"survive": 0, "copied": True})], steps=48))[0, "policy"].events
    assert set(none.filter(pl.col("step") < 24)["member"]).isdisjoint(
        none.filter(pl.col("step") >= 24)["member"]
    )


def difference(policy: Any, draws: int = 12, what: str = "remaining", **more: Any) -> np.ndarray:
    runs = lived(donors([policy], draws=draws, steps=120, **more))
    return np.array([measured(runs[d, "policy"], what)[-24:].mean() - measured(runs[d, "baseline"], what)[-24:].mean() for d in range(draws)])  # fmt: skip


def test_knowing_less_of_the_past_costs_the_reciprocal():
    assert difference("trace_depth").mean() < 0


def test_punishment_helps_the_reciprocal_and_a_gift_worth_more_makes_all_richer():
    assert difference("costly_punishment").mean() > 0
    assert difference("gift_multiplier").min() > 0


def slope(**more: Any) -> float:
    runs = lived(donors(draws=8, **more))
    given = np.mean([measured(runs[d, "baseline"], "given") for d in range(8)], axis=0)
    return float(given[-24:].mean() - given[:24].mean())


def test_generosity_grows_from_a_good_start_and_dies_from_a_poor_one():
    assert slope() > 0
    assert slope(drift=0.02, persona={"generosity": 0.2}) < 0
    assert slope(drift=0.02, persona={"reciprocity": 0.3}) < 0


def test_a_punishment_takes_twice_what_it_costs_and_is_off_at_zero():
    spite = {"spite": 1.0, "strictness": 1.5}
    runs = lived(donors([("costly_punishment", {"spend": 0})], steps=24, persona=spite))
    assert runs[0, "policy"].measures.drop("arm").equals(runs[0, "baseline"].measures.drop("arm"))
    runs = lived(donors(["costly_punishment"], steps=1, persona=spite))
    events = runs[0, "policy"].events
    punished = events.filter(pl.col("kind") == "punish")
    assert 0 < punished.height <= 6
    given = events.filter(pl.col("kind") == "give")["amount"]
    total = 12 * 10 - punished.height * (1 + 2) + sum(0.1 * amount for amount in given)
    assert measured(runs[0, "policy"], "remaining")[0] * 12 == pytest.approx(total)


def test_of_an_odd_generation_one_sits_out():
    config = {**donors().community, "size": 7}
    made = Experiment(config, (), (), {"name": "rules"}, draws=1, seeds=1, steps=12)
    events = lived(made)[0, "baseline"].events
    assert len(set(events["member"])) == 6 and events.height == 36
