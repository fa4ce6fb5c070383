"""A thread too long to be lived again whole: the part around the moment asked about is, and what came before stands as recorded."""

import json

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.why.answer import happened
from windtunnel.analysis.why.case import WITH, WITHOUT, simulate_futures
from windtunnel.analysis.why.forum import part
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.ranking import rank_replies

RULES = load_rules()
START = 1_650_000_000
SAID = {"c": "Thanks, that works well.", "h": "You fucking idiot, piss off."}
MOST, RUN_UP, LONGEST = 12, 3, 20
HOSTILE = (19, 20, 25, 26, 27)
"""Two hostile replies, in time before the part of a later question, and the three with which it becomes an escalation."""
LENGTH = 40


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr("windtunnel.analysis.incidents.forum.in_time.MOST_REPLAYED", MOST)
    monkeypatch.setattr("windtunnel.analysis.incidents.forum.in_time.LONGEST", LONGEST)
    monkeypatch.setattr(part, "RUN_UP", RUN_UP)


@pytest.fixture(scope="module")
def long(tmp_path_factory, import_rows):
    """A thread of forty posts, five minutes apart, by five people; a moderator locked it for a while, and removed post 5 early."""
    place = tmp_path_factory.mktemp("long")
    rows = [
        {
            "id": f"p{at}",
            "parent": None if at == 0 else f"p{max(at - 1 - at % 3, 0)}",
            "author": "ABCDE"[at % 5],
            "time": START + 300 * at,
            "text": SAID["h" if at in HOSTILE else "c"],
        }
        for at in range(LENGTH)
    ]
    log = [("remove", 6, "p4"), ("lock", 33, "p0"), ("unlock", 34, "p0")]
    table = [{"act": act, "time": START + 300 * at + 60, "post": post} for act, at, post in log]
    pl.DataFrame(table).write_csv(place / "acts.csv")
    return import_rows(place, rows, mod_log=place / "acts.csv")


def told(capsys, *words):
    capsys.readouterr()
    assert main([str(word) for word in words]) == 0
    return capsys.readouterr().out


def case_of(folder, name, **question):
    return recorded_case(folder, name, RULES, question=question)


def test_an_incident_beyond_the_first_posts_is_proposed_and_answered(long, capsys):
    """Severity under a lock is what had been written before it, which can be counted by hand."""
    listed = told(capsys, "incidents", long)
    (line,) = (line for line in listed.splitlines() if line.startswith("Next"))
    assert "--lock --at comment:" in line
    for comment, weight in ((20, 2.0), (26, 4.0)):
        words = (
            "why",
            long,
            "escalation",
            "--lock",
            "--at",
            f"comment:{comment}",
            "--replicates",
            3,
            "--sensitivity",
            0,
        )
        record = json.loads(told(capsys, *words, "--json"))
        assert record["replay"]["acts"] == record["replay"]["reproduced"] == MOST
        assert record["mean_severity"]["with"] == weight
        assert any("40 posts 12 are lived again" in words for words in record["assumptions"])
    assert "Of the thread's 40 posts 12 are lived again, from post 25 to post 36" in told(capsys, *words)


def test_what_came_before_stands_as_it_is_recorded(long):
    """The same acts, in the world's own tables, as the record has: authors, tones, whom they answer, and what was removed."""
    case = case_of(long, "escalation", at="comment:26")
    mind = case.mind()
    case.infer([0], mind)
    run = simulate_futures(case, [ask(case, lock=True, at="comment:26").branch(WITHOUT)], mind)
    columns = ["step", "post", "parent", "answered", "member", "tone", "place", "kind", "removed"]
    lived, recorded = case.read(run).select(columns), case.acts.select(columns)
    assert lived.filter(pl.col("post") > 0).sort("post").equals(recorded.sort("post"))
    assert case.first == int(recorded.filter(pl.col("post") == 25)["step"][0])
    assert lived.filter(pl.col("post") == 5)["removed"].to_list() == [True]


@pytest.mark.parametrize(
    ("name", "question", "first"),
    [
        ("thread:1", {"lock": True, "at": "comment:30"}, 29),
        ("thread:1", {"remove": 35}, 29),
        ("post:33", {"lock": True, "at": "33"}, 29),
        ("thread:1", {"without": "lock"}, 29),
        ("thread:1", {"lock": True, "at": "comment:19"}, 18),
    ],
)
def test_the_part_lies_around_the_moment_asked_about(long, name, question, first):
    case = case_of(long, name, **question)
    asked = ask(case, **question)
    lived = case.acts.filter(pl.col("step") >= case.first)["post"]
    assert (lived[0], len(lived)) == (first, MOST) and case.first <= asked.at <= case.last
    mind = case.mind()
    case.infer([0, 1], mind)
    branches = [asked.branch(arm, number=number) for arm in (WITHOUT, WITH) for number in (0, 1, -1)]
    assert len(happened(case, simulate_futures(case, branches, mind), len(branches)).y) == 6


def test_a_lock_that_came_late_can_be_taken_away_as_its_list_says(long, capsys):
    rows = json.loads(told(capsys, "incidents", long, "--acts", "--json"))
    lock = next(row for row in rows if row["kind"] == "lock")
    assert lock["name"] == "lock"
    words = ("why", long, "thread:1", "--without", "lock", "--replicates", 2, "--sensitivity", 0)
    assert "the lock of the thread" in told(capsys, *words)


def test_replies_that_are_left_out_one_by_one_are_those_lived_again(long):
    case = case_of(long, "escalation", at="comment:26")
    mind = case.mind()
    case.infer(range(2), mind)
    ranked = rank_replies(case, mind, budget=40, futures=2)
    assert {int(row["id"]) for row in ranked["ranked"]} == set(range(25, 29))


def test_a_question_that_spans_too_many_posts_names_a_moment_that_does_not(long, capsys):
    assert main(["why", str(long), "escalation", "--lock", "--at", "comment:2"]) == 2
    said = capsys.readouterr().err
    assert "rests on post 26, 22 posts after" in said and "as --at 10" in said
    words = ("why", long, "escalation", "--lock", "--at", 10, "--replicates", 2, "--sensitivity", 0)
    assert "from post 8 to post 26" in told(capsys, *words)


def test_of_a_longer_past_the_opening_post_and_the_newest_are_told(long, monkeypatch):
    monkeypatch.setattr(part, "TOLD", 5)
    case = case_of(long, "escalation", at="comment:26")
    assert case.numbers.tolist() == [1, 21, 22, 23, 24, *range(25, 37)]
    mind = case.mind()
    case.infer([0], mind)
    run = simulate_futures(case, [ask(case, lock=True, at="comment:26").branch(WITHOUT)], mind).runs[0]
    under_the_lock = 1
    assert case.replay(run) == {"acts": MOST, "reproduced": MOST, "kept": under_the_lock, "not_offered": 0}
