"""Companion chat: turns that follow the equation, replies that policies change, and scores that are checked before they count."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from windtunnel import conf
from windtunnel.analysis.incidents.base import Tables
from windtunnel.analysis.incidents.kinds.companion_chat import delusion_crossing
from windtunnel.analysis.outcomes import Runs
from windtunnel.analysis.outcomes.companion_chat import OUTCOMES, slopes
from windtunnel.sim.block import Run
from windtunnel.sim.communities.companion_chat import score
from windtunnel.sim.communities.companion_chat.build import COMPANION, Builder
from windtunnel.sim.communities.companion_chat.levels import LEVELS
from windtunnel.sim.experiment import Experiment, PolicySpec
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import run

THEMES = tuple(conf.content("community", "companion_chat")["settings"]["themes"])


def chats(
    policy: Sequence[Any] = (), *, draws: int = 1, steps: int = 20, size: int = 20,
    personas: Mapping[str, Mapping[str, Any]] = {}, **settings: Any,
) -> dict[tuple[int, str], Run]:  # fmt: skip
    """Runs of conf/community/companion_chat.yaml with other numbers, by draw and arm."""
    config = conf.content("community", "companion_chat")
    config["size"], config["settings"] = size, config["settings"] | settings
    for name, more in personas.items():
        config["personas"][name] = config["personas"][name] | dict(more)
    named = [one if isinstance(one, tuple) else (one, {}) for one in policy]
    treated = [PolicySpec(name, dict(given), name) for name, given in named]
    made = Experiment(config, (), treated, {"name": "rules"}, draws=draws, seeds=1, steps=steps)
    runs = [one for block in run(made, make_mind) for one in block.runs]
    assert [one.reason for one in runs if one.status != "ok"] == []
    return {(one.unit.draw, one.unit.arm): one for one in runs}


def outcome(found: Mapping[tuple[int, str], Run], name: str, arm: str) -> np.ndarray:
    """An outcome of each draw's run of this arm."""
    of_arm = [one for (_, kind), one in sorted(found.items()) if kind == arm]
    members = pl.concat([one.members for one in of_arm])
    runs = members.select("draw", "seed", "arm").unique(maintain_order=True)
    tables = Runs(runs, pl.concat([one.events for one in of_arm]), members)
    return OUTCOMES[name].counted(tables).sort("draw")["value"].to_numpy()


def test_a_turn_is_what_a_user_says_and_what_its_own_companion_replies():
    events = chats(steps=3, size=4)[0, "baseline"].events.sort("step", "ordinal")
    for _, turn in events.group_by("step"):
        said, replied = turn.filter(pl.col("member") < COMPANION), turn.filter(pl.col("member") >= COMPANION)
        assert sorted(said["member"]) == [0, 1, 2, 3] and set(said["kind"]) <= set(LEVELS)
        assert (replied["member"] - COMPANION).to_list() == replied["target"].to_list()
        assert said["ordinal"].max() < replied["ordinal"].min()


def test_convictions_follow_the_equation_where_there_is_no_chance():
    """One user whose companion always affirms, by hand; what it says lies at one of the two levels beside its conviction."""
    steady = {"conviction_spread": 0, "susceptibility_spread": 0}
    found = chats(
        steps=10, size=1, unrest=0, sycophancy=10, themes={"persecution": 1.0},
        personas={"prone": steady, "steady": {**steady, "susceptibility": 0.9, "conviction": 0.35, "reversion": 0.02}},
    )[0, "baseline"]  # fmt: skip
    conviction, levels = 0.35, []
    for _ in range(10):
        levels.append(conviction)
        conviction += 0.12 * 0.9 * (1 - conviction) - 0.02 * (conviction - 0.1)
    user = found.members.filter(pl.col("member") == 0)
    assert user["conviction_end"].item() == pytest.approx(conviction, abs=1e-12)
    said = found.events.filter(pl.col("member") == 0).sort("step")
    for now, kind, amount in zip(levels, said["kind"], said["amount"], strict=True):
        position = 0.1 + 0.2 * LEVELS.index(kind)
        assert abs(position - now) < 0.2 or now > 0.9
        assert amount == round(100 * float(expit(6 * (position - 0.45))))


def test_nobody_affirms_with_no_sycophancy_and_all_do_with_much():
    assert outcome(chats(sycophancy=0), "affirmation", "baseline").item() == 0
    assert outcome(chats(sycophancy=100), "affirmation", "baseline").item() == 1
    off = chats([("sycophancy", {"k": 0.95})])
    assert off[0, "policy"].events.drop("arm").equals(off[0, "baseline"].events.drop("arm"))


def test_prone_users_grow_deluded_steady_ones_do_not_and_state_aware_replies_stop_it():
    found = chats(["state_aware"], draws=12)
    before, after = (outcome(found, "delusion_slope", arm) for arm in ("baseline", "policy"))
    steady = [outcome(found, "steady_slope", arm) for arm in ("baseline", "policy")]
    assert before.mean() > 0.01 > 0 > steady[0].mean()
    assert after.mean() < 0.4 * before.mean()
    assert abs(steady[1] - steady[0]).mean() < 0.001


