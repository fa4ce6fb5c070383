"""A commons: published arithmetic to the last digit, institutions that do what they say, and fines that need teeth."""

from collections.abc import Mapping, Sequence
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
WORDS = {"words": "This member decides by a rule."}
SOVEREIGN = dict(capacity=120, start=120, collapse=12, most=30, own=1 / 3, shared=0.25, talk=False)
PUBLIC = dict(
    **dict(capacity=80, start=80, collapse=0, growth="refill", most=20, own=1.0, shared=0.4, talk=False),
    **dict(shown=True, learning=2, detection=1.0, reach=1.0, bite=3.0),
)
NORMS = dict(growth="logistic", rate=0.4, unit="share", talk=False, learning=2, reach=0.46)


def one(**numbers: float) -> dict[str, Any]:
    """A single persona."""
    return {"one": {"share": 1.0, **WORDS, **numbers}}


def commons(
    policy: Sequence[Any] = (),
    baseline: Sequence[Any] = (),
    *,
    personas: Mapping[str, Any] | None = None,
    size: int = 5,
    to: int = 100,
    by: int = 1,
    draws: int = 1,
    steps: int = 12,
    **settings: Any,
) -> Experiment:
    """conf/community/commons.yaml with other personas, settings and grid of takings."""
    config = yaml.safe_load((CONF / "community" / "commons.yaml").read_text(encoding="utf-8"))
    config["size"], config["settings"] = size, config["settings"] | settings
    config["personas"] = personas or config["personas"]
    config["phases"]["take"]["amounts"] |= {"to": to, "by": by}
    named = [[one if isinstance(one, tuple) else (one, {}) for one in part] for part in (baseline, policy)]
    before, treated = [[PolicySpec(name, given, name) for name, given in part] for part in named]
    return Experiment(config, before, treated, {"name": "rules"}, draws=draws, seeds=1, steps=steps)


def lived(made: Experiment) -> dict[tuple[int, str], Run]:
    runs = [one for block in run(made, make_mind) for one in block.runs]
    assert [one.reason for one in runs if one.status != "ok"] == []
    return {(one.unit.draw, one.unit.arm): one for one in runs}


def measured(one: Run, name: str) -> list[float]:
    return one.measures.filter(pl.col("measure") == name).sort("step")["value"].to_list()


def contributions(made: Experiment) -> dict[str, np.ndarray]:
    """Units left a member, (draws, steps) for each arm."""
    runs = lived(made)
    return {
        arm: np.array([measured(runs[draw, arm], "left_each") for draw in range(made.draws)])
        for arm in ("baseline", "policy")
    }


def test_five_who_take_all_end_it_in_the_first_month():
    """The one-month row of Piatti et al. 2024: a mean gain of 20."""
    found = lived(commons(personas=one(all=1)))[0, "baseline"]
    assert measured(found, "alive") == [1.0] + [0.0] * 11
    assert found.members["earned"].mean() == pytest.approx(20, abs=1e-9)
    assert sum(measured(found, "taken")) / sum(measured(found, "best")) == pytest.approx(1 / 6, abs=1e-9)


def test_five_who_take_what_grows_back_go_on_for_ever():
    found = lived(commons(personas=one(fair=1)))[0, "baseline"]
    assert measured(found, "stock") == [100.0] * 12 and found.members["earned"].to_list() == [120.0] * 5
    assert measured(found, "over") == [0.0] * 12


def test_the_skins_differ_in_words_alone():
    runs = [lived(commons(skin=skin, draws=2)) for skin in ("fishery", "pasture", "pollution")]
    for unit in runs[0]:
        assert len({found[unit].events_sha256 for found in runs}) == 1
        assert all(found[unit].measures.equals(runs[0][unit].measures) for found in runs)
    scenes = [
        commons(skin=skin).builder().scenes()[0].setting for skin in ("fishery", "pasture", "pollution")
    ]
    assert len(set(scenes)) == 3 and not any("{{" in text for text in scenes)


@pytest.mark.parametrize(
    ("part", "rounds", "payoff", "taken"), [(0, 12, 1440, 0), (0.5, 12, 960, 720), (1, 1, 40, 120)]
)
def test_four_citizens_of_a_sovereign(part, rounds, payoff, taken):
    """The arithmetic of SovSim: nobody takes, all take half of 30, all take 30."""
    found = lived(commons(personas=one(all=part), size=4, to=30, by=3, **SOVEREIGN))[0, "baseline"]
    assert sum(measured(found, "alive")) == rounds and sum(measured(found, "taken")) == pytest.approx(taken)
    assert found.members["earned"].sum() == pytest.approx(payoff, abs=1e-9)


