"""Each rule on a table whose answer can be seen by eye, and what must not matter to any of them."""

import json

import polars as pl
import pytest

from analysis.cli import main
from analysis.incidents.acts import ACTS
from analysis.incidents.detectors import DETECTORS
from analysis.incidents.find import chosen, find, load_rules, measure

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
    assert main(["incidents", str(out)]) == 0 and "no basis for a sanction" in capsys.readouterr().out
    assert main(["incidents", str(tmp_path)]) == 2
    assert "neither manifest.json nor posts.parquet" in capsys.readouterr().err