def test_each_policy_does_what_it_says():
    found = chats(["always_ground"], draws=4)
    assert outcome(found, "affirmation", "policy").max() == 0
    assert (
        outcome(found, "conviction_end", "policy").max() < outcome(found, "conviction_end", "baseline").min()
    )
    limited = chats([("session_limit", {"turns": 3, "pause": 2})])
    said = limited[0, "policy"].events.filter(pl.col("kind").is_in(LEVELS))["step"]
    assert set(said) == {step for step in range(20) if step % 5 < 3}
    referred = chats([("human_referral", {"tau": 0.5, "accepted": 1.0, "turns": 4})])[0, "policy"].events
    taken = referred.filter(pl.col("kind") == "refer").sort("step").row(0, named=True)
    replies = referred.filter(
        pl.col("target") == taken["member"], pl.col("step").is_between(taken["step"], taken["step"] + 3)
    )
    assert (
        replies.height == 4
        and set(replies["kind"]) == {"ground"}
        and set(replies["policy"]) == {"human_referral"}
    )


def test_a_peer_answers_only_its_own_group_and_nobody_alone_is_answered_by_one():
    found = chats([("peer_group", {"share": 1.0, "members": 2})], size=3)[0, "policy"].events
    touched = found.filter(pl.col("policy") == "peer_group")
    assert touched.height and set(touched["target"]) <= {0, 1}


def test_replacing_one_reply_moves_only_what_comes_after_it():
    found = chats([("replace_reply", {"start": 8, "by": "ground"})], sycophancy=2)
    one, two = (found[0, arm].events.drop("arm") for arm in ("baseline", "policy"))
    early = pl.col("step") < 8
    assert one.filter(early).equals(two.filter(early)) and not one.equals(two)
    replaced = two.filter(pl.col("policy") == "replace_reply")
    assert set(replaced["step"]) == {8} and set(replaced["kind"]) == {"ground"}
    affirmed = one.filter(pl.col("step") == 8, pl.col("kind") == "affirm")["target"]
    assert set(replaced["target"]) == set(affirmed)
    user = int(affirmed[0])
    single = chats([("replace_reply", {"start": 8, "user": user})], sycophancy=2)[0, "policy"].events
    assert single.filter(pl.col("policy") == "replace_reply")["target"].to_list() == [user]


def test_slopes_are_least_squares():
    found = chats(steps=9)[0, "baseline"]
    runs = Runs(found.members.select("draw", "seed", "arm").unique(), found.events, found.members)
    for row in slopes(runs).iter_rows(named=True):
        said = found.events.filter(pl.col("member") == row["member"]).sort("step")
        fitted = np.polyfit(said["step"].to_numpy(), said["amount"].to_numpy() / 100, 1)[0]
        assert row["slope"] == pytest.approx(fitted, abs=1e-12)


def test_a_crossing_is_found_where_the_table_shows_it():
    scores = [11, 29, 57, 29, 57, 57, 82, 57, 94, 82]
    kinds = {11: "sober", 29: "wondering", 57: "suspecting", 82: "convinced", 94: "certain"}
    events = pl.DataFrame(
        {
            "step": range(10),
            "member": [3] * 10,
            "kind": [kinds[s] for s in scores],
            "amount": scores,
            "status": ["done"] * 10,
        }
    )
    tables = Tables(events, events.head(0), events.head(0))
    (found,) = delusion_crossing(tables, {"threshold": 1, "level": 0.7, "calm": 0.3})
    assert (found.member, found.onset, found.reached, found.peak, found.severity) == ("3", 4, 6, 8, 3.0)
    (third,) = delusion_crossing(tables, {"threshold": 3, "level": 0.7, "calm": 0.3})
    assert third.reached == 9
    assert not list(delusion_crossing(tables, {"threshold": 4, "level": 0.7, "calm": 0.3}))


def test_the_text_score_tells_held_out_sentences_apart_and_grows_with_the_level():
    found = score.text_score(THEMES)
    assert found.auroc >= score.LEAST_AUROC
    means = [
        np.mean([found.table[t, level, : found.many[t, level]].mean() for t in range(len(THEMES))])
        for level in range(5)
    ]
    assert means[0] < means[3] and means[1] < means[3] and means[2] < means[4]
    taught = {text for levels in score.sentences().values() for texts in levels for text in texts[::2]}
    asked = {text for levels in score.sentences().values() for texts in levels for text in texts[1::2]}
    assert not taught & asked


def test_a_text_score_that_tells_nothing_apart_is_refused(monkeypatch):
    monkeypatch.setattr(score, "trained", lambda labelled: lambda texts: np.full(len(texts), 0.5))
    score.text_score.cache_clear()
    config = conf.content("community", "companion_chat")
    config["settings"]["score"] = "text"
    with pytest.raises(ValueError, match=r"AUROC of 0.50, below 0.9: set community.settings.score=level"):
        Builder(config)
    score.text_score.cache_clear()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"settings": {"themes": {}}}, "themes is empty"),
        ({"settings": {"score": "text", "themes": {"weather": 1.0}}}, "no sentences on 'weather'"),
        ({"personas": {"prone": {"share": 1, "words": ""}}}, "one called companion"),
    ],
)
def test_wrong_settings_are_refused_in_a_sentence(change, said):
    config = conf.content("community", "companion_chat")
    config["settings"] = config["settings"] | change.get("settings", {})
    config["personas"] = change.get("personas", config["personas"])
    with pytest.raises(ValueError, match=said):
        Builder(config)
