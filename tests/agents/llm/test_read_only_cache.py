"""A cache that cannot be written is told with the setting that mends it."""

import sqlite3

import pytest

from windtunnel.agents.llm.connection.pace import claim
from windtunnel.agents.llm.model_files import weights as module
from windtunnel.agents.llm.model_files.weights import Weights, fetch_weights
from windtunnel.agents.llm.request import Answer
from windtunnel.agents.llm.store import ResponseStore


@pytest.fixture
def closed(tmp_path):
    """A place in which nobody, root included, can make a folder: below a file."""
    (tmp_path / "file").write_text("a file, no folder")
    return tmp_path / "file" / "cache"


def test_a_store_names_llm_store_and_the_variable(closed):
    with pytest.raises(
        OSError, match=r"cannot be written \(.*\): set llm.store to a file .* WINDTUNNEL_CACHE"
    ):
        ResponseStore(closed / "answers.sqlite").get_many(["a"])


def test_a_store_file_that_is_read_only_names_them_too(tmp_path, monkeypatch):
    store = ResponseStore(tmp_path / "answers.sqlite")
    store.put("a" * 64, "{}", Answer((-1.0,)))

    def refused(*_):
        raise sqlite3.OperationalError("attempt to write a readonly database")

    monkeypatch.setattr("windtunnel.agents.llm.store.insert", refused)
    with pytest.raises(OSError, match=r"readonly database\): set llm.store .* WINDTUNNEL_CACHE"):
        store.put("b" * 64, "{}", Answer((-1.0,)))
    store.close()


def test_weights_name_the_variable_before_anything_is_downloaded(closed, monkeypatch):
    monkeypatch.setenv("WINDTUNNEL_CACHE", str(closed))
    monkeypatch.setattr(module, "SOURCES", {"never": lambda *_: pytest.fail("nothing is fetched")})
    with pytest.raises(OSError, match=r"set WINDTUNNEL_CACHE to a folder .* llm.weights.path"):
        fetch_weights(Weights(file="small.gguf", repo="somebody/small"))


def test_a_rate_names_the_variable_and_its_own_setting(closed):
    with pytest.raises(OSError, match="WINDTUNNEL_CACHE .* llm.requests_per_minute=null"):
        claim(closed / "pace" / "x", 1.0)
