"""Several acts of all incidents of a span: each as `why` answers it alone, kept as it goes, summed over incidents."""

import json

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.causal.intervals import mean_difference
from windtunnel.analysis.cli import main
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.why.forum import batch
from windtunnel.analysis.why.forum.batch import ask_batch, incidents_of
from windtunnel.analysis.why.forum.several import read_acts_asked

ACTS = read_acts_asked("lock,remove,slow_mode", {"slow_mode.hours": 2})
DAY = 1440


@pytest.fixture(scope="module")
def record(tmp_path_factory, import_rows):
    """Three hot threads on three days, of four members each; the last opens with a quiet hour."""
    rows = []
    for day in range(3):
        for at in range(9):
            minute = day * DAY + 7 * at + (60 if day == 2 and at else 0)
            hot = at >= 3 and at % 2
            rows.append(
                {
                    "id": f"p{day}{at}",
                    "parent": None if at == 0 else f"p{day}{at - 1}",
                    "author": "ABCD"[(at + day) % 4],
                    "time": 1_704_412_800 + 60 * minute,
                    "text": f"fuck you, you idiot {at}" if hot else f"hello {at}",
                }
            )
    return import_rows(tmp_path_factory.mktemp("batch"), rows)


@pytest.fixture(scope="module")
def asked(record):
    rules = load_rules()
    incidents, left, rules = incidents_of(record, rules, kind="escalation")
    return incidents, rules, ask_batch(record, incidents, rules, ACTS, replicates=6)


def test_each_outcome_is_what_why_says_of_that_act_alone(record, asked, capsys):
    incidents, _, found = asked
    assert [one.place for one in incidents] == [1, 2, 3]
    for words, name in ((["--lock"], "lock"), (["--with", "slow_mode", "--param", "hours=2"], "slow_mode")):
        command = [
            "why",
            str(record),
            incidents[1].id,
            *words,
            "--replicates",
            "6",
            "--sensitivity",
            "0",
            "--json",
        ]
        assert main(command) == 0
        table = json.loads(capsys.readouterr().out)["table"]
        (mine,) = [one for one in found.outcomes if one.act == name and one.incident == incidents[1].id]
        assert (mine.averted, mine.caused) == (table["n10"], table["n01"])
        assert mine.happened == table["n10"] + table["n11"]


def test_the_sum_is_over_incidents(asked):
    _, _, found = asked
    for act in found.acts:
        net = np.array([one.net for one in found.outcomes if one.act == act.act])
        assert act.incidents == 3 and act.mean == mean_difference(net)
        assert (act.helped, act.harmed) == ((net > 0).sum(), (net < 0).sum())
        assert act.low_half <= act.median <= act.high_half
    means = [act.mean.est for act in found.acts]
    assert means == sorted(means, reverse=True)
    best, other = found.acts[0].act, found.acts[-1].act
    by = {(one.act, one.incident): one.net for one in found.outcomes}
    gaps = [by[best, one.id] - by[other, one.id] for one in found.asked]
    assert found.ahead[other].est == pytest.approx(np.mean(gaps))
    assert all(one.forced for one in found.outcomes if one.act == "lock")


def test_a_question_that_is_stopped_goes_on_where_it_was(record, asked, monkeypatch):
    incidents, rules, _ = asked
    calls, real = [], batch.ask_several

    def some(case, *more):
        calls.append(case.incident.id)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(case, *more)

    monkeypatch.setattr(batch, "ask_several", some)
    with pytest.raises(KeyboardInterrupt):
        ask_batch(record, incidents, rules, {"lock": {}}, replicates=3)
    parts = []
    found = ask_batch(record, incidents, rules, {"lock": {}}, replicates=3, note=parts.append)
    assert calls == [incidents[0].id, incidents[1].id, incidents[1].id, incidents[2].id]
    assert len(found.outcomes) == 3 and sum(parts) <= 3 * batch.SHARE
    again = ask_batch(record, incidents, rules, {"lock": {}}, replicates=3)
    assert len(calls) == 4 and again.content() == found.content()


def test_dates_choose_the_incidents_and_the_table_says_which_helps(record, capsys):
    words = ["why", str(record), "--acts", "lock,warn", "--kind", "escalation", "--replicates", "3"]
    assert main([*words, "--since", "2024-01-06", "--until", "2024-01-06", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert [one["thread"] for one in said["incidents"]] == [2] and len(said["outcomes"]) == 2
    assert main([*words, "--since", "2024-01-06"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "2 incidents, 3 futures each" in said and "would have helped most" in said
    assert "2024-01-06 00:21" in said and "By construction (lock in 2" in said


def test_several_acts_of_one_incident_stand_in_one_table(record, asked, capsys):
    words = [
        "why",
        str(record),
        asked[0][0].id,
        "--acts",
        "lock,remove,slow_mode,suspend",
        "--replicates",
        "3",
    ]
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["acts"]
    assert [one["act"] for one in found] == ["lock", "remove", "slow_mode", "suspend"]
    assert main(words) == 0
    assert "3 futures of the same past" in capsys.readouterr().out


def test_what_is_kept_goes_with_who_is_forgotten(record, asked, tmp_path):
    import shutil

    out = tmp_path / "copy"
    shutil.copytree(record, out)
    assert list((out / "batches").iterdir())
    author = pl.read_parquet(out / "posts.parquet")["author"][0]
    assert main(["forget", str(out), author]) == 0
    assert not list((out / "batches").iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--acts", ""], "--acts names none"),
        (["--acts", "lok"], "no policy is called 'lok'"),
        (["--acts", "lock,lock"], "names lock twice"),
        (["--acts", "lock", "--param", "hours=2"], "write POLICY.KEY=VALUE"),
        (["--acts", "lock", "--lock"], "--lock asks about one act"),
        (["--acts", "lock", "--since", "2031-01-01"], "no incident of that span"),
        (["--acts", "lock", "--since", "2024-01-07", "--until", "2024-01-06"], "lies before --since"),
        (["--since", "2024-01-07"], "say which incident"),
        (["escalation", "--lock", "--since", "2024-01-07"], "choose incidents for --acts"),
        ([], "say which incident"),
    ],
)
def test_a_mistake_is_one_sentence(record, capsys, words, said):
    assert main(["why", str(record), *words]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1


def test_a_run_is_asked_by_its_days(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = [
        "policy=thread_lock",
        "baseline=none",
        "draws=1",
        "seeds=1",
        "community.size=60",
        "steps=24",
        "dowhy=false",
    ]
    assert main(["run", *run, "out=o"]) == 0
    capsys.readouterr()
    words = [
        "why",
        "o",
        "--acts",
        "lock,rule_reminder",
        "--kind",
        "escalation",
        "--replicates",
        "2",
        "--json",
    ]
    assert main([*words, "--rule", "escalation.threshold=1", "--until", "day 1"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["incidents"] and len(said["outcomes"]) == 2 * len(said["incidents"])
