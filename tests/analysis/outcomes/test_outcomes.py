"""Outcomes agree with tables whose values can be counted by eye, and with a recount of a real run."""

from collections import Counter, defaultdict

import polars as pl
import pytest

from windtunnel.analysis.outcomes import (
    OUTCOMES,
    RUN,
    Runs,
    direction,
    find_outcome,
    known_outcomes,
    measure_all,
    published,
    threshold_of,
)
from windtunnel.sim.events import SCHEMA

FOCAL, OTHER = 100, 200
EVENTS = [
    # step, member, kind, target, place, tone, status
    (0, 9, "open", OTHER, OTHER, "civil", "done"),
    (1, 0, "spark", FOCAL, FOCAL, "heated", "done"),
    (1, 1, "reply", 101, FOCAL, "hostile", "done"),
    (2, 2, "reply", 102, FOCAL, "civil", "done"),
    (2, 3, "reply", 103, FOCAL, "hostile", "held"),  # approved at 4
    (3, 1, "reply", 104, FOCAL, "hostile", "cancelled"),
    (3, 4, "reply", 201, OTHER, "hostile", "done"),
    (3, 2, "post", 300, 300, "hostile", "done"),
    (4, None, "approve", 103, FOCAL, "hostile", "done"),
    (3, 5, "report", 101, FOCAL, None, "done"),
    (3, 5, "report", 102, FOCAL, None, "done"),
    (4, None, "remove", 102, FOCAL, "civil", "done"),
    (4, 3, "report", 101, FOCAL, None, "done"),
    (5, 2, "reply", 105, FOCAL, "heated", "evaded"),
    (5, 5, "report", 103, FOCAL, None, "done"),
    (5, 5, "upvote", 102, FOCAL, None, "done"),
    (6, None, "lock", FOCAL, FOCAL, "heated", "done"),
    (6, None, "counterspeech", OTHER, OTHER, "civil", "done"),
    (7, 4, "reply", 106, FOCAL, "civil", "held"),  # never approved
    (7, 4, "post", None, None, "civil", "cancelled"),
]
MEMBERS = [
    # member, group, active_steps, first_active, last_active, saw_hostile
    (1, "regular", 2, 1, 3, 4),
    (2, "regular", 3, 2, 5, 2),
    (3, "newcomer", 2, 2, 8, 9),  # back 6 steps later
    (4, "newcomer", 3, 3, 7, 3),  # 4 steps later is too early to count
    (5, "newcomer", 1, 5, 5, 0),  # came too late to tell in 11 steps
    (6, "newcomer", 0, None, None, 0),
]
BY_HAND = {
    "escalation": 2,  # 101, and 103 from its approval on
    "hostility_elsewhere": 2,  # 201, 300
    "hostile_share": 4 / 6,  # 101, 201, 300, 103 of these, 102 and 105
    "hostile_exposures": 18 / 5,
    "worst_group_exposure": 4.0,  # newcomers 12/3, regulars 6/2
    "newcomer_return": 1 / 2,
    "active_members": 5,
    "posts_kept": 5,  # 102 is gone
    "gini_posts": 1 / 4,  # member 2 wrote three, members 1, 3 and 4 one each
    "moderator_actions": 3,
    "queue_hours": 5,  # 102 and 103 one hour each, 106 from hour 8 to the end
    "open_reports": 2,  # 101, reported twice, and 103, approved before its report
    "wrongful_removals": 1,
    "civil_posts": 0,
    "civil_posts_lost": 3,  # 102 removed, 106 held to the end, one cancelled
}


def events(rows, run=(0, 0, "baseline")):
    columns = ("step", "member", "kind", "target", "place", "tone", "status")
    whole = [
        dict(zip(RUN, run, strict=True))
        | dict(zip(columns, row, strict=True))
        | {"ordinal": 0, "policy": None, "text": None}
        for row in rows
    ]
    return pl.DataFrame(whole, schema=SCHEMA)


def members(rows, run=(0, 0, "baseline")):
    columns = ("member", "group", "active_steps", "first_active", "last_active", "saw_hostile")
    whole = [dict(zip(RUN, run, strict=True)) | dict(zip(columns, row, strict=True)) for row in rows]
    kinds = {"draw": pl.Int32, "seed": pl.Int32, "arm": pl.String, "member": pl.Int64, "group": pl.String}
    return pl.DataFrame(whole, schema=kinds | dict.fromkeys(columns[2:], pl.Int32))


def by_hand(rows=EVENTS, people=MEMBERS, horizon=None, steps=11):
    runs = pl.DataFrame(
        {"draw": [0], "seed": [0], "arm": ["baseline"]}, schema_overrides={"draw": pl.Int32, "seed": pl.Int32}
    )
    return Runs(runs, events(rows), members(people), horizon, steps)


