"""`incidents` and `why` as calls give what the command line prints, and teach what they take."""

import json

import pytest

import windtunnel
from windtunnel import incidents, run, why
from windtunnel.analysis.cli import main


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    where = tmp_path_factory.mktemp("runs") / "mine"
    run(
        {"community.size": 60},
        policy="thread_lock",
        baseline="none",
        draws=2,
        seeds=2,
        steps=16,
        dowhy=False,
        out=where,
    )
    return where


@pytest.fixture(scope="module")
def pond(tmp_path_factory):
    where = tmp_path_factory.mktemp("runs") / "commons"
    run(experiment="commons_greedy", draws=2, dowhy=False, out=where)
    return where


def printed(capsys, *words):
    assert main([*map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_incidents_are_those_of_the_command(out, capsys):
    found = incidents(out, rules={"escalation.threshold": 1})
    told = printed(capsys, "incidents", out, "--rule", "escalation.threshold=1")
    assert len(found) and found["id"].to_list() == [one["id"] for one in told]
    assert set(incidents(out, kind="escalation", rules={"escalation.threshold": 1})["kind"]) == {"escalation"}


def test_the_answer_is_that_of_the_command(out, capsys, tmp_path):
    rules = {"escalation.threshold": 1}
    one = incidents(out, kind="escalation", rules=rules)["id"][0]
    found = why(out, one, lock=True, at="onset", replicates=5, rules=rules)
    words = [
        "why",
        out,
        one,
        "--lock",
        "--at",
        "onset",
        "--replicates",
        5,
        "--rule",
        "escalation.threshold=1",
    ]
    assert found.record == printed(capsys, *words)
    assert found.sentences[-1].startswith("Inside this model") and sum(found.record["table"].values()) == 5
    assert "lock" in found.page(tmp_path / "incident.html").read_text(encoding="utf-8")
    assert "<li>" in found._repr_html_()


def test_other_communities_answer_too(pond):
    found = incidents(pond)
    asked = why(pond, found["id"][0], with_="harvest_cap", at="onset-1", replicates=4)
    assert sum(asked.record["table"].values()) == 4 and len(asked.otherwise)


def test_a_mistake_is_one_sentence(out):
    with pytest.raises(ValueError, match="no incident is of kind 'escalatoin'"):
        incidents(out, kind="escalatoin")
    with pytest.raises(ValueError, match="ask about one thing"):
        why(out, "escalation", rules={"escalation.threshold": 1})
    with pytest.raises(TypeError, match="there is no keyword 'locked'"):
        why(out, "escalation", locked=True)


def test_everything_is_there_at_the_top_and_teaches():
    for name in ("run", "compare", "why", "incidents", "estimate", "sweep", "read"):
        one = getattr(windtunnel, name)
        assert name in windtunnel.__all__ and one.__doc__ and "ValueError" in one.__doc__ or name == "read"
