"""Parquet whose columns are structures: what stands inside is named by its path, as in JSON."""

import json

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.importers.formats.recognise import preview

MAP = {
    "id": "id",
    "parent": "answers.post.id",
    "author": "author.name",
    "time": "at",
    "text": "body.text",
}
ROWS = [
    {
        "id": str(post),
        "answers": {"post": {"id": None if post == 1 else str(post - 1)}},
        "author": {"name": f"m{post % 2}", "roles": ["x"]},
        "at": 1_600_000_000 + 60 * post,
        "body": {"text": "hello there"},
        "reactions": ["+1"],
    }
    for post in range(1, 5)
]


@pytest.fixture
def both(tmp_path):
    """The same rows as Parquet and as JSON."""
    pl.DataFrame(ROWS).write_parquet(tmp_path / "posts.parquet")
    (tmp_path / "posts.json").write_text(json.dumps(ROWS), encoding="utf-8")
    return tmp_path


def test_structures_are_read_as_objects_of_json_are(both):
    read = []
    for name in ("posts.parquet", "posts.json"):
        out = both / f"out-{name}"
        report = import_corpus("table", both / name, out, mapping=MAP, key_file=both / "key", reader="words")
        read.append(pl.read_parquet(report.posts_file))
    assert read[0].equals(read[1])
    assert read[0]["parent"].to_list() == [None, 1, 2, 3] and read[0]["author"].n_unique() == 2


def test_a_preview_guesses_paths_and_leaves_lists_out(both):
    found = preview(both / "posts.parquet")
    assert found.likely["author"] == "author.name" and found.rows[0]["body.text"] == "hello there"
    assert "reactions" in found.columns and found.rows[0]["reactions"] is None


@pytest.mark.parametrize(
    ("column", "said"), [("author", "name one of author.name"), ("reactions", "make it plain values")]
)
def test_a_structure_or_list_itself_is_refused_with_what_would_work(both, capsys, column, said):
    words = ["import", "table", str(both / "posts.parquet"), str(both / "out"), "--map", f"id=id,author={column}"]  # fmt: skip
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_a_column_whose_own_name_has_a_dot_counts_first(tmp_path):
    pl.DataFrame({"id": ["1"], "a": [{"b": "inside"}], "a.b": ["own"]}).write_parquet(tmp_path / "x.parquet")
    assert preview(tmp_path / "x.parquet").rows[0]["a.b"] == "own"
