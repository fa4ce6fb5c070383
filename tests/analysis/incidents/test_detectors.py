"""Each rule on a table whose answer can be seen by eye, and what must not matter to any of them."""

import json
import re
import shlex

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.incidents.find import chosen
from windtunnel.analysis.incidents.forum.acts import ACTS
from windtunnel.analysis.incidents.forum.detectors import DETECTORS
from windtunnel.analysis.incidents.forum.find import find, load_rules, measure

RULES = load_rules()


def acts(rows, arm="baseline") -> pl.DataFrame:
    """Rows of (step, member, kind, place, tone, answered), in order; a post's id is its row's number."""
    table = [
        dict(
            draw=0, seed=0, arm=arm, step=step, ordinal=at, member=member, kind=kind, post=at, parent=None,
            answered=answered, place=place, tone=tone, newcomer=member.startswith("new"), text=None,
        )
        for at, (step, member, kind, place, tone, answered) in enumerate(rows)
    ]  # fmt: skip
    return pl.DataFrame(table, schema=ACTS)


def found(kind, rows, rule=None, arm="baseline", hours=1.0):
    return list(DETECTORS[kind](acts(rows, arm), {**RULES[kind], **(rule or {})}, hours))


def test_an_escalation_is_weight_within_a_window_and_its_edge_lies_outside():
    rule = {"window": 4, "heated": 0.5, "threshold": 2}
    quarrel = [(0, "a", "reply", 1, "hostile", "z"), (3, "b", "reply", 1, "hostile", "z")]
    one = found("escalation", quarrel, rule)[0]
    assert (one.place, one.onset, one.peak, one.severity, one.members) == (1, 0, 3, 2.0, ("a", "b"))
    apart = [quarrel[0], (4, "b", "reply", 1, "hostile", "z")]
    assert not found("escalation", apart, rule)  # four hours on, the first is out of the window
    halves = [(step, "a", "reply", 1, "heated", "z") for step in (0, 1, 2, 3)]
    assert found("escalation", halves, rule)[0].severity == 2.0
    assert not found("escalation", [(*row[:3], place, *row[4:]) for place, row in enumerate(halves)], rule)


def test_a_pile_on_counts_different_members_against_one():
    rule = {"window": 6, "heated": 1, "threshold": 3}
    rows = [
        (0, "a", "reply", 1, "heated", "z"),
        (1, "a", "reply", 1, "hostile", "z"),
        (2, "b", "reply", 1, "hostile", "z"),
    ]
    assert not found("pile_on", rows, rule)
    rows.append((3, "c", "reply", 1, "heated", "z"))
    one = found("pile_on", rows, rule)[0]
    assert (one.member, one.severity, one.onset) == ("z", 3.0, 0)
    assert not found(
        "pile_on", [*rows[:3], (3, "z", "reply", 1, "hostile", "z")], rule
    )  # nobody piles on themselves


def test_a_streak_is_one_member_s_wherever_it_is():
    rule = {"window": 10, "heated": 0, "threshold": 3}
    rows = [(step, "a", "reply", step, "hostile", None) for step in range(3)]
    assert found("rule_breaking_streak", rows, rule)[0].member == "a"
    assert not found("rule_breaking_streak", [*rows[:2], (2, "b", "reply", 2, "hostile", None)], rule)


def test_a_departure_is_mass_when_enough_and_a_large_enough_share_leave():
    rule = {"window": 5, "threshold": 0.5, "least": 2, "regular": 2, "gone": 10}
    rows = [(step, name, "reply", 1, "civil", None) for step, name in enumerate("abcd")]
    leaving = [(5, "a", "leave", None, None, None), (6, "b", "leave", None, None, None)]
    assert found("mass_departure", rows + leaving, rule)[0].severity == 0.5
    assert not found("mass_departure", rows + leaving[:1], rule)
    silent = [
        (at, name, "reply", 1, "civil", None)
        for at, name in ((0, "a"), (1, "a"), (0, "b"), (2, "b"), (30, "c"))
    ]
    one = found("mass_departure", sorted(silent), rule, arm="record")[0]
    assert set(one.members) == {"a", "b"} and one.severity == pytest.approx(2 / 3)