def test_a_king_who_takes_all_that_is_left_ends_it_whatever_the_others_do():
    king = {"one": {"share": 1.0, **WORDS, "all": 1.0}}
    found = lived(commons([("sovereign", {"kind": "king"})], personas=king, size=4, to=3, by=3, **SOVEREIGN))
    assert measured(found[0, "policy"], "alive") == [1.0] + [0.0] * 11
    taken = found[0, "policy"].events.filter(pl.col("kind") == "take")
    assert taken.filter(pl.col("member") == 0)["amount"].to_list() == [111]
    assert sum(measured(found[0, "baseline"], "alive")) == 12


def test_a_boss_takes_no_more_than_anybody_and_an_announcing_king_says_a_number():
    greedy = one(all=1, bluffs=1)
    boss = lived(
        commons([("sovereign", {"kind": "boss"})], personas=greedy, size=4, to=30, by=3, **SOVEREIGN)
    )
    amounts = boss[0, "policy"].events.filter(pl.col("member") == 0)["amount"].to_list()
    assert amounts == [30]
    told = lived(
        commons([("sovereign", {"kind": "announcing"})], personas=greedy, size=4, to=30, by=3, **SOVEREIGN)
    )
    said = told[0, "policy"].events.filter(pl.col("kind") == "announce")
    assert said["amount"].to_list() == [60], "half of the true 120"


def test_fining_raises_contributions_that_decay_without_it():
    """The directions of Herrmann, Thöni & Gächter 2008; both arms have the same members, and start alike."""
    arms = contributions(commons([("fining", {"cost": 1, "fine": 3, "graduated": False})], size=4, to=20, draws=60, steps=10, **PUBLIC))  # fmt: skip
    gain = (arms["policy"] - arms["baseline"])[:, 5:].mean(axis=1)
    assert gain.mean() > 3 * gain.std() / len(gain) ** 0.5
    decay = arms["baseline"][:, 9] - arms["baseline"][:, 0]
    assert decay.mean() < -3 * decay.std() / len(decay) ** 0.5
    assert np.array_equal(arms["policy"][:, 0], arms["baseline"][:, 0])


def test_a_fine_of_nothing_changes_nothing():
    made = commons([("fining", {"cost": 1, "fine": 0})], size=4, to=20, draws=4, steps=10, **PUBLIC)
    runs = lived(made)
    for draw in range(4):
        assert runs[draw, "policy"].measures.drop("arm").equals(runs[draw, "baseline"].measures.drop("arm"))


def test_who_fines_the_generous_takes_the_gain_away():
    config = yaml.safe_load((CONF / "community" / "commons.yaml").read_text(encoding="utf-8"))
    spiteful = {name: spec | {"antisocial": 1} for name, spec in config["personas"].items()}
    fining = [("fining", {"cost": 1, "fine": 3, "graduated": False})]
    gains = []
    for personas in (None, spiteful):
        arms = contributions(commons(fining, personas=personas, size=4, to=20, draws=60, steps=10, **PUBLIC))
        gains.append((arms["policy"] - arms["baseline"])[:, 5:].mean())
    assert gains[0] > 1 and gains[1] < 0.25 * gains[0]


def test_nobody_is_fined_unseen_and_monitoring_is_what_makes_sanctions_bite():
    selfish = one(own=1, greed=0.8, punish=0.4, spread=0.1, heeds=1)
    made = commons(
        [("monitoring", {"detection": 0})],
        ["vote", "fining"],
        personas=selfish,
        size=8,
        draws=6,
        steps=40,
        **NORMS,
    )
    runs = lived(made)
    assert all(sum(measured(runs[draw, "policy"], "fines")) == 0 for draw in range(6))
    assert all(sum(measured(runs[draw, "baseline"], "fines")) > 0 for draw in range(6))
    lasted = {
        arm: [sum(measured(runs[draw, arm], "alive")) for draw in range(6)] for arm in ("baseline", "policy")
    }
    assert np.mean(lasted["baseline"]) > np.mean(lasted["policy"])


