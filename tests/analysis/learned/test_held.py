"""A cold place of a short record writes as much as its record, where its law left to itself writes several times as much."""

import numpy as np
import polars as pl
import pytest
import yaml

from tests.conftest import make_tiny
from tests.learned_law import forward, learned
from windtunnel.analysis.learned.fit import fit_record
from windtunnel.analysis.learned.forward import fit_forward, held
from windtunnel.analysis.learned.record import record_of
from windtunnel.analysis.learned.told import of_simulation
from windtunnel.sim.communities.forum.learned.build import LearnedPart
from windtunnel.sim.communities.forum.learned.law import law_of


@pytest.mark.parametrize("slope, excess", [(1.0, 0.7), (2.5, 1.9), (0.6, 0.4)])
def test_the_volume_is_brought_down_to_the_record_s(slope, excess) -> None:
    added = held.lowered(lambda added: excess + slope * np.expm1(added) / np.exp(-0.5))
    assert added < 0
    assert abs(excess + slope * np.expm1(added) / np.exp(-0.5)) <= held.NEAR


def test_what_writes_little_is_left_and_what_cannot_be_lowered_enough_goes_as_far_as_it_may() -> None:
    assert held.lowered(lambda added: held.NEAR) == held.lowered(lambda added: -1.0) == 0.0
    assert held.lowered(lambda added: 2.0 + 0.01 * added) == held.LOWEST


def test_the_law_of_a_place_that_writes_as_much_as_its_record_is_left_as_fitted(monkeypatch) -> None:
    monkeypatch.setattr(held, "_volume", lambda law: lambda added: 0.9 * held.NEAR + added)
    assert held.held(forward()) == 0.0


@pytest.mark.parametrize("start, added", [("cold", -0.5), ("warm", 0.0)])
def test_members_of_a_cold_place_come_by_the_held_law_and_those_of_a_warm_one_as_fitted(start, added) -> None:
    law = forward() | {"held": -0.5}
    part = LearnedPart(None, learned(start=start, forward=law))  # type: ignore[arg-type]
    fitted, lived = law_of(forward()).comes, part.law_of_draw(0).comes
    assert lived.coefficients[0] == fitted.coefficients[0] + added
    assert np.allclose(lived.coefficients[1:], fitted.coefficients[1:])


def ten_days_of_the_same_people() -> pl.DataFrame:
    """400 posts by members each of whom writes at its own pace, none of them new: most look new in ten days."""
    draws = np.random.default_rng(0)
    pace = draws.gamma(0.5, 1, 200)
    minutes = np.sort(draws.uniform(0, 14_400, 400)).astype(int).tolist()
    rows: list[dict[str, object]] = []
    for post, minute in enumerate(minutes, 1):
        up = None if post == 1 or draws.random() < 0.2 else rows[max(0, post - 2 - draws.geometric(0.15))]
        author = f"m{draws.choice(200, p=pace / pace.sum())}"
        place = (
            {"thread": post, "parent": None} if up is None else {"thread": up["thread"], "parent": up["post"]}
        )
        rows.append({"post": post, **place, "author": author, "minute": minute})
    return pl.DataFrame(rows).with_columns(tone=pl.lit("civil"), kind=pl.lit("reply"))


def test_the_fit_of_a_short_record_tells_what_its_cold_places_are_held_to(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(held, "_volume", lambda law: lambda added: 1.0 + 2.0 * added)
    learned = fit_record(record_of(ten_days_of_the_same_people()))
    found = learned.forward
    assert found["held"] == pytest.approx(-0.5, abs=held.NEAR / 2)
    told = f"{np.exp(found['held']):.2g} times as often as fitted"
    (tmp_path / "profile.yaml").write_text(yaml.safe_dump(make_tiny().community["profile"]))
    assert told in found["notes"][-1] and told in of_simulation(learned, tmp_path)


def a_core_that_stays() -> pl.DataFrame:
    """2,000 posts in 200 days by sixty members who never leave, each at its own pace, one in seventeen by somebody new; answers are answered back."""
    draws = np.random.default_rng(29)
    pace = 1 / np.arange(1.0, 61)
    minutes = np.sort(draws.uniform(0, 200 * 1440, 2000)).astype(int).tolist()
    rows: list[dict[str, object]] = []
    for post, minute in enumerate(minutes, 1):
        author = f"m{post}" if draws.random() < 0.06 else f"m{draws.choice(60, p=pace / pace.sum())}"
        up = None if post == 1 or draws.random() < 0.15 else rows[max(0, post - 1 - draws.geometric(0.3))]
        if up is not None and up["parent"] is not None and draws.random() < 0.45:
            author = str(rows[int(str(up["parent"])) - 1]["author"])
        place = (
            {"thread": post, "parent": None} if up is None else {"thread": up["thread"], "parent": up["post"]}
        )
        rows.append({"post": post, **place, "author": author, "minute": minute})
    return pl.DataFrame(rows).with_columns(tone=pl.lit("civil"), kind=pl.lit("reply"))


@pytest.mark.slow
def test_a_long_record_s_place_is_held_too() -> None:
    volume = held._volume(law := fit_forward(record_of(a_core_that_stays())))
    assert volume(0.0) > 1.5 * held.NEAR, "left to itself it writes half as much again"
    assert volume(held.held(law)) <= held.NEAR


@pytest.mark.slow
def test_a_place_where_nobody_is_new_does_not_fill_with_newcomers() -> None:
    law = fit_forward(record_of(ten_days_of_the_same_people()))
    volume = held._volume(law)
    assert volume(0.0) > 0.5, "left to itself it writes 1.65 times as much, or more"
    assert abs(volume(held.held(law))) <= held.NEAR
