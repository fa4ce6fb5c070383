"""Incidents over many runs: names that stay, an order that does not matter, and the same incident looked for again."""

import hashlib
import json
import re

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.base import Tables
from windtunnel.analysis.incidents.find import find as find_in
from windtunnel.analysis.incidents.find import parse_rules
from windtunnel.analysis.incidents.find import severities as severities_in
from windtunnel.analysis.incidents.forum.acts import ACTS, RECORD, acts_of_run
from windtunnel.analysis.incidents.forum.detectors import DETECTORS
from windtunnel.analysis.incidents.forum.find import find, load_rules, measure
from windtunnel.analysis.incidents.forum.find import severities as severities_of
from windtunnel.analysis.incidents.registry import kinds_of
from windtunnel.analysis.outcomes import RUN
from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import make_world, run_worlds

RULES = load_rules()


@pytest.fixture(scope="module")
def runs(tiny_experiment):
    """The acts of four quarrelsome runs, each kind of incident among them."""
    experiment = tiny_experiment([], size=60, steps=30, seeds=4, rates={"hostile_share": 0.3})
    units = [Unit(0, seed, "baseline") for seed in range(4)]
    mind = make_mind(experiment)
    made = run_worlds([make_world(experiment, unit) for unit in units], units, mind, experiment.steps)
    return acts_of_run(
        *(pl.concat([getattr(run, name) for run in made]) for name in ("events", "links", "members"))
    )


def severities(incidents):
    return sorted((one.kind, one.draw, one.seed, one.arm, one.severity, one.onset) for one in incidents)


def test_incidents_of_each_kind_come_worst_first_under_one_name_each(runs):
    found = find(runs, RULES, 1.0)
    assert {one.kind for one in found} >= set(DETECTORS) - {"mass_departure"}
    for kind in DETECTORS:
        worst = [one.severity for one in found if one.kind == kind]
        assert worst == sorted(worst, reverse=True)
        assert min(worst, default=np.inf) >= RULES[kind]["threshold"]
    assert len({one.id for one in found}) == len(found)
    keys = {(one.draw, one.seed, one.kind, one.member, one.place) for one in found}
    assert len(keys) == len(found)
    for one in found:
        assert one.onset <= one.peak and set(one.members) <= set(runs["member"])
        address = repr((one.draw, one.seed, one.arm, one.kind, one.place, one.member))
        assert one.id == f"{one.kind}-{hashlib.sha256(address.encode()).hexdigest()[:8]}"


def test_what_is_shown_was_written_there_from_the_onset_on(runs):
    posts = {(row["seed"], row["post"]): row for row in runs.iter_rows(named=True) if row["post"] is not None}
    for one in find(runs, RULES, 1.0):
        rows = [posts[one.seed, post] for post in one.shown]
        assert rows[0]["step"] >= one.onset
        assert one.place is None or {row["place"] for row in rows} == {one.place}
        assert {row["tone"] for row in rows} <= {"heated", "hostile"}
        if one.kind in ("pile_on", "newcomer_driven_away"):
            assert {row["answered"] for row in rows} == {one.member}


def test_an_escalation_found_by_counting_every_window_by_hand_is_the_same(runs):
    rule, weights = RULES["escalation"], {"hostile": 1.0, "heated": RULES["escalation"]["heated"]}
    expected = {}
    for (seed, place), rows in runs.filter(pl.col("kind") == "reply").group_by("seed", "place"):
        told = [(step, weights.get(tone, 0.0)) for step, tone in rows.select("step", "tone").iter_rows()]
        most = max(
            sum(weight for step, weight in told if end - rule["window"] < step <= end) for end in range(30)
        )
        if most >= rule["threshold"]:
            expected[seed, place] = most
    found = {
        (one.seed, one.place): one.severity for one in find(runs, RULES, 1.0) if one.kind == "escalation"
    }
    assert found == pytest.approx(expected) and len(found) > 3


def test_a_pile_on_found_by_counting_every_window_by_hand_is_the_same(runs):
    rule = RULES["pile_on"]
    heavy = runs.filter(
        pl.col("tone").is_in(["heated", "hostile"]) & (pl.col("member") != pl.col("answered"))
    )
    expected = {}
    for key, rows in heavy.group_by("seed", "place", "answered"):
        told = rows.select("step", "member").rows()
        most = max(
            len({name for step, name in told if end - rule["window"] < step <= end}) for end in range(30)
        )
        if most >= rule["threshold"]:
            expected[key] = float(most)
    found = find(runs, RULES, 1.0)
    assert {(x.seed, x.place, x.member): x.severity for x in found if x.kind == "pile_on"} == expected
    assert expected