def test_a_newcomer_is_driven_away_when_attacked_and_never_heard_again():
    rule = {"window": 6, "heated": 0, "threshold": 1, "gone": 4}
    rows = [
        (0, "new1", "post", 1, "civil", None),
        (1, "a", "reply", 1, "hostile", "new1"),
        (9, "b", "reply", 1, "civil", "a"),
    ]
    assert found("newcomer_driven_away", rows, rule)[0].member == "new1"
    back = [*rows[:2], (5, "new1", "reply", 1, "civil", "a"), rows[2]]
    assert not found("newcomer_driven_away", back, rule)
    assert not found(
        "newcomer_driven_away", [*rows[:2], (3, "b", "reply", 1, "civil", "a")], rule
    )  # too early to tell


def test_tenths_add_up_to_the_threshold():
    rule = {"window": 50, "heated": 0.1, "threshold": 1}
    rows = [(step, "a", "reply", 1, "heated", "z") for step in range(10)]
    assert found("escalation", rows, rule)[0].severity == 1.0
    assert not found("escalation", rows[:9], rule)


def test_severity_is_the_worst_window_and_the_onset_that_of_the_first_that_suffices():
    rule = {"window": 3, "heated": 0, "threshold": 2}
    steps = [0, 10, 11, 20, 21, 22]
    one = found("escalation", [(step, "a", "reply", 1, "hostile", "z") for step in steps], rule)[0]
    assert (one.onset, one.peak, one.severity, one.shown) == (10, 22, 3.0, (1, 2))


@pytest.mark.parametrize("kind", ["escalation", "pile_on", "rule_breaking_streak"])
def test_a_window_holds_its_beginning_and_not_its_end_at_any_length_of_step(kind):
    rule = {"window": 6, "threshold": 2}

    def two(apart, hours):
        who = ("a", "a") if kind == "rule_breaking_streak" else ("a", "b")
        rows = [(step, name, "reply", 1, "hostile", "z") for step, name in zip((0, apart), who, strict=True)]
        return found(kind, rows, rule, hours=hours)

    for hours in (1.0, 0.5, 1 / 60):
        edge = round(6 / hours)
        assert two(edge - 1, hours) and not two(edge, hours), hours


def test_an_opening_post_counts_for_a_streak_and_not_for_an_escalation():
    rows = [(0, "a", "post", 1, "hostile", None), (1, "a", "reply", 1, "hostile", "z")]
    assert found("rule_breaking_streak", rows, {"threshold": 2})
    assert not found("escalation", rows, {"threshold": 2})


def test_a_pile_on_is_in_one_thread():
    rows = [(step, name, "reply", step, "hostile", "z") for step, name in enumerate("abc")]
    assert not found("pile_on", rows, {"threshold": 3})
    assert found("pile_on", [(*row[:3], 7, *row[4:]) for row in rows], {"threshold": 3})


def test_the_excerpt_is_the_fewest_posts_that_show_it():
    rule = {"window": 12, "heated": 0.25, "threshold": 2}
    tones = ["heated", "hostile", "heated", "heated", "hostile"]
    rows = [(step, "a", "reply", 1, tone, "z") for step, tone in enumerate(tones)]
    assert found("escalation", rows, rule)[0].shown == (1, 4)
    assert found("escalation", rows, {**rule, "threshold": 1.5})[0].shown == (0, 1, 2)
    again = [(step, name, "reply", 1, "heated", "z") for step, name in enumerate("aaabbac")]
    assert found("pile_on", again, {"threshold": 3})[0].shown == (0, 3, 6)


def test_members_are_those_of_the_incident_and_not_of_years_before():
    rule = {"window": 4, "heated": 0, "threshold": 2}
    rows = [(step, name, "reply", 1, "hostile", "z") for step, name in ((0, "a"), (900, "b"), (901, "c"))]
    assert found("escalation", rows, rule)[0].members == ("b", "c")


LEAVERS = [(20 + place, name, "leave", None, None, None) for place, name in enumerate("ab")]


