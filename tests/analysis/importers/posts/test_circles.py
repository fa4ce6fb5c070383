"""Records that contradict themselves: who answers whom in a circle, lists whose target is now a post, now a member."""

import networkx as nx
import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.importers.posts.who_answers_what import without_circles

START = 1_700_000_000
HEAD = "id,parent,who,when,text\n"
MAP = {"id": "id", "parent": "parent", "author": "who", "time": "when", "text": "text"}


def brought_in(place, rows, head=HEAD, **options):
    """The posts of a table, and the sentences about it; `rows` are (id, parent, author, minute)."""
    lines = [f"{name},{parent},{who},{START + 60 * minute},words\n" for name, parent, who, minute in rows]
    (place / "posts.csv").write_text(head + "".join(lines), encoding="utf-8")
    named = {"mapping": MAP, "key_file": place / "key", "reader": "words"} | options
    report = import_corpus("table", place / "posts.csv", place / "out", **named)
    return pl.read_parquet(place / "out" / "posts.parquet"), " ".join(report.notes)


def test_the_earliest_post_of_a_circle_answers_none_and_is_counted(tmp_path):
    rows = [
        ("a", "c", "ann", 0),
        ("b", "a", "bob", 5),
        ("c", "b", "cid", 9),
        ("d", "d", "dan", 20),
        ("e", "b", "eve", 30),
    ]
    posts, said = brought_in(tmp_path, rows)
    assert posts["parent"].to_list() == [None, 1, 2, None, 2]
    assert posts["kind"].cast(pl.String).to_list() == ["thread", "reply", "reply", "thread", "reply"]
    assert posts["thread"].to_list() == [1, 1, 1, 2, 1]
    assert "3 posts answer each other in a circle" in said and "1 post answers itself" in said
    assert "older than what" not in said


def test_replies_that_are_older_than_what_they_answer_are_counted(tmp_path):
    posts, said = brought_in(tmp_path, [("b", "a", "bob", 0), ("a", "", "ann", 7), ("c", "b", "cid", 9)])
    assert posts["parent"].to_list() == [2, None, 1]
    assert "1 reply is older than what it answers: kept as it is written" in said


@pytest.mark.parametrize("seed", range(4))
def test_circles_are_those_that_a_library_of_graphs_finds(seed):
    """Beside networkx, on random answers of which many go round."""
    rng = np.random.default_rng(seed)
    parent = (np.arange(60) + rng.integers(1, 60, 60)) % 60 + 1  # nobody answers itself, so there is a circle
    parent[rng.random(60) < 0.02] = 0
    table = pl.DataFrame(
        {
            "post": np.arange(1, 61),
            "time": np.arange(60.0),
            "parent": [f"p{up}" for up in parent],
            "parent_post": parent,
        }
    ).with_columns(pl.col("parent_post").replace({0: None}))
    found, _ = without_circles(table)
    graph = nx.DiGraph([(at + 1, int(up)) for at, up in enumerate(parent) if up])
    earliest = {min(circle) for circle in nx.simple_cycles(graph)}
    assert earliest and set(found.filter(pl.col("parent_post").is_null())["post"]) == earliest | {
        at + 1 for at, up in enumerate(parent) if not up
    }


def test_a_target_is_a_member_where_an_act_is_done_to_members_and_else_a_post(tmp_path):
    log = ["action,target,date,by", *(f"{act},{target},2023-11-14T22:1{at}:00Z,mod" for at, (act, target) in enumerate(
        [("banuser", "bob"), ("removelink", "b"), ("lockthread", "t3_a"), ("warn", "u/ann"), ("remove", "nobody")], 4))]  # fmt: skip
    (tmp_path / "log.csv").write_text("\n".join(log), encoding="utf-8")
    rows = [("a", "", "ann", 0), ("b", "a", "bob", 5)]
    _, said = brought_in(tmp_path, rows, mod_log=tmp_path / "log.csv")
    acts = pl.read_parquet(tmp_path / "out" / "moderation.parquet")
    done = acts.select("act", "post", pl.col("member").is_not_null()).rows()
    assert done == [("ban", None, True), ("remove", 2, False), ("lock", 1, False), ("warn", None, True)]
    assert "1 act of moderators is about nothing in the record" in said


def test_a_target_beside_a_column_of_threads_is_a_member(tmp_path):
    (tmp_path / "log.csv").write_text(
        "action,thread,target,date\nremove,a,bob,2023-11-14T22:14:00Z\n", "utf-8"
    )
    brought_in(tmp_path, [("a", "", "ann", 0), ("b", "a", "bob", 5)], mod_log=tmp_path / "log.csv")
    acts = pl.read_parquet(tmp_path / "out" / "moderation.parquet")
    assert (
        acts["thread"].to_list() == [1]
        and acts["member"].is_not_null().all()
        and acts["post"].is_null().all()
    )


def test_blanks_around_the_names_of_columns_do_not_count_and_bots_are_counted(tmp_path):
    rows = [("a", "", "ann", 0), ("b", "a", "AutoModerator", 5)]
    posts, said = brought_in(tmp_path, rows, head=" id , parent, who ,when ,text\n")
    assert posts["parent"].to_list() == [None, 1]
    assert "1 post is by a bot; it counts as a post, not as a member" in said
