"""Recorded acts of moderators: part of the past, and each may be taken out of it."""

import json

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.why.case import WITH, WITHOUT, simulate_futures
from windtunnel.analysis.why.forum.answer_record import answer
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.moderators import exempt
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.recorded import replayed_acts

RULES = load_rules()
START = 1_600_000_000
TONES = "chhchhchhc"
WORDS = {"c": "Thanks, that works well.", "h": "You fucking idiot, piss off."}


def brought_in(place, acts):
    """A thread of ten posts, five minutes apart, by four people, and these acts: (act, minute, post, member)."""
    rows = [
        {
            "id": f"a{at}",
            "parent": None if at == 0 else f"a{max(0, at - 1 - at % 2)}",
            "author": ["Ann", "Bob", "Cid", "Dan"][at % 4],
            "time": START + 300 * at,
            "text": WORDS[tone],
        }
        for at, tone in enumerate(TONES)
    ]
    later = [
        {"id": f"b{at}", "parent": None if at == 0 else "b0", "author": "Ann", "time": START + 90_000 + at, "text": WORDS["c"]}
        for at in range(4)
    ]  # fmt: skip
    pl.DataFrame([*rows, *later]).write_csv(place / "posts.csv")
    log = [
        {"act": act, "time": START + 60 * minute, "post": post, "thread": thread, "member": member}
        for act, minute, post, thread, member in acts
    ]
    columns = {
        "act": pl.String,
        "time": pl.Int64,
        "post": pl.String,
        "thread": pl.String,
        "member": pl.String,
    }
    pl.DataFrame(log, schema=columns).write_csv(place / "log.csv")
    mapping = {role: role for role in ("id", "parent", "author", "time", "text")}
    import_corpus(
        "table",
        place / "posts.csv",
        place / "mine",
        mapping=mapping,
        key_file=place / "key",
        mod_log=place / "log.csv",
    )
    return recorded_case(place / "mine", "escalation", RULES)


@pytest.fixture
def make(tmp_path):
    opened = []

    def made(*acts):
        case = brought_in(tmp_path, acts)
        opened.append(case.mind())
        return case, opened[-1]

    yield made
    for mind in opened:
        mind.close()


def futures(case, question, mind, numbers):
    case.infer([max(number, 0) for number in numbers], mind)
    arms = {
        arm: simulate_futures(case, [question.branch(arm, number=number) for number in numbers], mind)
        for arm in (WITHOUT, WITH)
    }
    return {arm: case.read(found) for arm, found in arms.items()}, arms


LAST = 5 * (len(TONES) - 1)


def test_the_recorded_lock_holds_in_the_past_and_its_thread_goes_on_without_it(make):
    case, mind = make(("lock", LAST, None, "a0", None))
    question = ask(case, without="lock")
    assert (question.at, question.quantity, question.on) == (LAST + 1, "pn_backfire", True)
    assert case.last == LAST + 1 + 12 * 60  # the silence under the lock is lived through, with and without
    acts, arms = futures(case, question, mind, range(-12, 0))
    late = {arm: table.filter(pl.col("step") > LAST).height for arm, table in acts.items()}
    assert late[WITH] == 0 and late[WITHOUT] > 0
    before = {arm: table.filter(pl.col("step") <= LAST).drop("arm") for arm, table in acts.items()}
    assert before[WITH].equals(before[WITHOUT])
    locks = {arm: found.events.filter(pl.col("kind") == "lock").height for arm, found in arms.items()}
    assert locks == {WITH: 12, WITHOUT: 0}


def test_with_moderators_acts_in_it_the_record_still_comes_out_act_by_act(make):
    """Replies under the lock, answers to a removed post, somebody banned who writes again: all are in the record."""
    case, mind = make(
        ("remove", 15, "a3", None, None),
        ("warn", 16, None, None, "Cid"),
        ("ban", 26, None, None, "Bob"),
        ("lock", 31, None, "a0", None),
        ("unlock", 41, None, "a0", None),
        ("sticky", 42, None, "a0", None),
    )
    assert [(act.kind, act.minute, act.until) for act in case.moderators] == [
        ("remove", 16, None),
        ("warn", 17, 17 + 24 * 60),
        ("ban", 27, 45),  # a9 is Bob's
        ("lock", 32, 42),
    ]
    assert [act.name for act in case.moderators if act.kind == "lock"] == ["lock"]
    case.infer(range(4), mind)
    question = ask(case, without="remove")
    for run in simulate_futures(
        case, [question.branch(WITH, number=number) for number in range(4)], mind
    ).runs:
        assert replayed_acts(case.record, run).all()
    assert case.record.exempt.nonzero()[0].tolist() == [4, 5, 7, 8]  # answers to a3, and minutes 35 and 40