def test_a_streak_found_by_counting_every_window_by_hand_is_the_same(runs):
    rule = RULES["rule_breaking_streak"]
    expected = {}
    for key, rows in runs.filter(pl.col("tone") == "hostile").group_by("seed", "member"):
        steps = rows["step"].to_list()
        most = max(sum(end - rule["window"] < step <= end for step in steps) for end in range(30))
        if most >= rule["threshold"]:
            expected[key] = float(most)
    found = find(runs, RULES, 1.0)
    assert {(x.seed, x.member): x.severity for x in found if x.kind == "rule_breaking_streak"} == expected
    assert expected


def test_other_names_and_numbers_of_members_and_places_change_nothing(runs):
    names = runs["member"].unique().sort().to_list()
    other = dict(zip(names, [f"m{place * 7919 % 10007}" for place in range(len(names))], strict=True))
    renamed = runs.with_columns(
        pl.col("member", "answered").replace_strict(other, default=None), -pl.col("place"), pl.col("post") + 5
    )
    assert severities(find(renamed, RULES, 1.0)) == severities(find(runs, RULES, 1.0))


def test_other_runs_in_the_table_and_their_order_change_nothing(runs):
    alone = [one for seed in (2, 0, 3, 1) for one in find(runs.filter(pl.col("seed") == seed), RULES, 1.0)]
    assert sorted(alone) == sorted(find(runs, RULES, 1.0))


def test_calm_posts_of_others_elsewhere_change_nothing(runs):
    calm = runs.head(1).with_columns(
        member=pl.lit("calm"),
        answered=None,
        place=pl.lit(-9, pl.Int64),
        tone=pl.lit("civil"),
        kind=pl.lit("post"),
    )
    calm = pl.concat([calm.with_columns(step=pl.lit(step, pl.Int64), seed=pl.lit(seed, pl.Int32), ordinal=pl.lit(10**6, runs.schema["ordinal"]))
                      for step in range(30) for seed in range(4)])  # fmt: skip
    mixed = pl.concat([runs, calm.select(list(ACTS))]).sort(*RUN, "step", "ordinal")
    kinds = {kind: rule for kind, rule in RULES.items() if kind != "mass_departure"}
    assert sorted(find(mixed, kinds, 1.0)) == sorted(find(runs, kinds, 1.0))


def test_the_same_time_in_finer_steps_has_the_same_incidents(runs):
    finer = runs.with_columns(pl.col("step") * 4)
    coarse = [one[:-6] for one in severities_by_name(find(runs, RULES, 1.0))]
    assert [one[:-6] for one in severities_by_name(find(finer, RULES, 0.25))] == coarse


def severities_by_name(incidents):
    return [f"{one.id} {one.severity} {one.members} {one.shown} {one.seed:06}" for one in sorted(incidents)]


def test_every_incident_is_measured_as_it_was_found_and_in_its_own_run_alone_as_among_others(runs):
    for one in find(runs, RULES, 1.0):
        among = measure(runs, one, RULES, 1.0).filter(pl.col("seed") == one.seed)
        alone = measure(runs.filter(pl.col("seed") == one.seed), one, RULES, 1.0)
        assert (
            among.select("severity", "onset").rows()
            == [(one.severity, one.onset)]
            == alone.select("severity", "onset").rows()
        )


def test_an_incident_whose_acts_are_gone_is_not_measured(runs):
    for one in find(runs, RULES, 1.0):
        here = (pl.col("seed") == one.seed) & pl.col("tone").is_in(["heated", "hostile"])
        assert measure(runs.filter(~here), one, RULES, 1.0).filter(pl.col("seed") == one.seed).is_empty()


def test_a_newcomer_driven_away_in_a_record_is_so_in_its_thread_alone_however_soon_that_ends():
    rows = [
        (0, "a", "post", 1, "civil", None),
        (5000, "new", "reply", 1, "civil", "a"),
        (5001, "a", "reply", 1, "hostile", "new"),
        (5002, "b", "reply", 1, "civil", "a"),
        (6000, "b", "post", 2, "civil", None),
    ]
    table = pl.DataFrame(
        [
            dict(draw=0, seed=0, arm=RECORD, step=step, ordinal=at, member=member, kind=kind, post=at, parent=None,
                 answered=answered, place=place, tone=tone, newcomer=member == "new", text=None)
            for at, (step, member, kind, place, tone, answered) in enumerate(rows)
        ],
        schema=ACTS,
    )  # fmt: skip
    (one,) = find(table, RULES, 1 / 60)
    assert (one.kind, one.member, one.place) == ("newcomer_driven_away", "new", 1)
    thread = table.filter(pl.col("place") == 1)
    assert not find(thread, RULES, 1 / 60)  # a minute of silence would not do to find it
    assert measure(thread, one, RULES, 1 / 60)["severity"].to_list() == [1.0]
    back = thread.with_columns(member=pl.when(pl.col("post") == 3).then(pl.lit("new")).otherwise("member"))
    assert measure(back, one, RULES, 1 / 60).is_empty()