def value(name, runs):
    return OUTCOMES[name].measure(runs)["value"].item()


@pytest.mark.parametrize("name", BY_HAND)
def test_a_table_counted_by_eye_gives_the_same_value(name):
    assert value(name, by_hand()) == pytest.approx(BY_HAND[name])


def test_every_outcome_has_a_case_counted_by_eye():
    assert set(BY_HAND) == set(OUTCOMES)


def test_a_horizon_counts_the_focal_thread_within_it_alone():
    assert value("escalation", by_hand(horizon=0)) == 1
    assert value("escalation", by_hand(horizon=2)) == 1  # 103 appears 3 steps after the spark
    assert value("escalation", by_hand(horizon=3)) == 2


def test_without_a_spark_there_is_no_escalation_and_all_hostility_is_elsewhere():
    runs = by_hand([row for row in EVENTS if row[2] != "spark"])
    assert value("escalation", runs) == 0 and value("hostility_elsewhere", runs) == 4


def test_what_is_undefined_is_null_and_what_is_merely_absent_is_zero():
    nothing = by_hand([], [])
    found = measure_all(nothing).row(0, named=True)
    undefined = {
        "hostile_share",
        "hostile_exposures",
        "worst_group_exposure",
        "newcomer_return",
        "gini_posts",
    }
    assert {name for name in BY_HAND if found[name] is None} == undefined
    assert all(found[name] == 0 for name in set(BY_HAND) - undefined)


def test_a_removed_post_that_had_once_been_approved_is_lost_all_the_same():
    rows = [
        (2, 3, "reply", 103, FOCAL, "civil", "held"),
        (3, None, "approve", 103, FOCAL, "civil", "done"),
        (4, None, "remove", 103, FOCAL, "civil", "done"),
    ]
    assert value("civil_posts_lost", by_hand(rows)) == 1
    assert value("civil_posts_lost", by_hand(rows[:2])) == 0


def test_a_held_post_that_is_rejected_is_lost_once():
    rows = [(2, 3, "reply", 103, FOCAL, "civil", "held"), (4, None, "remove", 103, FOCAL, "civil", "done")]
    assert value("civil_posts_lost", by_hand(rows)) == 1


def test_cancelled_answers_to_one_post_are_lost_each():
    rows = [(2, author, "reply", 101, FOCAL, "civil", "cancelled") for author in (3, 4)]
    assert value("civil_posts_lost", by_hand(rows)) == 2


def test_an_approved_post_has_its_author():
    found = published(events(EVENTS)).filter(pl.col("target") == 103)
    assert found["member"].to_list() == [3] and found["step"].to_list() == [4]


def test_a_run_is_measured_alike_whatever_other_runs_stand_beside_it():
    alone = by_hand(steps=11)
    later = events([(10, 1, "upvote", 101, FOCAL, None, "done")], (1, 0, "baseline"))
    beside = alone._replace(
        runs=pl.concat([alone.runs, alone.runs.with_columns(draw=pl.lit(1, pl.Int32))]),
        events=pl.concat([alone.events, later]),
        members=pl.concat([alone.members, members(MEMBERS, (1, 0, "baseline"))]),
    )
    assert measure_all(beside).filter(pl.col("draw") == 0).equals(measure_all(alone))


def test_each_outcome_declares_its_polarity_and_a_yaml_of_its_own_threshold():
    from windtunnel.analysis.configuration import compose

    for name, outcome in known_outcomes().items():
        assert outcome.name == name and outcome.polarity in ("harm", "good")
        assert direction(outcome) == {"harm": "preventive", "good": "generative"}[outcome.polarity]
        spec = compose([f"outcome={name}"])["outcome"]
        assert spec["name"] == name and (
            threshold_of(spec, 100) > 0 or name == "steady_slope"
        )  # a slope may have either sign


def test_a_threshold_may_grow_with_the_community():
    assert threshold_of({"threshold": {"least": 2, "per_member": 0.1}}, 50) == 5
    assert threshold_of({"threshold": {"least": 2, "per_member": 0.1}}, 10) == 2
    assert threshold_of({"threshold": 0.4}, 10) == 0.4


@pytest.mark.parametrize(
    "given", [None, "many", True, float("nan"), {"least": 2}, {"least": 2, "per_member": "x"}]
)
def test_a_threshold_that_is_no_number_is_refused(given):
    with pytest.raises(ValueError, match="outcome.threshold is"):
        threshold_of({"threshold": given}, 50)


def test_an_unknown_outcome_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'escalation'"):
        find_outcome("escalatoin")