def test_an_appeal_lifts_wrong_fines_alone():
    spiteful = one(own=1, greed=0.6, punish=0.9, spread=0.15, heeds=1, antisocial=1)
    fining = [("fining", {"cost": 1, "fine": 3})]
    runs = lived(
        commons([("appeal", {"granted": 1})], fining, personas=spiteful, size=4, to=20, steps=10, **PUBLIC)
    )
    fined = {arm: runs[0, arm].events.filter(pl.col("kind") == "fine") for arm in ("baseline", "policy")}
    assert set(fined["baseline"]["status"]) == {"done"} and set(fined["policy"]["status"]) == {"cancelled"}
    assert set(fined["policy"]["policy"]) == {"appeal"}
    harsh = one(own=1, greed=0.6, punish=0.9, spread=0.15, heeds=1)
    runs = lived(
        commons([("appeal", {"granted": 1})], fining, personas=harsh, size=4, to=20, steps=10, **PUBLIC)
    )
    assert runs[0, "policy"].measures.drop("arm").equals(runs[0, "baseline"].measures.drop("arm"))


def test_a_newcomer_is_there_only_where_it_is_let_in():
    made = commons(["newcomer"], waiting=1, steps=6)
    runs = lived(made)
    acted = {
        arm: set(runs[0, arm].events.filter(pl.col("kind") == "take")["member"])
        for arm in ("baseline", "policy")
    }
    assert acted["baseline"] == {0, 1, 2, 3} and acted["policy"] == {0, 1, 2, 3, 4}
    first = (
        runs[0, "policy"].events.filter((pl.col("member") == 4) & (pl.col("kind") == "take"))["step"].min()
    )
    assert first == 3
    shut = lived(commons([("boundaries", {"most": 4}), "newcomer"], waiting=1, steps=6))
    assert 4 not in set(shut[0, "policy"].events.filter(pl.col("kind") == "take")["member"])


def test_those_who_wait_may_be_of_one_persona():
    made = commons(["newcomer"], waiting=2, waiting_as="conditional", steps=2)
    members = lived(made)[0, "policy"].members.sort("member")
    assert members["persona"].to_list()[-2:] == ["conditional"] * 2
    other = lived(commons(["newcomer"], waiting=2, steps=2))[0, "policy"].members.sort("member")
    assert members.head(3).equals(other.head(3))
    with pytest.raises(ValueError, match="waiting_as is 'nobody': choose a persona, selfish"):
        commons(["newcomer"], waiting=1, waiting_as="nobody").builder()


def test_a_dictator_sets_the_norm_alone_and_an_authority_can_void_the_vote():
    selfish = one(own=1, greed=0.8, heeds=1, spread=0.2)
    made = commons([("vote", {"by": "dictator", "every": 1})], personas=selfish, size=8, steps=2, **NORMS)
    votes = lived(made)[0, "policy"].events.filter((pl.col("kind") == "propose") & (pl.col("step") == 0))
    assert votes.height == 8
    void = lived(
        commons(["vote", ("outside_authority", {"overrides": 1})], personas=selfish, size=8, **NORMS)
    )
    ballots = void[0, "policy"].events.filter(pl.col("kind") == "propose")
    assert set(ballots["status"]) == {"cancelled"} and set(ballots["policy"]) == {"outside_authority"}
    takings = [
        void[0, arm].events.filter(pl.col("kind") == "take").select("step", "member", "amount")
        for arm in ("baseline", "policy")
    ]
    assert takings[0].equals(takings[1]), "a vote that is void changes nothing"


@pytest.mark.parametrize("policy", ["universalization", ("harvest_cap", {"kind": "advisory"}), "harvest_cap"])
def test_requests_and_caps_lower_over_use(policy):
    runs = lived(commons([policy], draws=30))
    over = {
        arm: [np.mean(measured(runs[d, arm], "over")[:1]) for d in range(30)]
        for arm in ("baseline", "policy")
    }
    assert np.mean(over["policy"]) < np.mean(over["baseline"])
    if policy == "harvest_cap":
        assert np.max(over["policy"]) == 0


def test_silence_makes_members_use_more():
    runs = lived(commons(["silence"], draws=30))
    over = {arm: [measured(runs[d, arm], "over")[0] for d in range(30)] for arm in ("baseline", "policy")}
    assert np.mean(over["policy"]) > np.mean(over["baseline"])


def test_a_skin_that_is_not_there_and_a_coefficient_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="skin is 'forest': choose from fishery, pasture, pollution"):
        commons(skin="forest").builder()
    with pytest.raises(ValueError, match="strategies are personas"):
        made = commons()
        made.builder().rules(made.builder().scene(), {"stock": {"take_1": [1, "chosen"]}})
