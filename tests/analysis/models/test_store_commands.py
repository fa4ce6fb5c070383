"""`windtunnel store`: what it says of a sound store, of a faulty one, and what it takes away."""

import json
import sqlite3
from pathlib import Path

import pytest

from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.llm.request import Identity, Request
from windtunnel.agents.llm.store import ResponseStore, Stored
from windtunnel.analysis.cli import main
from windtunnel.analysis.terminal.ending import FAILED, MISTAKE, OK


class Named(FakeModel):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.identity = Identity(model=name)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Five answers of a model called small, three of one called large."""
    path = tmp_path / "a.sqlite"
    for name, number in (("small", 5), ("large", 3)):
        stored = Stored(Named(name), ResponseStore(path))
        stored.ask([Request("s", f"question {one}", "ABC") for one in range(number)])
        stored.close()
    return path


def test_info_counts_answers_by_model(path, capsys):
    assert main(["store", "info", str(path), "--json"]) == OK
    told = json.loads(capsys.readouterr().out)
    assert (told["answers"], told["models"]) == (8, {"small": 5, "large": 3})
    assert told["bytes"] >= path.stat().st_size and told["set_aside"] == []
    assert main(["store", "info", str(path)]) == OK
    assert "5 of small" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ("UPDATE answers SET answer = zeroblob(36) WHERE question = 2", "checksum"),
        ("UPDATE questions SET request = 'another' WHERE id = 2", "not the one"),
        ("DELETE FROM questions WHERE id = 2", "not the one"),
    ],
)
def test_verify_finds_the_row_that_was_changed_and_leaves_the_file_where_it_is(path, change, fault, capsys):
    assert main(["store", "verify", str(path)]) == OK
    assert "8 answers, all sound" in capsys.readouterr().out
    with sqlite3.connect(path) as other:
        other.execute(change)
    other.close()
    assert main(["store", "verify", str(path), "--json"]) == FAILED
    (one,) = json.loads(capsys.readouterr().out)["faults"]
    assert fault in one["fault"]
    assert main(["store", "export", str(path)]) == MISTAKE
    assert path.is_file() and not list(path.parent.glob("*damaged*"))


def test_verify_says_what_no_database_can_read(path, capsys):
    content = bytearray(path.read_bytes())
    content[4096:8192] = bytes(4096)
    path.write_bytes(content)
    assert main(["store", "verify", str(path)]) == MISTAKE
    assert "is damaged" in capsys.readouterr().err


def test_export_gives_each_question_with_its_answer(path, tmp_path, capsys):
    assert main(["store", "export", str(path), "--to", str(tmp_path / "out.jsonl")]) == OK
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    right = FakeModel().ask([Request("s", line["request"]["user"], "ABC") for line in lines])
    assert [tuple(line["logp"]) for line in lines] == [answer.logp for answer in right] and len(lines) == 8
    assert not list(tmp_path.glob("*.partial"))
    capsys.readouterr()
    assert main(["store", "export", str(path)]) == OK
    assert len(capsys.readouterr().out.splitlines()) == 8


def test_prune_drops_a_model_s_answers_or_those_with_some_words(path, capsys):
    assert main(["store", "prune", str(path), "--model", "small", "--json"]) == OK
    assert json.loads(capsys.readouterr().out) == {"removed": 5, "answers": 3, "set_aside": []}
    assert main(["store", "prune", str(path), "--words", "question 1"]) == OK
    assert "1 answer removed, 2 left" in capsys.readouterr().out
    assert main(["store", "prune", str(path)]) == MISTAKE
    assert main(["store", "verify", str(path)]) == OK


def test_a_store_that_is_not_there_is_said_and_not_made(tmp_path, capsys):
    assert main(["store", "info", str(tmp_path / "none.sqlite")]) == MISTAKE
    assert "no response store" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_info_and_prune_know_whose_imported_words_an_answer_was_made_of(path, capsys):
    stored = Stored(Named("small"), ResponseStore(path))
    stored.ask(
        [
            Request("s", f"said {who}", "AB", about=((f"c/{who[0]}", f"c/{who}"),))
            for who in ("xa", "xb", "yb")
        ]
    )
    stored.close()
    path.with_name("a.sqlite.damaged-20240101-000000").write_bytes(b"?")
    assert main(["store", "info", str(path), "--json"]) == OK
    assert json.loads(capsys.readouterr().out)["imported"] == {"answers": 3, "threads": 2, "authors": 3}
    assert main(["store", "info", str(path)]) == OK
    assert "Made of imported words: 3 answers, of 2 threads and 3 authors" in capsys.readouterr().out
    assert main(["store", "prune", str(path), "--thread", "c/x"]) == OK
    said = capsys.readouterr().out
    assert "2 answers removed, 9 left" in said and "damaged-20240101-000000, a damaged store" in said
    assert main(["store", "prune", str(path), "--author", "c/yb", "--json"]) == OK
    assert json.loads(capsys.readouterr().out)["removed"] == 1
    assert b"said" not in b"".join(one.read_bytes() for one in path.parent.glob("a.sqlite*"))
    assert main(["store", "prune", str(path)]) == MISTAKE
    assert "--thread KEY" in capsys.readouterr().err