def recount(log, people, spark, steps):
    """Every outcome of one run once more, row by row in plain Python."""
    held = {row["target"]: row for row in log if row["status"] == "held"}
    approved = {row["target"] for row in log if row["kind"] == "approve"}
    removed = [row for row in log if row["kind"] == "remove"]
    gone = {row["target"] for row in removed}
    written = [row for row in log if row["kind"] in ("post", "reply")]
    visible = [row for row in written if row["status"] in ("done", "evaded")]
    visible += [held[target] for target in approved]
    first_gone = {row["target"]: row["step"] for row in reversed(removed)}
    there = {row["target"]: row["step"] for row in log if row["kind"] == "approve"}
    there |= {row["target"]: row["step"] for row in written if row["status"] == "evaded"}
    visible = [
        row
        for row in visible
        if first_gone.get(row["target"], steps) > there.get(row["target"], row["step"] + 1)
        or row["target"] not in first_gone
    ]
    hostile = [row for row in visible if row["tone"] == "hostile"]
    wrote = sorted(Counter(row["member"] for row in visible).values())
    active = [row for row in people if row["active_steps"]]
    groups = defaultdict(list)
    for row in active:
        groups[row["group"]].append(row["saw_hostile"])
    early = [row for row in active if row["group"] == "newcomer" and row["first_active"] + 6 < steps]
    back = [row for row in early if row["last_active"] - row["first_active"] >= 6]
    apart = sum(abs(one - other) for one in wrote for other in wrote)
    lost = {row["target"] for row in removed if row["tone"] == "civil"}
    lost |= {post for post, row in held.items() if row["tone"] == "civil" and post not in approved}
    dropped = [row for row in written if row["status"] == "cancelled" and row["tone"] == "civil"]
    acts = ("remove", "approve", "lock", "warn", "explain", "suspend", "ban")
    return {
        "escalation": sum(row["place"] == spark and row["target"] != spark for row in hostile),
        "hostility_elsewhere": sum(row["place"] != spark for row in hostile),
        "hostile_share": len(hostile) / len(visible) if visible else None,
        "hostile_exposures": sum(sum(saw) for saw in groups.values()) / len(active) if active else None,
        "worst_group_exposure": max((sum(saw) / len(saw) for saw in groups.values()), default=None),
        "newcomer_return": len(back) / len(early) if early else None,
        "active_members": len(active),
        "posts_kept": sum(row["target"] not in gone for row in visible),
        "gini_posts": apart / (2 * len(wrote) * sum(wrote)) if wrote else None,
        "moderator_actions": sum(row["kind"] in acts for row in log),
        "queue_hours": waited(log, steps),
        "open_reports": unanswered(log),
        "wrongful_removals": sum(row["tone"] == "civil" for row in removed),
        "civil_posts_lost": len(lost) + len(dropped),
        "civil_posts": sum(row["target"] not in gone and row["tone"] == "civil" for row in visible),
    }


def unanswered(log):
    """Posts with a report after whose first no moderator removed or approved them."""
    first = {}
    for row in log:
        if row["kind"] == "report" and row["status"] == "done":
            first[row["target"]] = min(row["step"], first.get(row["target"], row["step"]))
    answered = {
        row["target"]
        for row in log
        if row["kind"] in ("remove", "approve") and row["step"] > first.get(row["target"], row["step"])
    }
    return len(first.keys() - answered)


def waited(log, steps):
    """Steps between the writing of each post and what moderators did to it first, beyond the one in which nobody could act."""
    total = 0
    for row in log:
        if row["kind"] in ("post", "reply") and row["status"] in ("done", "evaded", "held"):
            acted = [
                one["step"]
                for one in log
                if one["kind"] in ("remove", "approve") and one["target"] == row["target"]
            ]
            if acted or row["status"] == "held":
                total += max(min(acted, default=steps) - row["step"] - 1, 0)
    return total


@pytest.mark.parametrize(
    "policies", [["premoderate_newcomers", "remove_hostile"], ["reconsider_prompt", "thread_lock"]]
)
def test_outcomes_of_a_lively_run_equal_a_recount_in_plain_python(policies, tiny_experiment, tiny_world):
    experiment = tiny_experiment(policies, size=60, steps=14)
    for arm in ("baseline", "policy"):
        world = tiny_world(experiment, arm)
        log = world.log.frame(0, 0, arm)
        people = world.community.members.frame(
            0, 0, arm, tuple(p.name for p in world.community.scene.personas)
        )
        runs = pl.DataFrame(
            {"draw": [0], "seed": [0], "arm": [arm]}, schema_overrides={"draw": pl.Int32, "seed": pl.Int32}
        )
        found = measure_all(Runs(runs, log, people, None, 14)).row(0, named=True)
        spark = log.filter(pl.col("kind") == "spark")["target"].item()
        again = recount(log.to_dicts(), people.to_dicts(), spark, 14)
        assert again["posts_kept"] > 20 and again["hostile_share"] > 0
        for name, expected in again.items():
            assert found[name] == pytest.approx(expected), name
