"""Around a thread: the others draw attention away from it, people come in by chance, and all of it comes out again."""

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.why.answer import pairs
from windtunnel.analysis.why.case import WITHOUT, Branch, simulate_futures
from windtunnel.analysis.why.forum.around import tempers
from windtunnel.analysis.why.forum.case_of_record import recorded_case
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.recorded import replayed_acts
from windtunnel.sim.communities.forum.ticks import record_of
from windtunnel.sim.run import lock_step

RULES = load_rules()
PEOPLE = [f"P{number}" for number in range(12)]
SAID = {"c": "Thanks, that works well.", "h": "You fucking idiot, piss off."}


def forum(others: int) -> pl.DataFrame:
    """A thread of 20 posts in five hours, its hot ones all answers to the first of them, and so many lively others."""
    rng = np.random.default_rng(others)
    rows = [
        {"id": f"a{at}", "parent": None if at == 0 else "a0" if at < 4 else "a3", "author": PEOPLE[(5 * at) % 12],
         "time": 1_600_000_000 + 900 * at, "text": SAID["h" if at >= 3 and at % 2 else "c"]}
        for at in range(20)
    ]  # fmt: skip
    for other in range(others):
        rows += [
            {"id": f"b{other}_{at}", "parent": None if at == 0 else f"b{other}_{at // 2 if at % 3 else 0}", "author": PEOPLE[(7 * at + other) % 12],
             "time": 1_600_000_000 + when, "text": SAID["c"]}
            for at, when in enumerate(np.sort(rng.integers(0, 17_000, 24)).tolist())
        ]  # fmt: skip
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def cases(tmp_path_factory, import_rows):
    """The thread alone, and among six others."""
    made = {
        others: import_rows(tmp_path_factory.mktemp(f"around{others}"), forum(others)) for others in (0, 6)
    }
    return {others: recorded_case(place, "escalation", RULES) for others, place in made.items()}


@pytest.fixture(scope="module")
def mind(cases):
    made = cases[0].mind()
    yield made
    made.close()


def test_the_other_threads_are_there_and_the_record_comes_out_again(cases, mind):
    case = cases[6]
    record = case.record
    assert record.own == 20 and len(record.minute) == 20 + 6 * 24 and record.decided()[20:].sum() > 60
    case.infer(range(4), mind)
    runs = simulate_futures(
        case, [Branch(WITHOUT, case.last, list, number) for number in range(4)], mind
    ).runs
    ids = record.post_ids()[record.decided()].tolist()
    for run in runs:
        assert replayed_acts(record, run).all()
        assert set(ids) <= set(run.events["target"].to_list())  # those of the other threads as well


def test_where_others_draw_attention_fewer_stay_with_a_thread_whose_post_is_gone(cases):
    """Removing the post that all hot ones answer: alone the thread keeps their authors, among others it loses most."""
    stayed = {}
    for others, case in cases.items():
        mind = case.mind()
        removed = case.acts.filter(pl.col("tone") == "hostile")["post"][0]
        question = ask(case, remove=removed)
        case.infer(range(12), mind)
        branches = [question.branch("with", number=number) for number in range(12)]
        acts = case.read(simulate_futures(case, branches, mind))
        stayed[others] = acts.filter(pl.col("step") >= question.at).height / 12
        mind.close()
    assert stayed[6] < 0.6 * stayed[0]


def test_with_new_luck_nobody_is_sure_to_come_in(cases, mind):
    case = cases[0]
    case.infer([0], mind)
    question = ask(case, with_="slow_mode", parameters={"hours": 0}, at="comment:4")
    branches = [question.branch(WITHOUT, number=-1 - number) for number in range(20)]
    acts = case.read(simulate_futures(case, branches, mind))
    late = acts.filter(pl.col("step") >= question.at)
    again = late.filter(pl.col("post").is_in(case.numbers.tolist())).height / 20
    assert (
        again < 8
    )  # sixteen replies came in the record; an author who is sure to come in would answer most again
    assert 4 < late.height / 20 < 30  # as many come as did, by the record's pace
    without, with_ = pairs(case, question, mind, range(-12, 0))
    assert (without.y == with_.y).all()


def test_readers_of_whom_the_record_shows_nothing_are_there_under_no_pseudonym(cases):
    case = cases[6]
    unseen = [name for name in case.names if name.startswith("reader ")]
    assert unseen and not set(unseen) & set(Folder(case.folder.path).read_table("posts")["author"])
    rate = case.people.rate
    seen = [place for place, name in enumerate(case.names) if name and name not in unseen]
    assert rate[0] == 0 and rate[seen].min() > rate[[case.names.index(name) for name in unseen]].max() > 0


def test_silence_is_exact_who_would_have_written_is_drawn_again(cases, mind):
    """Of members who come in a share writes: those draws are rejected, and about as many as the mind says."""
    case = cases[6]
    case.infer(range(6), mind)
    again = [
        sum(int(attempt.sum()) for attempt in case.inferred[number].attempt.values()) for number in range(6)
    ]
    assert 5 < np.mean(again) < 400 and len(set(again)) > 1


def test_a_temper_is_what_the_situation_does_not_explain():
    """Five hot replies where they were to be expected say nothing of their author, five where they were not do."""
    rows = 11
    minute, parent = np.arange(rows), np.where(np.arange(rows) == 0, -1, 0)
    author = np.array([1, *[2] * 5, *[3] * 5])
    tone = np.array([0, *[2] * 10])
    record = record_of(minute, author, parent, tone, 4)
    expected = dict.fromkeys(range(1, 6), 3.0) | dict.fromkeys(range(6, 11), -2.0)
    found = tempers(record, np.zeros(5), expected)
    assert found[4] == found[1] == 0 and 0 < found[2] < 0.2 and 0.9 < found[3] < 2
    assert (tempers(record, np.full(5, 0.3), {}) == 0.3).all()


def test_a_reply_to_what_is_not_in_the_record_answers_nobody_in_its_worlds(tmp_path, import_rows):
    gone = pl.when(pl.col("id").is_in(["a7", "a12"])).then(pl.lit("gone"))
    table = forum(0).with_columns(parent=gone.otherwise("parent"), thread=pl.lit("a0"))
    mapping = {role: role for role in ("id", "parent", "author", "time", "text", "thread")}
    case = recorded_case(import_rows(tmp_path, table, mapping=mapping), "escalation", RULES)
    assert np.flatnonzero(case.record.orphan).tolist() == [7, 12]
    mind = case.mind()
    case.infer(range(1), mind)
    world = case.world(Branch(WITHOUT, case.last, list, 0))
    lock_step([world], mind, case.ticks)
    place, posts = world.community, world.community.posts
    rows = np.array([place.row_of(act) for act in range(20)])
    orphan = case.record.orphan
    assert (posts.answered[rows[orphan]] == -1).all() and (posts.thread[rows] == rows[0]).all()
    others = rows[1:][~orphan[1:]]
    assert (posts.answered[others] == posts.author[posts.parent[others]]).all()
    assert (
        not np.isin(place.newest_reply_to, rows[orphan]).any() and not np.isin(place.owes, rows[orphan]).any()
    )
    mind.close()
