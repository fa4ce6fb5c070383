"""Real threads: the record comes out again act by act, and what has no effect changes nothing."""

import polars as pl
import pytest

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.incidents.base import Incident
from windtunnel.analysis.incidents.forum.acts import acts_of_import
from windtunnel.analysis.incidents.forum.find import load_rules
from windtunnel.analysis.why.answer import estimate, pairs, recurrence
from windtunnel.analysis.why.case import WITH, WITHOUT, Branch, simulate_futures
from windtunnel.analysis.why.forum.answer_record import answer
from windtunnel.analysis.why.forum.case_of_record import case_of_thread, recorded_case
from windtunnel.analysis.why.forum.question import ask
from windtunnel.analysis.why.forum.recorded import Past, replayed_acts
from windtunnel.analysis.why.forum.threads import side_by_side
from windtunnel.sim.communities.forum.record import RecordForum
from windtunnel.sim.communities.forum.record_world import RecordWorld

RULES = load_rules()


def quarrel() -> pl.DataFrame:
    """Two threads of twelve posts among five people; the first grows hostile."""
    rows = []
    for thread, tones in (("a", "ccchchhhchhc"), ("b", "cccccchccccc")):
        for place, tone in enumerate(tones):
            rows.append(
                {
                    "id": f"{thread}{place}",
                    "parent": None if place == 0 else f"{thread}{max(0, place - 1 - place % 3)}",
                    "author": ["Ann", "Bob", "Cid", "Dan", "Eve"][(place * (2 if thread == "a" else 3)) % 5],
                    "time": 1_600_000_000 + 60 * (place * 7 // 2) + (90_000 if thread == "b" else 0),
                    "text": {"c": "Thanks, that works well.", "h": "You fucking idiot, piss off."}[tone],
                }
            )
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def imported(tmp_path_factory, import_rows):
    return import_rows(tmp_path_factory.mktemp("quarrel"), quarrel())


@pytest.fixture(scope="module")
def case(imported):
    return recorded_case(imported, "escalation", RULES)


@pytest.fixture(scope="module")
def mind(case):
    made = case.mind()
    yield made
    made.close()


def test_every_recorded_act_comes_out_again_in_every_draw_of_its_noise(case, mind):
    case.infer(range(5), mind)
    runs = simulate_futures(
        case, [Branch(WITHOUT, case.last, list, number) for number in range(5)], mind
    ).runs
    for run in runs:
        assert replayed_acts(case.record, run).all()
    assert case.replay(runs[0])["acts"] == 12


def test_an_act_that_changes_nothing_averts_nothing(case, mind):
    """A slow mode of no hours: with the record's own noise, and in new futures, both arms are one."""
    question = ask(case, with_="slow_mode", parameters={"hours": 0}, at="comment:2")
    case.infer(range(8), mind)
    found = estimate(*pairs(case, question, mind, range(8)), question)
    assert found["table"] == {"n00": 0, "n01": 0, "n10": 0, "n11": 8}
    without, with_ = pairs(case, question, mind, range(-8, 0))
    assert (without.y == with_.y).all() and (without.severity == with_.severity).all()
    assert (
        recurrence(question, without, with_)["of"] == 8
    )  # a fixed record against these would credit the difference


def test_a_lock_before_the_quarrel_prevents_what_came_after_it_and_nothing_before(case, mind):
    record, thread = answer(case, ask(case, lock=True, at="comment:3"), mind, replicates=4)
    assert record["replay"]["reproduced"] == record["replay"]["acts"] == 12
    assert record["same_luck"] is False and record["quantity"] == "ps_prev"
    assert record["table"] == {"n00": 0, "n01": 0, "n10": 4, "n11": 0}
    assert record["forced"] and record["noise_floor"] == 0
    marks = thread.filter(pl.col("was").is_not_null()).sort("post")["mark"].to_list()
    assert marks[:4] == ["same"] * 4 and set(marks[4:]) == {"prevented"}
    assert record["parting"]["step"] >= ask(case, lock=True, at="comment:3").at


def test_members_whose_situation_is_unchanged_do_what_they_did(case, mind):
    """A warned member is told otherwise; who acts before the warning is not, and the record stands."""
    who = case.incident.members[0]
    question = ask(case, warn=who, at="comment:5")
    asked = case.noticing(question.raised)
    asked.infer([0], mind)
    both = simulate_futures(asked, [question.branch("without"), question.branch("with")], mind)
    thread = side_by_side(asked, both)
    before = thread.filter(pl.col("step") < question.at)
    assert before.height and set(before["mark"]) == {"same"}


def test_a_post_is_removed_under_its_own_number_and_a_stranger_is_refused(case, mind):
    hostile = case.acts.filter(pl.col("tone") == "hostile")["post"][0]
    record, thread = answer(case, ask(case, remove=hostile), mind, replicates=3)
    assert dict(zip(thread["post"], thread["mark"], strict=True))[hostile] == "removed"
    with pytest.raises(ValueError, match="no member"):
        ask(case, warn="Ann")
    with pytest.raises(ValueError, match="comments"):
        ask(case, lock=True, at="comment:99")
    with pytest.raises(ValueError, match="no act called 'slow_mode' is in the record"):
        ask(case, without="slow_mode")


def whole(posts: pl.DataFrame, thread: int) -> Incident:
    """A whole thread as if it were an incident."""
    last = int(posts.filter(pl.col("thread") == thread)["minute"].max())
    return Incident("thread", "escalation", 0, 0, "record", thread, None, last, last, 0.0, (), ())


def assert_reproduced(folder, threads: int) -> int:
    """Replay the longest threads of an imported folder and some others; gives the number of acts."""
    posts = Folder(folder).read_table("posts")
    assert acts_of_import(posts).height == posts.height
    sizes = (
        posts.group_by("thread")
        .len()
        .filter(pl.col("len") > 1)
        .sort(["len", "thread"], descending=[True, False])
    )
    acts = 0
    mind = None
    chosen = (
        sizes["thread"].head(threads // 2).to_list() + sizes["thread"].tail(threads - threads // 2).to_list()
    )
    for thread in dict.fromkeys(chosen):
        made = case_of_thread(Folder(folder), posts, whole(posts, thread), RULES)
        mind = mind or made.mind()
        made.infer([0], mind)
        run = simulate_futures(made, [Branch(WITHOUT, made.last, list, 0)], mind).runs[0]
        done = replayed_acts(made.record, run)
        assert done.all(), f"thread {thread}: {(~done).sum()} of {len(done)} acts"
        acts += len(done)
    return acts


SINCE = pl.col("date").str.to_datetime("%Y-%m-%d") + pl.duration(minutes=pl.col("minute_of_day"))
IRC = "id=post_id,parent=parent_id,thread=conversation_id,author=author,text=text"
CHANNELS = {
    "ubuntu": "time",
    "rust": "time",
    "stripe": "time",
    "ubuntu-meeting": "time",
    "mediawiki": "time",
    "linux": "minute",
}
"""Of #linux the record has no dates, only minutes that count on."""
CORPORA = {
    **{f"irc-disentangled/{name}": ("messages", f"{IRC},{role}={role}") for name, role in CHANNELS.items()},
    "stackexchange-bicycles-meta": (
        "posts",
        "id=post_id,parent=parent_id,thread=conversation_id,author=author,time=created_at,text=text",
    ),
    "stackexchange-conlang-meta": (
        "posts",
        "id=post_id,parent=parent_id,thread=conversation_id,author=author,time=created_at,text=text",
    ),
    "reddit-feminism-2017h2": (
        "posts",
        "id=post_id,parent=parent_id,thread=conversation_id,author=author,minute=minute,status=status,score=score",
    ),
    "moltbook-2026-01": (
        "posts",
        "id=post_id,parent=parent_id,thread=conversation_id,author=author,minute=minute,up=upvotes,down=downvotes",
    ),
}


def bring_in(shared, tmp_path, name):
    """The corpus called so, imported by its table; IRC's date and minutes since (beyond 1440 on a later day) become one time."""
    table, mapping = CORPORA[name]
    corpus, _, channel = name.partition("/")
    posts = pl.read_parquet(shared / "data" / corpus / f"{table}.parquet")
    if channel:
        posts = posts.filter(pl.col("channel") == channel).with_columns(
            time=SINCE.dt.to_string("%Y-%m-%dT%H:%M:%S"), minute="minute_of_day"
        )
    posts.write_parquet(tmp_path / "posts.parquet")
    import_corpus(
        "table",
        tmp_path / "posts.parquet",
        tmp_path / corpus,
        mapping=dict(part.split("=") for part in mapping.split(",")),
        key_file=tmp_path / "key",
    )
    return tmp_path / corpus


@pytest.mark.parametrize("name", ["stackexchange-conlang-meta", "stackexchange-bicycles-meta"])
def test_real_threads_come_out_again_act_by_act(shared, tmp_path, name):
    assert assert_reproduced(bring_in(shared, tmp_path, name), 8) > 40


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", list(CORPORA))
def test_many_threads_of_every_corpus_come_out_again_act_by_act(shared, tmp_path, name):
    assert assert_reproduced(bring_in(shared, tmp_path, name), 120) > 250


@pytest.mark.parametrize(
    "act", [{"lock": True}, {"with_": "slow_mode"}, {"remove": 3}], ids=lambda one: next(iter(one))
)
def test_a_future_is_lived_no_further_than_its_thread_can_change(case, mind, act, monkeypatch):
    """Its thread is the same where it is lived to the end of the record; under a lock it is over long before."""
    question = ask(case, at="comment:4", **act) if "remove" not in act else ask(case, **act)
    numbers = (0, 1, 2, -1, -2, -3)
    case.infer(range(3), mind)
    branches = [question.branch(WITH, None, number) for number in numbers]
    lived = {}
    for whole in (False, True):
        if whole:
            monkeypatch.setattr(RecordWorld, "_settled", lambda world: False)
        futures = simulate_futures(case, branches, mind)
        lived[whole] = case.read(futures).drop("ordinal"), sum(run.decisions for run in futures.runs)
    assert lived[False][0].equals(lived[True][0])
    assert (lived[False][1] < lived[True][1]) == ("lock" in act)


def test_what_answers_one_another_within_a_tick_may_be_written_at_once(tmp_path, import_rows, monkeypatch):
    """Posts, and who owes whom an answer, are the same as where each is written by itself."""
    began = 1_600_000_000
    chain = [
        {
            "id": f"c{n}",
            "parent": None if n == 0 else f"c{n - 1 - n % 2}",
            "author": "FGHI"[n % 3],
            "time": began + 600,
            "text": "Thanks.",
        }
        for n in range(9)
    ]
    case = recorded_case(
        import_rows(tmp_path, pl.concat([quarrel(), pl.DataFrame(chain)])), "thread:1", RULES
    )
    parent = case.record.parent
    assert any(set(parent[list(tick.after)]) & set(tick.after) for tick in case.record.ticks)
    as_recorded, found = RecordForum.as_recorded, []
    for alone in (False, True):
        if alone:
            monkeypatch.setattr(
                RecordForum,
                "as_recorded",
                lambda forum, world, acts: [as_recorded(forum, world, [act]) for act in acts],
            )
        world = Past(case).world
        world.lead()
        found.append(world)
    one, two = (world.community for world in found)
    assert len(one.posts) == 12 + len(chain)
    for name, column in one.posts.__getstate__().items():
        assert (column == getattr(two.posts, name)).all(), name
    assert (one.owes == two.owes).all() and (one.owes >= 0).any()
    assert found[0].log.frame(0, 0, "a").equals(found[1].log.frame(0, 0, "a"))
