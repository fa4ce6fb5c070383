"""Questions that mean nothing are refused in a sentence: an absence of no time, an hour that no day has, a member not in the record."""

import re

import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.incidents.find import parse_rules
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.notes import notes
from windtunnel.analysis.why.forum.question import ask, refuse_off
from windtunnel.analysis.why.forum.several import options_of

START = 1_650_000_000
SAID = {"c": "Thanks, that works well.", "h": "You fucking idiot, piss off."}


@pytest.fixture(scope="module")
def case(tmp_path_factory, import_rows):
    rows = [
        {"id": f"p{at}", "parent": f"p{at - 1}" if at else None, "author": "ABC"[at % 3], "time": START + 1000 * at, "text": SAID[tone]}
        for at, tone in enumerate("cchhhc")
    ]  # fmt: skip
    return recorded_case(import_rows(tmp_path_factory.mktemp("odd"), rows), "escalation", load_rules())


@pytest.mark.parametrize("length", ["0h", "0.001h"])
def test_an_absence_shorter_than_a_step_is_refused_with_the_step(case, length):
    who = case.incident.members[0]
    with pytest.raises(
        ValueError, match=f"--suspend {who}:{length} would keep nobody away: a step lasts 1 minute$"
    ):
        ask(case, suspend=f"{who}:{length}")
    assert ask(case, suspend=f"{who}:0.02h").act["hours"] == 0.02


@pytest.mark.parametrize("at", ["day 1, 25:99", "24:00", "day 0, 01:00", "00:60"])
def test_a_time_that_no_day_has_is_refused(case, at):
    with pytest.raises(
        ValueError, match="is no time: days count from 1, hours from 0 to 23, minutes from 0 to 59"
    ):
        ask(case, lock=True, at=at)
    assert ask(case, lock=True, at="day 1, 00:59").at == 59


def test_a_member_who_is_not_there_is_said_not_to_be_in_the_record(case):
    with pytest.raises(ValueError, match="no member 'u99999' who wrote in this record"):
        ask(case, warn="u99999")


@pytest.fixture(scope="module")
def moderated(tmp_path_factory, import_rows):
    """The same thread with a removal, a lock and a ban in its record, and a post that was removed nobody knows when."""
    place = tmp_path_factory.mktemp("done")
    log = "act,post,thread,member,time\nremove,p3,,,{0}\nlock,,p0,,{1}\nban,,,B,{2}\nban,,,B,{2}\n"
    (place / "log.csv").write_text(log.format(START + 3060, START + 3120, START + 4060), encoding="utf-8")
    rows = [
        {"id": f"p{at}", "parent": f"p{at - 1}" if at else None, "author": "ABC"[at % 3], "time": START + 1000 * at, "text": SAID[tone],
         "status": "removed" if at == 2 else "visible"}
        for at, tone in enumerate("cchhhc")
    ]  # fmt: skip
    mapping = {role: role for role in ("id", "parent", "author", "time", "text", "status")}
    out = import_rows(place, rows, mapping=mapping, mod_log=place / "log.csv")
    return recorded_case(out, "escalation", load_rules())


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"remove": 4, "at": "comment:4"}, "the removal of post 4 .* --without remove-4"),
        ({"lock": True, "at": "comment:4"}, "the lock of the thread .* --without lock"),
        ({"suspend": "B:2h", "at": "comment:5"}, "the ban of member .* --without ban-"),
        ({"remove": 3}, "The record says that post 3 was removed, not when"),
    ],
)
def test_what_the_record_did_already_is_said_of_an_act_asked_again(moderated, asked, said):
    if "suspend" in asked:
        asked = {**asked, "suspend": moderated.moderators[-1].member + ":2h"}
    (told,) = [
        one for one in notes(moderated, ask(moderated, **asked)) if "already" in one or "not when" in one
    ]
    assert re.search(said, told)
    if "at" in asked:
        early = ask(moderated, **{**asked, "at": "comment:1"})
        assert not any("already" in one for one in notes(moderated, early))


@pytest.mark.parametrize(
    ("at", "side"), [("2022-01-01", "before"), ("2023-01-01", "after"), ("99999", "after")]
)
def test_a_moment_outside_of_the_record_is_told_with_its_dates(case, at, side):
    with pytest.raises(
        ValueError, match=rf"{side} what can be asked about here: 2022-04-15 05:20 UTC to 2022-04-1\d"
    ):
        ask(case, lock=True, at=at)


def test_a_member_may_be_named_as_in_the_source(tmp_path, monkeypatch, capsys, import_rows):
    monkeypatch.chdir(tmp_path)
    names = ["Ann", "@bob:x.org", "Cid"]
    rows = [
        {"id": f"p{at}", "parent": f"p{at - 1}" if at else None, "author": names[at % 3], "time": START + 1000 * at, "text": SAID[tone]}
        for at, tone in enumerate("cchhhc")
    ]  # fmt: skip
    import_rows(tmp_path, rows, key_file=None)
    asked = [
        "why",
        "mine",
        "escalation",
        "--replicates",
        "2",
        "--sensitivity",
        "0",
        "--html",
        "page.html",
        "--suspend",
    ]
    assert main([*asked, "@bob:x.org:2h"]) == 0
    said, page = capsys.readouterr().out, (tmp_path / "page.html").read_text(encoding="utf-8")
    pseudonym = re.search(r"^@bob:x\.org is (u\d+)\.$", said, re.MULTILINE)[1]
    assert f"suspending member {pseudonym} for 2 hours" in said and "x.org" not in page
    assert main([*asked, "Zoe"]) == 2 and "nobody in mine bears the name 'Zoe'" in capsys.readouterr().err


def test_a_policy_that_its_parameters_switch_off_is_no_question(case):
    with pytest.raises(ValueError, match="slow_mode with hours=0 is off"):
        refuse_off("slow_mode", {"hours": 0})
    with pytest.raises(ValueError, match="slow_mode with hours=0 is off"):
        options_of("slow_mode", {"hours": 0}, case)
    refuse_off("slow_mode", {"hours": 2})
    assert ask(case, with_="slow_mode", parameters={"hours": 2}).words == "slow mode"


def test_a_rule_that_is_no_number_is_told_by_its_own_name():
    for value in ("nan", "inf"):
        with pytest.raises(ValueError, match=f"escalation.threshold is {value}: give a number"):
            load_rules(parse_rules([f"escalation.threshold={value}"]))