def test_a_departure_is_measured_by_those_present_and_not_by_all_who_ever_came():
    rule = {"window": 5, "threshold": 0.5, "least": 2, "present": 10}
    near = [(15, name, "reply", 1, "civil", None) for name in "abcd"]
    long_ago = [(0, f"old{number}", "reply", 1, "civil", None) for number in range(9)]
    assert found("mass_departure", long_ago + near + LEAVERS, rule)[0].severity == 0.5
    more = [(25, "e", "reply", 1, "civil", None)]
    assert not found("mass_departure", near + LEAVERS + more, rule)  # two of five
    assert found("mass_departure", near + LEAVERS + more, rule | {"threshold": 0.4})[0].severity == 0.4


def test_departures_apart_are_no_mass():
    rule = {"window": 5, "threshold": 0.1, "least": 2}
    apart = [(20, "a", "leave", None, None, None), (25, "b", "leave", None, None, None)]
    assert not found("mass_departure", apart, rule)
    assert found("mass_departure", [apart[0], (24, *apart[1][1:])], rule)


def test_silence_in_a_gap_of_a_record_is_no_departure_and_drives_no_newcomer_away():
    def silent(gap):
        first = [(step, name, "reply", 1, "civil", None) for step in (0, 1) for name in "abc"]
        rule = {"window": 5, "threshold": 0.5, "least": 2, "regular": 2, "gone": 10, "gap": gap}
        return found("mass_departure", [*first, (30, "d", "reply", 1, "civil", None)], rule, arm="record")

    assert len(silent(29)) == 1 and not silent(28)

    def attacked(gap, arm):
        rows = [
            (0, "new1", "post", 1, "civil", None),
            (1, "a", "reply", 1, "hostile", "new1"),
            (30, "b", "reply", 1, "civil", "a"),
        ]
        return found("newcomer_driven_away", rows, {"gap": gap}, arm=arm)

    assert attacked(29, "record") and not attacked(28, "record")
    assert attacked(28, "baseline")  # a run has no gaps: nobody wrote


def test_who_was_a_newcomer_once_and_is_none_any_more_is_not_driven_away_as_one():
    rows = [
        (0, "new1", "post", 1, "civil", None),
        (1, "a", "reply", 1, "hostile", "new1"),
        (40, "b", "reply", 1, "civil", "a"),
    ]
    assert found("newcomer_driven_away", rows)
    table = acts(rows).with_columns(newcomer=pl.lit(False))
    assert not list(DETECTORS["newcomer_driven_away"](table, RULES["newcomer_driven_away"], 1.0))
    later = acts([rows[0], (5, "new1", "reply", 1, "civil", None), (6, *rows[1][1:]), rows[2]])
    settled = later.with_columns(newcomer=pl.col("newcomer") & (pl.col("step") < 5))
    assert list(DETECTORS["newcomer_driven_away"](later, RULES["newcomer_driven_away"], 1.0))
    assert not list(DETECTORS["newcomer_driven_away"](settled, RULES["newcomer_driven_away"], 1.0))


def test_a_newcomer_who_leaves_after_the_attack_need_not_be_waited_for():
    rule = {"window": 6, "gone": 50}
    rows = [(0, "new1", "post", 1, "civil", None), (2, "a", "reply", 1, "hostile", "new1")]
    leave = (3, "new1", "leave", None, None, None)
    assert not found("newcomer_driven_away", rows, rule)
    assert found("newcomer_driven_away", [*rows, leave], rule)[0].shown == (1,)
    gone_before = [rows[0], (1, *leave[1:]), rows[1], (90, "b", "reply", 1, "civil", "a")]
    assert not found("newcomer_driven_away", gone_before, rule)  # already gone when attacked


def test_an_attack_long_after_a_newcomer_s_last_post_drove_nobody_away():
    def attacked(step):
        rows = [(0, "new1", "post", 1, "civil", None), (step, "a", "reply", 1, "hostile", "new1")]
        return found("newcomer_driven_away", [*rows, (90, "b", "reply", 1, "civil", "a")], {"window": 6})

    assert attacked(5) and not attacked(6)


