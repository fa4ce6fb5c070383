"""Tones as posted: intercepts of a run where moderators have taken the worst from the record."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import yaml
from scipy.stats import gamma

from tests.learned_law import forward, learned
from windtunnel.analysis.learned.fit import _forward, _posted
from windtunnel.analysis.learned.forward import held
from windtunnel.analysis.learned.forward.posted import posted_intercepts, spoken
from windtunnel.analysis.learned.forward.tones import fit_tones
from windtunnel.analysis.learned.record import record_of
from windtunnel.sim.communities.forum.learned.tones import TERMS, ToneLaw
from windtunnel.sim.communities.forum.posts import HOSTILE
from windtunnel.sim.experiment import Unit
from windtunnel.sim.lock_step import lock_step
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import make_world


def talk(hostile_left: float = 0.02, threads: int = 120) -> pl.DataFrame:
    """Threads of nine replies by forty members; a share of what the record still shows with its author is hostile."""
    chance = np.random.default_rng(4)
    rows, post = [], 0
    for thread in range(threads):
        post += 1
        root = post
        rows.append((root, root, None, "thread", f"m{chance.integers(40)}", 90 * thread, None))
        for reply in range(9):
            post += 1
            up = int(chance.integers(root, post))
            tone = "hostile" if chance.random() < hostile_left else "civil"
            rows.append(
                (post, root, up, "reply", f"m{chance.integers(40)}", 90 * thread + 5 * reply + 5, tone)
            )
    names = ["post", "thread", "parent", "kind", "author", "minute", "tone"]
    return pl.DataFrame(rows, orient="row", schema=names)


def law(**slope: float) -> ToneLaw:
    """A law in which hostility moves with these terms alone."""
    hostile = tuple(slope.get(name, 0.0) for name in TERMS)
    return ToneLaw(
        common=(0.1, 0.1), intercept=(-3.0, -4.0), heated=(0.0,) * len(TERMS), hostile=hostile, replies=1
    )


def test_without_terms_the_intercepts_are_log_odds_of_the_shares():
    record = record_of(talk())
    found = posted_intercepts(record, law(), (0.2, 0.1))
    assert found == pytest.approx((np.log(0.2 / 0.7) + 3, np.log(0.1 / 0.7) + 4), abs=0.05)


def test_what_a_tone_calls_forth_is_counted_in():
    """Where hostility breeds hostility, less must be added than shares alone say, and the shares come out."""
    record, made = record_of(talk()), law(parent_hostile=1.5, thread_hostile=0.3)
    found = posted_intercepts(record, made, (0.1, 0.15))
    assert found[1] < np.log(0.15 / 0.75) + 4 - 0.1
    again = spoken(record, made, np.array(found), np.array([0.1, 0.15]), seed=9)
    assert again == pytest.approx([0.1, 0.15], rel=0.12)


def test_a_fit_adds_nothing_where_the_record_has_what_was_posted():
    record = record_of(talk(0.1))
    tones = fit_tones(record)
    assert tones is not None
    assert posted_intercepts(record, tones, (1e-4, 0.1))[1] == pytest.approx(0.0, abs=0.2)
    more = posted_intercepts(record, tones, (1e-4, 0.3))[1]
    assert more == pytest.approx(np.log(0.3 / 0.7) - np.log(0.1 / 0.9), abs=0.3)


def test_the_shares_of_a_fit_are_the_profile_s_beside_the_record(tmp_path, tiny_experiment, monkeypatch):
    monkeypatch.setattr(held, "_volume", lambda law: lambda added: 0.0)  # its volume is tested in test_held
    assert _posted(tmp_path) is None
    profile = {**tiny_experiment().community["profile"], "hostile_share": {"value": 0.17, "mark": "data"}}
    (tmp_path / "profile.yaml").write_text(yaml.safe_dump(profile))
    assert _posted(tmp_path) == (0.25, 0.17)
    told, why = _forward(record_of(talk()), (1e-4, 0.3), print)
    assert not why and told["tone"]["posted"][1] > 1.5


@pytest.fixture
def lived(tiny_experiment):
    """A learned forum after so many steps."""

    def made(section: dict, *, provoking: float, steps: int = 2):
        plain = tiny_experiment([], size=60, steps=steps, seeds=1)
        told = learned(forward=section, provoking=provoking)
        experiment = replace(plain, community={**plain.community, "learned": told}, mind={"name": "learned"})
        world = make_world(experiment, Unit(0, 0, "baseline"))
        failed = lock_step([world], make_mind(experiment), steps)
        assert not failed, failed
        return world

    return made


def spark_of(world) -> int:
    """Row of the provoking post."""
    (spark,) = world.log.frame(0, 0, "any").filter(pl.col("kind") == "spark")["target"]
    return int(np.flatnonzero(world.community.posts.id == spark)[0])


def test_the_provoking_post_is_hostile_and_as_hot_as_its_share_of_threads(lived):
    section = forward() | {"hotness": 1.5}
    for share in (0.5, 0.95):
        world = lived(section, provoking=share)
        spark, forum = spark_of(world), world.community
        assert forum.memory.posts.hot[spark] == pytest.approx(np.log(gamma.ppf(share, 1.5, scale=1 / 1.5)))
        assert forum.posts.tone[spark] == HOSTILE and forum.posts.appeal[spark] == 0.0
    alike = lived(forward() | {"hotness": 0.0}, provoking=0.95)
    assert alike.community.memory.posts.hot[spark_of(alike)] == 0.0


def test_replies_of_a_run_are_as_hostile_as_those_posted(lived):
    tone = law().model_dump(mode="json")
    shares = []
    for more in (0.0, 3.0):
        forum = lived(forward() | {"tone": tone | {"posted": [0.0, more]}}, provoking=0.5, steps=48).community
        replies = (forum.posts.parent >= 0) & (forum.posts.step >= 0)
        shares.append(float((forum.posts.tone[replies] == HOSTILE).mean()))
    wanted = [np.exp(-4 + more) / (1 + np.exp(-3) + np.exp(-4 + more)) for more in (0.0, 3.0)]
    assert shares == pytest.approx(wanted, abs=0.05)
