"""Titles and source ids are readable with the key alone, and what is forgotten is gone from them."""

import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from windtunnel.analysis.cli import main
from windtunnel.analysis.importers.imported.source import read_source
from windtunnel.analysis.importers.people.pseudonyms import read_key
from windtunnel.analysis.importers.people.sealing import BLOCK, POST, TAG, read_sources, seal_of, sealed

TEXTS = st.text(max_size=120)


@given(st.binary(min_size=1), st.sampled_from(["post", "title"]), st.integers(0, 2**40), TEXTS)
def test_what_is_sealed_comes_out_with_its_key_and_in_its_place_alone(secret, kind, number, value):
    seal = seal_of(secret, "folder")
    closed = seal.close(kind, number, value)
    assert seal.open(kind, number, closed) == value.encode("utf-8", "replace").decode()
    assert closed == seal.close(kind, number, value)
    assert (len(closed) - TAG) % BLOCK == 0
    others = [(seal_of(secret + b"x", "folder"), kind, number), (seal_of(secret, "other"), kind, number)]
    others += [(seal, kind + "s", number), (seal, kind, number + 1)]
    for other, what, place in others:
        with pytest.raises(ValueError, match="another key, or changed"):
            other.open(what, place, closed)


@given(st.integers(0, 10_000), TEXTS.filter(bool))
def test_a_changed_byte_is_noticed(place, value):
    seal = seal_of(b"secret", "folder")
    closed = bytearray(seal.close("post", 1, value))
    closed[place % len(closed)] ^= 1
    with pytest.raises(ValueError, match="changed"):
        seal.open("post", 1, bytes(closed))


def test_equal_values_look_unlike_in_two_places():
    seal = seal_of(b"secret", "folder")
    assert seal.close("post", 1, "same")[TAG:] != seal.close("post", 2, "same")[TAG:]


@pytest.fixture
def imported(tmp_path):
    """Two submissions, one with a comment, as Reddit's archives have them."""
    posts = [
        {
            "id": "x1",
            "author": "Annabel",
            "title": "Zeppelins, asks Bobby",
            "selftext": "",
            "created_utc": 1_500_000_030,
        },
        {"id": "y2", "author": "Cidric", "title": "Saddles", "selftext": "", "created_utc": 1_500_000_060},
    ]
    comments = [
        {
            "id": "c9",
            "author": "Bobby",
            "body": "hello",
            "link_id": "t3_x1",
            "parent_id": "t3_x1",
            "created_utc": 1_500_000_090,
        }
    ]
    for name, rows in (("RS_x", posts), ("RC_x", comments)):
        (tmp_path / name).write_text("\n".join(map(json.dumps, rows)))
    from windtunnel.analysis.importers import import_corpus

    report = import_corpus("reddit", tmp_path, tmp_path / "out", key_file=tmp_path / "key", reader="words")
    assert report.name == "out"
    return tmp_path / "out"


def opened(out):
    seal = seal_of(read_key(out.parent / "key"), read_source(out)["community"])
    rows = read_sources(out).iter_rows()
    return {(kind, number): seal.open(kind, number, closed) for kind, number, closed in rows}


def test_an_import_keeps_titles_without_names_ids_and_its_start(imported):
    assert opened(imported) == {
        ("thread", 1): "t3_x1",
        ("thread", 2): "t3_y2",
        ("title", 1): "Zeppelins, asks <name>",
        ("title", 2): "Saddles",
        ("post", 1): "t3_x1",
        ("post", 2): "t3_y2",
        ("post", 3): "t1_c9",
    }
    assert read_source(imported)["start"] == "2017-07-14T02:40Z"
    raw = (imported / "sources.parquet").read_bytes()
    assert not any(word in raw for word in (b"t3_x1", b"t1_c9", b"Zeppelins", b"Saddles"))


def test_who_is_forgotten_leaves_no_id_and_no_title_of_a_thread_that_they_opened(imported):
    author = dict(pl.read_parquet(imported / "posts.parquet").select("post", "author").iter_rows())
    assert main(["forget", str(imported), author[1]]) == 0
    assert set(opened(imported)) == {("thread", 2), ("title", 2), ("post", 2), ("post", 3)}
    assert main(["forget", str(imported), author[3]]) == 0
    assert set(opened(imported)) == {("thread", 2), ("title", 2), ("post", 2)}
    assert main(["forget", str(imported), "--thread", "2"]) == 0
    assert opened(imported) == {}


def test_many_ids_are_sealed_as_each_by_itself():
    seal = seal_of(b"secret", "folder")
    names = ["t1_abc", "", "é" * 14, "é" * 15, "x" * 28, "x" * 29, "x" * 300]
    ids = pl.DataFrame({"id": names, "post": range(1, len(names) + 1)})
    table = sealed(seal, ids, pl.DataFrame(schema={"name": pl.String, "thread": pl.Int64}), {})
    assert table["sealed"].to_list() == [
        seal.close(POST, number, name) for number, name in enumerate(names, 1)
    ]
