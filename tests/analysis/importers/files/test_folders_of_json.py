"""A chat that is exported by days, as Slack's: a folder of JSON files is one table."""

import json

import polars as pl
import pytest

from windtunnel.analysis.cli import main

NAMED = "id=ts,thread=thread_ts,author=user,time=ts,text=text"
BEGIN = 1_600_000_000


@pytest.fixture
def chat(tmp_path, monkeypatch):
    """Three days of a channel, on the second of which nobody wrote and on the third nobody answered; and the list of its people."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slack" / "general").mkdir(parents=True)
    first = [{"user": f"U{at % 2}", "ts": f"{BEGIN + at}.000{at}", "thread_ts": f"{BEGIN}.0000", "text": "hi"} for at in range(3)]  # fmt: skip
    last = [{"user": "U2", "ts": f"{BEGIN + 180_000}.0009", "text": "anybody?"}]
    for day, rows in (("01", first), ("02", []), ("03", last)):
        (tmp_path / "slack" / "general" / f"2020-09-{day}.json").write_text(json.dumps(rows))
    for name in ("users", "channels"):
        (tmp_path / "slack" / f"{name}.json").write_text(json.dumps([{"id": "U0", "name": "ann"}]))
    return tmp_path / "slack"


def imported(*words):
    return main(["import", *map(str, words), "--no-fit", "--reader", "words"])


def test_its_files_are_read_as_one_table(chat):
    assert imported("table", chat / "general", "mine", "--map", NAMED) == 0
    posts = pl.read_parquet("mine/posts.parquet").sort("post")
    assert posts["thread"].to_list() == [1, 1, 1, 2] and posts["minute"].to_list() == [0, 0, 0, 3000]
    assert posts["author"].n_unique() == 3


def test_auto_names_the_folder_of_a_channel_and_asks_for_columns(chat, capsys):
    assert imported("auto", chat, "mine") == 2
    assert f"import one of them ({chat / 'general'})" in " ".join(capsys.readouterr().err.split())
    assert imported("auto", chat / "general", "mine") == 2
    assert "thread=thread_ts,author=user,time=ts,text=text" in capsys.readouterr().err


def test_a_bad_row_is_listed_with_its_file(chat, capsys):
    (chat / "general" / "2020-09-04.json").write_text('[{"user": "U1", "text": "no id"}]')
    assert imported("table", chat / "general", "mine", "--map", NAMED) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "file 3 is 2020-09-04.json" in said and pl.read_csv("mine/bad_lines.csv")["file"].to_list() == [3]


def test_other_files_beside_them_are_refused(chat, capsys):
    (chat / "general" / "notes.txt").write_text("x")
    assert imported("table", chat / "general", "mine", "--map", NAMED) == 2
    assert "of a folder of .json files alone all are read" in " ".join(capsys.readouterr().err.split())