def test_an_act_is_chosen_by_kind_by_name_and_by_moment(make):
    case, mind = make(
        ("remove", 6, "a1", None, None), ("remove", 11, "a2", None, None), ("lock", 20, None, "a0", None)
    )
    names = [act.name for act in case.moderators]
    assert len(names) == 3 and names[2] == "lock"
    both = ask(case, without="remove")
    assert both.words == "the 2 acts of moderators called remove" and both.at == 7
    one = ask(case, without=names[1])
    assert one.at == 12 and one.words.startswith("the removal of post")
    later = ask(case, without="remove", at="comment:2")
    assert later.at == 12 and later.words == one.words
    left = [policy.label for policy in later.schedules[WITHOUT](later.at)]
    assert left == [names[0], "lock"]
    record, _ = answer(case, one, mind, replicates=3)
    assert record["replay"]["acts"] == record["replay"]["reproduced"] == len(TONES)
    told = {row["what"]: (row["was"], row["would"]) for row in record["moderators"]}
    assert told["the thread is locked"] == (True, True)
    assert sorted(told.values()) == [(True, False), (True, True), (True, True)]


def test_a_removal_that_was_taken_back_puts_the_post_back(make):
    case, mind = make(("remove", 6, "a1", None, None), ("approve", 21, "a1", None, None))
    case.infer([0], mind)
    run = simulate_futures(case, [ask(case, without="remove").branch(WITH)], mind).runs[0]
    said = run.events.filter(pl.col("kind").is_in(["remove", "restore"])).select("step", "kind").rows()
    assert [kind for _, kind in said] == ["remove", "restore"] and said[0][0] >= 7 and said[1][0] >= 22
    assert replayed_acts(case.record, run).all()


def test_somebody_banned_stays_away_and_may_come_back_without_the_ban(make):
    case, mind = make(("ban", LAST, None, None, "Bob"))
    question = ask(case, without="ban")
    acts, _ = futures(case, question, mind, range(-20, 0))
    who = case.moderators[0].member
    late = {
        arm: table.filter((pl.col("step") > LAST) & (pl.col("member") == who)).height
        for arm, table in acts.items()
    }
    assert late[WITH] == 0 and late[WITHOUT] > 0


def test_acts_elsewhere_and_after_the_record_are_no_part_of_the_past(make):
    case, _ = make(("lock", 1501, None, "b0", None), ("ban", 10, None, None, "Nobody"))
    assert (
        case.moderators == ()
        and not exempt(pl.DataFrame({"post": [1], "minute": [0]}), case.record.parent[:1], ()).any()
    )


def test_the_command_takes_an_act_away_and_refuses_one_that_is_not_there(make, tmp_path, capsys):
    make(("lock", LAST, None, "a0", None))
    out = str(tmp_path / "mine")
    capsys.readouterr()
    page = tmp_path / "page.html"
    words = ["--without", "lock", "--replicates", "5", "--json", "--html", str(page)]
    assert main(["why", out, "escalation", *words]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["quantity"] == "pn_backfire" and said["forced"] and said["replay"]["reproduced"] == len(TONES)
    told = page.read_text(encoding="utf-8")
    assert "would it have happened without the lock of the thread?" in told
    assert "the thread is locked" in told and "moderators" in told
    for wrong, sentence in (
        ("remove", "no act called 'remove' is in the record (acts of moderators: lock)"),
        ("slow_mode", "no act called 'slow_mode'"),
    ):
        assert main(["why", out, "escalation", "--without", wrong]) == 2
        found = capsys.readouterr()
        assert sentence in found.err and found.err.count("\n") == 1 and not found.out
    assert main(["why", out, "escalation", "--without", "lock", "--at", str(LAST + 60)]) == 2
    assert "before the moment of --at" in capsys.readouterr().err