def test_rules_are_set_in_words_and_wrong_words_are_told():
    given = parse_rules(["escalation.threshold=2", "pile_on.window=3", "escalation.window=1e1"])
    assert given == {"escalation": {"threshold": 2.0, "window": 10.0}, "pile_on": {"window": 3.0}}
    for wrong in ("", "escalation", "escalation.threshold", "escalation.threshold=many"):
        with pytest.raises(ValueError, match=re.escape(repr(wrong))):
            parse_rules([wrong])
    for refused in ("riot.threshold=1", "escalation.size=1", "escalation=1", "pile_on.window=0", "pile_on.heated=-1",
                    "pile_on.threshold=nan", "pile_on.window=inf"):  # fmt: skip
        with pytest.raises(ValueError):
            load_rules(parse_rules([refused]))


WORDS = "Hi \x1b[31m<b>you</b>\n\u202eidiot =1+1"


@pytest.fixture
def imported(tmp_path):
    """A small imported community in which one member is answered with hostility by four others."""
    rows = [
        dict(post=1, thread=1, parent=None, kind="thread", author="u1", minute=0, tone="civil", text="hello")
    ]
    for at, author in enumerate(("u2", "u3", "u4", "u5"), 2):
        rows.append(
            dict(
                post=at,
                thread=1,
                parent=1,
                kind="reply",
                author=author,
                minute=at,
                tone="hostile",
                text=WORDS,
            )
        )
    Folder(tmp_path / "mine").write_table("posts", pl.DataFrame(rows))
    return tmp_path / "mine"


