"""What is forgotten is nowhere in the folder any more."""

import polars as pl
import pytest

from analysis.cli import main
from analysis.importers import import_corpus


@pytest.fixture
def imported(tmp_path):
    rows = [
        {"id": "a", "parent": None, "author": "Ann", "time": 0, "text": "A question about saddles"},
        {"id": "b", "parent": "a", "author": "Bobby", "time": 60, "text": "The secret word is xylophone"},
        {"id": "c", "parent": "b", "author": "Ann", "time": 120, "text": "@Bobby thanks"},
        {"id": "d", "parent": None, "author": "Cid", "time": 180, "text": "Another thread on zeppelins"},
    ]
    pl.DataFrame(rows).write_csv(tmp_path / "posts.csv")
    mapping = {role: role for role in ("id", "parent", "author", "time", "text")}
    import_corpus(
        "table", tmp_path / "posts.csv", tmp_path / "mine", mapping=mapping, key_file=tmp_path / "key"
    )
    return tmp_path / "mine"


def everything(folder) -> bytes:
    table = pl.read_parquet(folder / "posts.parquet").write_csv().encode()
    return b"".join([table, *(path.read_bytes() for path in folder.iterdir())])


def test_an_author_s_words_name_and_pages_are_gone_and_answers_stay(imported):
    bobby = pl.read_parquet(imported / "posts.parquet").filter(pl.col("text").str.contains("xylophone"))[
        "author"
    ][0]
    (imported / "incident.html").write_text(f"{bobby}: xylophone")
    assert main(["forget", str(imported), "--author", bobby]) == 0
    found = everything(imported)
    assert b"xylophone" not in found and bobby.encode() not in found
    assert pl.read_parquet(imported / "posts.parquet")["parent"].to_list() == [None, None, None]


def test_a_thread_is_gone_and_a_stranger_changes_nothing(imported, capsys):
    assert main(["forget", str(imported), "--thread", "2"]) == 0
    assert b"zeppelins" not in everything(imported)
    before = everything(imported)
    assert main(["forget", str(imported), "--author", "u99999"]) == 2
    assert "nothing was changed" in capsys.readouterr().err and everything(imported) == before
