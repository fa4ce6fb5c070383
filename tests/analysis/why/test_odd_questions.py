"""Questions that mean nothing are refused in a sentence: an absence of no time, an hour that no day has, a member not in the record."""

import pytest

from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.question import ask

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