def test_an_imported_community_s_words_are_shown_only_when_asked_for(imported, capsys):
    assert main(["incidents", str(imported)]) == 0
    told = capsys.readouterr().out
    assert "pile_on-" in told and "idiot" not in told and "no basis for a sanction" in told
    assert main(["incidents", str(imported), "--json"]) == 0
    assert all(one["excerpt"] is None for one in json.loads(capsys.readouterr().out))
    assert main(["incidents", str(imported), "--json", "--excerpts", "--kind", "pile_on"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert one["member"] == "u1" and one["members"] == ["u2", "u3", "u4", "u5"] and one["severity"] == 4
    assert len(one["excerpt"]) == 4 and "SIMULATED" not in one["excerpt"][0]
    assert main(["incidents", str(imported), "--excerpts"]) == 0
    told = capsys.readouterr().out
    assert "idiot" in told and "\x1b" not in told and "\u202e" not in told
    assert all(
        line.startswith("  post ") for line in told.splitlines() if "idiot" in line
    )  # no word escapes its line


def test_a_list_says_what_severity_counts_whom_it_happened_to_which_posts_and_what_to_ask_next(
    imported, capsys
):
    assert main(["incidents", str(imported), "--kind", "pile_on", "--excerpts"]) == 0
    told = capsys.readouterr().out
    assert "on u1" in told and "several members answer one member with heat" in told
    assert "(12 hours; listed from 4)" in told and "post 2, u2: " in told
    name = re.search(r"pile_on-\w{8}", told)[0]
    assert f"Next: windtunnel why {imported} {name} --lock --at comment:1" in told
    assert main(["incidents", str(imported), "--most", "1"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"\d more \(.*\w \d\): --most \d lists them all, --kind", told)
    assert "--excerpts shows the posts" in told
    lowered = ["--rule", "rule_breaking_streak.threshold=1"]
    assert main(["incidents", str(imported), "--kind", "rule_breaking_streak", *lowered]) == 0
    assert "ask about a place, as thread:ID or post:ID" in capsys.readouterr().out


def test_the_command_takes_other_numbers_and_says_what_a_user_got_wrong(imported, capsys):
    assert (
        main(["incidents", str(imported), "--rule", "escalation.threshold=99", "--kind", "escalation"]) == 0
    )
    assert "No incident" in capsys.readouterr().out
    for wrong, told in (
        (["--rule", "escalation.threshold"], "sets no rule"),
        (["--rule", "riot.threshold=1"], "choose from escalation"),
        (["--most", "0"], "--most is 0"),
        (["--seed", "7"], "has no seed 7: it has 0"),
        (["--arm", "policy"], "has no arm policy: it has record"),
    ):
        assert main(["incidents", str(imported), *wrong]) == 2
        complaint = capsys.readouterr().err
        assert told in complaint and complaint.count("\n") == 1


def table_of(rows):
    """Acts of one run from rows of (step, member, kind, place, tone, answered)."""
    return pl.DataFrame(
        [
            dict(draw=0, seed=0, arm="baseline", step=step, ordinal=at, member=member, kind=kind, post=at, parent=None,
                 answered=answered, place=place, tone=tone, newcomer=False, text=None)
            for at, (step, member, kind, place, tone, answered) in enumerate(rows)
        ],
        schema=ACTS,
    )  # fmt: skip


HOSTILE = [(at, f"m{at}", "reply", 1, "hostile", "z") for at in range(6)]
STREAK = [(at, "m", "reply", at, "hostile", None) for at in range(6)]
LEAVING = [
    *[(at % 5, f"m{at}", "reply", 1, "civil", None) for at in range(20)],
    *[(6 + at, f"m{at}", "leave", None, None, None) for at in range(6)],
]


@pytest.mark.parametrize(
    ("kind", "rows", "keep", "severity"),
    [
        ("escalation", HOSTILE, 2, 2.0),
        ("escalation", HOSTILE, 0, None),
        ("escalation", [(*row[:4], "heated", "z") for row in HOSTILE] + HOSTILE, 6, 1.5),
        ("pile_on", HOSTILE, 3, 3.0),
        ("pile_on", HOSTILE, 1, 1.0),
        ("rule_breaking_streak", STREAK, 2, 2.0),
        ("mass_departure", LEAVING, 24, 0.2),
        ("mass_departure", LEAVING, 21, 0.05),
        ("mass_departure", LEAVING, 20, None),
    ],
)
def test_below_the_threshold_the_severity_is_what_the_rule_counts(kind, rows, keep, severity):
    """An incident's severity is looked for again in a run that has only the first acts of it."""
    (one,) = find(table_of(rows), {kind: RULES[kind]}, 1.0)
    table = table_of(rows[:keep]) if keep else table_of(rows).filter(pl.col("tone") == "civil")
    found = severities_of(table, one, RULES, 1.0)
    assert measure(table, one, RULES, 1.0).is_empty()
    if severity is None:
        assert found.is_empty()
    else:
        assert found["severity"].to_list() == [pytest.approx(severity)] and found["happened"].to_list() == [
            False
        ]


def test_the_step_and_the_post_that_reached_the_threshold_are_told():
    (one,) = find(table_of(HOSTILE), {"escalation": RULES["escalation"]}, 1.0)
    assert (one.reached, one.crossing, one.peak) == (2, 2, 5)
    (gone,) = find(table_of(LEAVING), {"mass_departure": RULES["mass_departure"]}, 1.0)
    assert gone.reached == 10


def test_a_removed_post_weighs_what_the_rule_says():
    table = table_of(HOSTILE).with_columns(removed=pl.col("post") < 2)
    for weight, severity in ((1, 6.0), (0.5, 5.0), (0, 4.0)):
        rule = {"escalation": {**RULES["escalation"], "removed": weight}}
        assert find(table, rule, 1.0)[0].severity == severity
    rule = {"pile_on": {**RULES["pile_on"], "removed": 0}}
    assert find(table, rule, 1.0)[0].severity == 4.0


def test_the_kinds_of_a_forum_find_what_its_acts_show(tiny_experiment):
    experiment = tiny_experiment([], size=60, steps=30, seeds=4, rates={"hostile_share": 0.3})
    units = [Unit(0, seed, "baseline") for seed in range(4)]
    mind = make_mind(experiment)
    made = run_worlds([make_world(experiment, unit) for unit in units], units, mind, experiment.steps)
    events, links, members = (
        pl.concat([getattr(run, name) for run in made]) for name in ("events", "links", "members")
    )
    tables = Tables(events, links, members)
    found = find_in(tables, kinds_of("forum"), RULES)
    assert found == find(acts_of_run(events, links, members), RULES, 1.0)
    assert len({one.kind for one in found}) > 2
    worst = found[0]
    again = severities_in(tables, worst, kinds_of("forum")[worst.kind], RULES[worst.kind])
    acts = acts_of_run(events, links, members)
    assert again.equals(severities_of(acts, worst, RULES, 1.0))
