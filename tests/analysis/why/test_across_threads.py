"""A member, or a raid, over all threads of a span: one act that holds in all of them, each thread lived again by itself."""

import json

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.why.case import WITH, WITHOUT, simulate_futures
from windtunnel.analysis.why.forum.across import across
from windtunnel.analysis.why.forum.batch import ask_batch, incidents_of
from windtunnel.analysis.why.forum.case_of_record import case_of_thread
from windtunnel.analysis.why.forum.several import ask_several, read_acts_asked

DAY = 1440
EVER = 2**53


@pytest.fixture(scope="module")
def record(tmp_path_factory, import_rows):
    """Three hot threads on three days. Rae and Kim come into each as its only hostile voices; Rae opens the third."""
    rows = []
    for day in range(3):
        for at in range(10):
            hot = at >= 2 and at % 2 == 0
            author = ("Rae" if at % 4 == 0 else "Kim") if hot else "ABCD"[(at + day) % 4]
            rows.append(
                {
                    "id": f"p{day}{at}",
                    "parent": None if at == 0 else f"p{day}{at - 1}",
                    "author": "Rae" if day == 2 and at == 0 else author,
                    "time": 1_704_412_800 + 60 * (day * DAY + 7 * at),
                    "text": f"fuck you, you idiot {at}" if hot else f"hello {at}",
                }
            )
    return import_rows(tmp_path_factory.mktemp("across"), rows)


@pytest.fixture(scope="module")
def raid(record):
    return across(record, "author:Rae,Kim", 0, EVER, record.parent / "key")


@pytest.fixture(scope="module")
def incidents(record, raid):
    found, _, rules = incidents_of(record, load_rules(), kind="escalation")
    return raid.took_part(found), rules


def case_of(record, one, rules, post):
    folder = Folder(record)
    posts = folder.read_table("posts")
    return case_of_thread(folder, posts, one, rules, question={"remove": post}, needed=post)


def test_the_moment_is_the_first_post_of_any_of_them_anywhere(record, raid, incidents):
    assert raid.first == 14 and len(raid.members) == 2 and set(raid.posts) == {1, 2, 3}
    asked, rules = incidents
    cases = [case_of(record, one, rules, raid.of_thread(one.place)[0]) for one in asked]
    first, second = (raid.question("suspend", {"hours": 100}, case) for case in cases[:2])
    assert first.at == 15 and "right after their first post" in first.moment
    assert second.at == cases[1].first and "it held by then" in second.moment
    acts = second.schedules[WITH](second.at)
    assert {act.label for act in acts} == {"why", "why-2"} and {act.until for act in acts} == {15 + 6000}
    with pytest.raises(ValueError, match="without them it would not be there"):
        raid.question("suspend", {"hours": 100}, cases[2])
    with pytest.raises(ValueError, match="24 hours that it lasts were over"):
        raid.question("warn", {}, cases[2])


def test_who_is_away_from_the_beginning_writes_nothing(record, raid, incidents):
    asked, rules = incidents
    case = case_of(record, asked[1], rules, raid.of_thread(asked[1].place)[0])
    mind = case.mind()
    try:
        case.infer(range(2), mind)
        question = raid.question("suspend", {"hours": 1000}, case)
        branches = [question.branch(arm, number=1) for arm in (WITHOUT, WITH)]
        events = simulate_futures(case, branches, mind).events
    finally:
        mind.close()
    theirs = {case.member_id(one) for one in raid.members}
    wrote = [
        set(events.filter(pl.col("kind") == "reply", pl.col("seed") == place)["member"]) for place in (0, 1)
    ]
    assert wrote[0] & theirs and not wrote[1] & theirs


def test_one_member_in_one_thread_is_what_suspend_says_there(record, incidents, capsys):
    """An oracle: the same suspension asked of the first thread by `why --suspend --at`."""
    asked, rules = incidents
    one = across(record, "author:Kim", 0, EVER, record.parent / "key")
    (outcome,) = ask_several(
        case_of(record, asked[0], rules, one.of_thread(1)[0]),
        {},
        {"suspend": {"hours": 24}},
        6,
        None,
        one.question,
    )
    words = [
        "why",
        str(record),
        asked[0].id,
        f"--suspend={one.members[0]}:24h",
        f"--at={one.of_thread(1)[0]}",
    ]
    assert main([*words, "--replicates", "6", "--sensitivity", "0", "--json"]) == 0
    table = json.loads(capsys.readouterr().out)["table"]
    assert (outcome.averted, outcome.caused) == (table["n10"], table["n01"])
    assert outcome.forced


def test_the_command_asks_of_all_their_threads_and_says_what_it_leaves_out(record, raid, capsys):
    who = ",".join(raid.members)
    words = ["why", str(record), f"author:{who}", "--acts", "suspend,remove", "--kind", "escalation"]
    words += ["--param", "suspend.hours=48", "--replicates", "1"]
    assert main(words) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "wrote in 3 threads of that span" in said and "3 incidents, 1 future each" in said
    assert "what one would have changed in another is not part of it" in said
    assert "suspend could not be asked of" in said and "without them it would not be there" in said
    assert main([*words, "--since", "2024-01-06", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["thread"] for one in told["incidents"]] == [2, 3] and raid.members[0] in told["about"]


def test_the_kept_answer_of_one_is_not_that_of_another(record, incidents):
    asked, rules = incidents
    acts = read_acts_asked("warn", {})
    both = [
        ask_batch(record, asked[:1], rules, acts, replicates=2, members=one).kept
        for one in (None, across(record, "author:Kim", 0, EVER, record.parent / "key"))
    ]
    assert both[0] != both[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["author:u99999"], "has the pseudonym u99999"),
        (["author:"], "names 0 members"),
        (["author:u00001", "--since", "2030-01-01"], "wrote nothing in that span"),
        (["author:u00001", "--param", "suspend.hours=-1"], "hours above 0"),
        (["author:u00001", "--param", "suspend.until=1"], "suspend.hours=HOURS"),
    ],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(record, words, said, capsys, monkeypatch):
    monkeypatch.chdir(record.parent)
    assert main(["why", str(record), *words, "--acts", "suspend"]) == 2
    assert said in " ".join(capsys.readouterr().err.split())


def test_in_a_run_a_suspension_holds_everywhere_anyhow(tmp_path, capsys):
    (tmp_path / "manifest.json").write_text('{"config": {"community": {"name": "forum"}}}')
    assert main(["why", str(tmp_path), "author:5", "--acts", "suspend"]) == 2
    assert "kept away from all threads at once" in " ".join(capsys.readouterr().err.split())
