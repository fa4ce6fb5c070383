"""The reader that docs/tones.md tells one to write, added as a folder and used by `import`, `incidents` and `label`."""

import io
import re
from pathlib import Path

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.conf import plugin_folders

DOC = (Path(__file__).parents[3] / "docs" / "tones.md").read_text("utf-8")
SECTION = DOC[DOC.index("## A reader of your own") :]
COLUMNS = "id=id,parent=parent,author=author,time=time,text=text"


def block(kind):
    return re.search(rf"```{kind}\n(.*?)```", SECTION, re.S)[1]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("WINDTUNNEL_PLUGINS", str(tmp_path / "notes"))
    monkeypatch.setattr("sys.path", __import__("sys").path[:])
    place = tmp_path / "shouting"
    place.mkdir()
    (place / "pyproject.toml").write_text(block("toml"))
    (place / "shouting.py").write_text(block("python"))
    yield place
    __import__("sys").modules.pop("shouting", None)
    plugin_folders.forget("shouting")


def test_the_documented_reader_reads_a_record_and_its_error_is_told(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    calm, loud = "Thanks, that was it, number {}.", "WHY IS THIS STILL BROKEN!!! number {}"
    rows = [
        {
            "id": f"a{at}",
            "parent": None if at == 0 else "a0",
            "author": f"w{at % 5}",
            "time": 1_600_000_000 + 600 * at,
            "text": (loud if at % 3 == 2 else calm).format(at),
        }
        for at in range(15)
    ]
    pl.DataFrame(rows).write_csv("posts.csv")
    assert main(["plugins", "add", str(folder)]) == 0
    assert main(["import", "table", "posts.csv", "mine", "--map", COLUMNS, "--reader", "shouting"]) == 0
    said = capsys.readouterr().out
    assert "shouting 0.1" in said and "its AUC is" in said
    posts = pl.read_parquet("mine/posts.parquet")
    by = posts.group_by(pl.col("text").str.contains("!!!")).agg(pl.col("heated").mean()).sort("text")
    assert by["heated"][1] >= by["heated"][0] and posts["heated"].is_not_null().all()
    assert main(["incidents", "mine"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("1231\n"))
    assert main(["label", "mine", "--posts", "3"]) == 0
    assert pl.read_parquet("mine/posts.parquet")["labelled"].sum() == 3
