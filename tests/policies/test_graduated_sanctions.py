from collections import Counter

import polars as pl
import pytest

SURE = {"detection": 1.0, "heated": 1.0, "false_positive": 0.0, "warn_at": 1, "suspend_at": 2, "ban_at": 4}


def events(tiny_experiment, tiny_world, **given) -> pl.DataFrame:
    experiment = tiny_experiment(
        [("graduated_sanctions", SURE | {"suspend_hours": 2} | given)],
        size=60,
        steps=30,
        settings={"actions_per_moderator_hour": 1000},
    )
    return tiny_world(experiment).log.frame(0, 0, "any")


def test_sanctions_follow_the_count_of_offences(tiny_experiment, tiny_world):
    """A recount from the log: one offence warns, the second and third suspend, the fourth bans."""
    log = events(tiny_experiment, tiny_world)
    sanction = {1: "warn", 2: "suspend", 3: "suspend", 4: "ban"}
    offences: Counter[int] = Counter()
    expected = []
    bad = log.filter(pl.col("kind").is_in(["reply", "post"]), pl.col("tone") != "civil")
    left = dict(log.filter(kind="leave").select("member", "step").iter_rows())
    for step, member in bad.select("step", "member").rows():  # one post a step and member at most
        offences[member] += 1
        if step + 1 < 30 and left.get(member, 99) >= step:
            expected.append((step + 1, sanction[offences[member]], member))
    acts = log.filter(policy="graduated_sanctions").select("step", "kind", "target").rows()
    drifted = set(expected) - set(acts)
    assert set(acts) <= set(expected) and {kind for _, kind, _ in acts} == {"warn", "suspend", "ban"}
    assert len(drifted) < 5, "only members who drifted away meanwhile go without"


@pytest.mark.parametrize("evasion", [0.0, 1.0])
def test_evaders_come_back_with_a_clean_record(tiny_experiment, tiny_world, evasion):
    log = events(tiny_experiment, tiny_world, evasion=evasion)
    out = log.filter(pl.col("kind").is_in(["suspend", "ban"]))
    back = log.filter(kind="evade")
    assert len(out) > 3
    assert set(back.select("step", "target").iter_rows()) == (
        set(out.select("step", "target").iter_rows()) if evasion else set()
    )
    if evasion:
        assert not len(log.filter(kind="ban")), "who starts anew at two offences never has four"


def test_the_warned_are_told_so(tiny_experiment, tiny_world):
    experiment = tiny_experiment([("graduated_sanctions", SURE)], size=60)
    assert experiment.raised() == {"warned"}
    forum = tiny_world(experiment).community
    warned = tiny_world(experiment).log.frame(0, 0, "any").filter(kind="warn")["target"].to_list()
    rows = [forum.members.id.tolist().index(member) for member in warned]
    assert len(rows) > 3 and (forum.warned_until[rows] > 12).all()
