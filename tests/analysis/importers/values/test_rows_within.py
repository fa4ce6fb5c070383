"""Rows of JSON that stand in lists inside other rows: replies under comments, at any depth, as several products export them."""

import json

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.importers.values.nested import at
from windtunnel.analysis.importers.values.rows_within import rows_within

TREE = [
    ("1", None, "ann", 0),
    ("2", "1", "bob", 3),
    ("3", "2", "ann", 7),
    ("4", "1", "cat", 9),
    ("5", None, "bob", 90),
]
"""Id, parent, author, minute."""
WORDS = "the bracket holds on gravel"


def under(parent, make):
    return [make(*row, under(row[0], make)) for row in TREE if row[1] == parent]


def read(tmp_path, content, mapping):
    file, out = tmp_path / "export.json", tmp_path / "out"
    file.write_text(json.dumps(content))
    assert main(["import", "table", str(file), str(out), "--map", mapping, "--no-fit"]) == 0
    return pl.read_parquet(out / "posts.parquet")


def shape(posts):
    """Parents by place, threads, and the minutes in their order."""
    return posts["parent"].to_list(), posts["thread"].n_unique(), posts["minute"].to_list()


AS_MEANT = ([None, 1, 2, 1, None], 2, [0, 3, 7, 9, 90])


def hacker(name, parent, author, minute, below):
    return {
        "id": int(name), "parent_id": parent and int(parent), "author": author,
        "created_at_i": 1_600_000_000 + 60 * minute, "text": WORDS, "children": below,
    }  # fmt: skip


@pytest.mark.parametrize("parent", ["parent=parent_id,", ""])
def test_children_of_children_are_posts(tmp_path, parent):
    content = {"hits": under(None, hacker)}
    posts = read(tmp_path, content, f"id=id,{parent}author=author,time=created_at_i,text=text")
    assert shape(posts) == AS_MEANT


def test_the_document_itself_may_be_the_post_that_opens(tmp_path):
    posts = read(tmp_path, under(None, hacker)[0], "id=id,author=author,time=created_at_i,text=text")
    assert shape(posts) == ([None, 1, 2, 1], 1, [0, 3, 7, 9])


def test_replies_may_lack_the_beginning_of_a_path(tmp_path):
    def comment(row):
        snippet = {"body": WORDS, "who": row[2], "at": 1_600_000_000 + 60 * row[3]}
        return {"kind": "comment", "id": row[0], "snippet": snippet}

    content = [
        {
            "kind": "thread",
            "id": top[0],
            "snippet": {"top": comment(top)},
            "replies": {"comments": [comment(row) for row in TREE if row[1] and top[0] == "1"]},
        }
        for top in TREE
        if top[1] is None
    ]
    mapping = "id=id,author=snippet.top.snippet.who,time=snippet.top.snippet.at,text=snippet.top.snippet.body"
    posts = read(tmp_path, content, mapping)
    assert shape(posts) == ([None, 1, 1, 1, None], 2, [0, 3, 7, 9, 90])


def test_other_lists_of_objects_are_no_rows():
    message = {
        "id": 1, "text": WORDS, "at": 5, "author": {"name": "ann"},
        "mentions": [{"id": 9, "name": "bob"}], "attachments": [{"id": 7, "url": "u"}],
        "embeds": [{"text": "b", "author": {"name": "c"}}],
    }  # fmt: skip
    assert len(list(rows_within(message, ("id", "text", "at", "author.name")))) == 1


def test_a_thousand_replies_deep_are_found_without_recursion():
    row = {"id": 0, "text": "", "at": 0}
    for name in range(1, 900):
        row = {"id": name, "text": "", "at": 0, "replies": [row]}
    assert len(list(rows_within(row, ("id", "text", "at")))) == 900


def test_names_with_dots_are_steps_of_a_path(tmp_path):
    content = [
        {
            "event_id": f"${name}", "sender": author, "origin_server_ts": 1_600_000_000_000 + 60_000 * minute,
            "content": {"body": WORDS} | ({"m.relates_to": {"m.in_reply_to": {"event_id": f"${parent}"}}} if parent else {}),
        }
        for name, parent, author, minute in TREE
    ]  # fmt: skip
    mapping = (
        "id=event_id,parent=content.m.relates_to.m.in_reply_to.event_id,author=sender,time=origin_server_ts,"
        "text=content.body"
    )
    assert shape(read(tmp_path, content, mapping)) == AS_MEANT
    assert at({"a.b": {"c": None}}, "a.b.c") is None


def test_a_column_that_is_never_filled_is_said(tmp_path, capsys):
    content = [hacker(*row, []) | {"answers": None} for row in TREE]
    read(tmp_path, content, "id=id,parent=answers,author=author,time=created_at_i,text=text")
    assert "answers (for parent) is empty in every row" in capsys.readouterr().out


def sheet(tmp_path, lines, mapping):
    (tmp_path / "posts.csv").write_text("\n".join(lines) + "\n")
    out = str(tmp_path / "out")
    assert main(["import", "table", str(tmp_path / "posts.csv"), out, "--map", mapping, "--no-fit"]) == 0
    return pl.read_parquet(tmp_path / "out" / "posts.parquet")


@pytest.mark.parametrize("word", ["root", "ROOT", "top"])
def test_root_is_no_post_that_is_answered(tmp_path, capsys, word):
    rows = [
        f"c{name},{f'c{parent}' if parent else word},{author},{1_600_000_000 + 60 * at}"
        for name, parent, author, at in TREE
    ]
    posts = sheet(tmp_path, ["id,parent,who,at", *rows], "id=id,parent=parent,author=who,time=at")
    assert shape(posts) == AS_MEANT
    assert f"2 posts have {word} for a parent: they answer none" in capsys.readouterr().out


def test_a_post_that_is_called_root_is_answered(tmp_path):
    rows = ["root,,ann,1600000000", "c2,root,bob,1600000060"]
    posts = sheet(tmp_path, ["id,parent,who,at", *rows], "id=id,parent=parent,author=who,time=at")
    assert posts["parent"].to_list() == [None, 1]


def test_cells_of_a_sheet_that_were_merged_are_said(tmp_path, capsys):
    rows = ["T1,1,ann,1600000000", ",2,bob,1600000060", ",3,cat,1600000120"]
    posts = sheet(tmp_path, ["thread,id,who,at", *rows], "id=id,thread=thread,author=who,time=at")
    assert posts["thread"].n_unique() == 3
    assert "2 posts name no thread, and no column says what they answer" in capsys.readouterr().out