def test_nobody_is_attacked_by_themselves_or_by_heat_alone():
    rows = [(0, "new1", "post", 1, "civil", None), (90, "b", "reply", 1, "civil", "a")]
    for attack in ((1, "new1", "reply", 1, "hostile", "new1"), (1, "a", "reply", 1, "heated", "new1")):
        assert not found("newcomer_driven_away", [rows[0], attack, rows[1]])


@pytest.mark.parametrize("kind", list(DETECTORS))
def test_nothing_is_found_where_nothing_happened(kind):
    for arm in ("baseline", "record"):
        assert not found(kind, [], arm=arm)
        assert not found(kind, [(0, "a", "post", 1, "civil", None)], arm=arm)


QUARREL = [
    (step, name, "reply", 1, "hostile" if step % 2 else "heated", "z")
    for step, name in enumerate("abcdefabcdef")
]


@pytest.mark.parametrize("kind", list(DETECTORS))
def test_civil_posts_elsewhere_and_other_names_change_no_severity(kind):
    before = sorted(one.severity for one in found(kind, QUARREL))
    calm = [(step, "quiet", "reply", 2, "civil", "z") for step in range(12)]
    if kind != "mass_departure":
        assert sorted(one.severity for one in found(kind, sorted(QUARREL + calm))) == before
    renamed = [(step, f"x{name}", what, 77, tone, f"x{to}") for step, name, what, _, tone, to in QUARREL]
    assert sorted(one.severity for one in found(kind, renamed)) == before


def test_an_id_stays_and_names_run_kind_place_and_member():
    one = find(acts(QUARREL), RULES, 1.0)
    assert [each.id for each in one] == [each.id for each in find(acts(QUARREL), RULES, 1.0)]
    assert one[0].id == "escalation-6c73aa66"  # SHA-256 of (0, 0, 'baseline', 'escalation', 1, None)
    assert chosen(one, "escalation") == chosen(one, one[0].id) == chosen(one, one[0].id[:13]) == one[0]
    with pytest.raises(ValueError, match="no incident is called"):
        chosen(one, "riot")


def test_the_same_incident_is_measured_as_it_was_found_and_not_where_it_is_absent():
    table = acts(QUARREL)
    other = acts([row for row in QUARREL if row[4] != "hostile"][:1]).with_columns(seed=pl.lit(1, pl.Int32))
    for one in find(table, RULES, 1.0):
        seen = measure(pl.concat([table, other]), one, RULES, 1.0)
        assert seen.select("seed", "severity").rows() == [(0, one.severity)]


def test_rules_take_numbers_that_there_are_and_refuse_others():
    assert load_rules({"pile_on": {"threshold": 9}})["pile_on"]["threshold"] == 9
    for wrong in ({"riot": {}}, {"pile_on": {"size": 3}}, {"pile_on": {"threshold": "many"}}):
        with pytest.raises(ValueError, match="kind|number"):
            load_rules(wrong)


def test_the_command_lists_a_run_s_incidents_and_marks_its_posts_simulated(tmp_path, capsys):
    out = tmp_path / "out"
    words = [
        "community.size=60",
        "draws=2",
        "seeds=2",
        "steps=16",
        "dowhy=false",
        "baseline=none",
        f"out={out}",
    ]
    assert main(["run", *words]) == 0
    capsys.readouterr()
    assert main(["incidents", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told and {"id", "kind", "place", "onset", "severity"} <= told[0].keys()
    assert all("SIMULATED simulated member" in line for one in told for line in one["excerpt"])
    for kind in {one["kind"] for one in told}:
        assert main(["incidents", str(out), "--kind", kind]) == 0
        said = capsys.readouterr().out
        assert "no basis for a sanction" in said
        (following,) = re.findall(r"^Next: windtunnel (.*)$", said, re.MULTILINE)
        assert main([*shlex.split(following), "--replicates", "1"]) == 0, following
    capsys.readouterr()
    assert main(["incidents", str(tmp_path)]) == 2
    assert "neither manifest.json nor posts.parquet" in capsys.readouterr().err
