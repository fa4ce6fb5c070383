"""Every recorded act of a moderator can be asked about by the line that stands beside it."""

import json
import shlex

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.incidents.forum.recorded_acts import recorded_acts


@pytest.fixture(scope="module")
def moderated(tmp_path_factory, import_rows):
    """A hot thread that was locked, a reply removed in it, a member banned; another that nobody touched."""
    place = tmp_path_factory.mktemp("moderated")
    rows = [
        {
            "id": f"p{at}",
            "parent": None if at in (0, 9) else ("p0" if at < 9 else "p9"),
            "author": "ABCD"[at % 4],
            "time": 1_704_412_800 + 60 * at,
            "text": "hello" if at in (0, 9, 10) else f"fuck you, idiot {at}",
        }
        for at in range(11)
    ]
    acts = [
        ("remove", "p3", None, 1_704_413_050),
        ("lock", "p0", None, 1_704_413_100),
        ("ban", None, "C", 1_704_413_200),
        ("unlock", "p0", None, 1_704_413_160),
        ("ban", None, "Stranger", 1_704_413_200),
    ]
    log = pl.DataFrame(acts, schema=["act", "post", "member", "time"], orient="row")
    log.write_csv(place / "log.csv")
    return import_rows(place, rows, mod_log=place / "log.csv")


def test_the_acts_are_those_of_the_list_with_what_they_were_done_to(moderated):
    found = recorded_acts(moderated)
    assert [(one.kind, one.minute, one.thread, one.name) for one in found] == [
        ("remove", 4, 1, "remove-4"),
        ("lock", 5, 1, "lock"),
        ("ban", 6, 1, f"ban-{found[2].member}"),
    ]


def test_each_line_is_a_question_that_is_answered(moderated, capsys):
    assert main(["incidents", str(moderated), "--acts", "--json"]) == 0
    lines = [one["why"] for one in json.loads(capsys.readouterr().out)]
    assert len(lines) == 3
    for line in lines:
        words = shlex.split(line)[1:]
        assert main([*words, "--replicates", "2", "--sensitivity", "0", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["happened"] in (True, False)


def test_dates_choose_acts_and_incidents(moderated, capsys):
    assert main(["incidents", str(moderated), "--acts", "--since", "2024-01-05T00:05"]) == 0
    said = capsys.readouterr().out
    assert "lock of thread 1" in said and "removal of post" not in said and "2024-01-05 00:05" in said
    for words, count in (
        (["--since", "2024-01-06"], 0),
        (["--until", "2024-01-05"], 1),
        (["--since", "day 1"], 1),
    ):
        assert main(["incidents", str(moderated), "--kind", "escalation", "--json", *words]) == 0
        assert len(json.loads(capsys.readouterr().out)) == count


def test_a_record_without_a_list_and_a_run_are_told_so(tmp_path, import_rows, capsys):
    out = import_rows(tmp_path, [{"id": "a", "parent": None, "author": "A", "time": 0, "text": "x"}])
    assert main(["incidents", str(out), "--acts"]) == 2
    assert "import the record with --mod-log" in capsys.readouterr().err
    (tmp_path / "manifest.json").write_text("{}")
    assert main(["incidents", str(tmp_path), "--acts"]) == 2
    assert "--acts is for imported communities" in capsys.readouterr().err


def test_a_list_of_threads_is_found_by_a_day(moderated, capsys):
    assert main(["incidents", str(moderated), "--find", "date:2024-01-05"]) == 0
    said = capsys.readouterr().out
    assert "thread:1" in said and "thread:2" in said


def test_an_act_that_cannot_be_asked_about_is_counted_with_its_reason(tmp_path, import_rows, capsys):
    rows = [{"id": "a", "parent": None, "author": "A", "time": 1_704_412_800, "text": "hello there"}]
    log = pl.DataFrame({"act": ["lock", "lock"], "post": ["a", "a"], "time": [1_704_412_860, 1_800_000_000]})
    log.write_csv(tmp_path / "log.csv")
    out = import_rows(tmp_path, rows, mod_log=tmp_path / "log.csv")
    assert main(["incidents", str(out), "--acts"]) == 0
    said = capsys.readouterr().out
    assert said.count("thread:1 --without lock") == 2 and "1 act cannot be asked about: it locked" in said
