"""The response store: one answer a question, for every thread and process, and no silent damage."""

import hashlib
import pickle
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.llm.request import Answer, Request, canonical, key_of
from windtunnel.agents.llm.store import ResponseStore, Stored
from windtunnel.agents.minds.base import Unanswered

QUESTIONS = [Request("s", f"question {number}", "ABC") for number in range(5)]


class Moody(FakeModel):
    """Answers each call differently, as a server under load may, and some questions never."""

    def __init__(self, mood: float) -> None:
        super().__init__()
        self.mood, self.asked = mood, []

    def ask(self, requests):
        self.asked += requests
        return [
            Unanswered("ask", "gone") if "4" in request.user else Answer((self.mood, -1.0, -1.0))
            for request in requests
        ]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "deep" / "answers.sqlite"


def test_each_distinct_question_is_asked_once_and_answered_in_order(path):
    model = Moody(-0.5)
    replies = Stored(model, ResponseStore(path)).ask([QUESTIONS[1], QUESTIONS[0], QUESTIONS[1]])
    assert model.asked == [QUESTIONS[1], QUESTIONS[0]]
    assert replies == [Answer((-0.5, -1.0, -1.0))] * 3


def test_an_answer_once_kept_is_used_by_everybody_after(path):
    Stored(Moody(-0.5), ResponseStore(path)).ask(QUESTIONS)
    later = Moody(-0.9)
    replies = Stored(later, ResponseStore(path)).ask(QUESTIONS)
    assert later.asked == [QUESTIONS[4]]  # what got no answer is not kept
    assert replies[0] == Answer((-0.5, -1.0, -1.0)) and replies[4] == Unanswered("ask", "gone")
    assert later.counts.snapshot()["store_hits"] == 4


def test_of_two_answers_at_once_both_workers_use_the_first_kept(path):
    class Overtaken(Moody):
        def ask(self, requests):
            replies = super().ask(requests)
            Stored(Moody(-0.9), ResponseStore(path)).ask(
                requests
            )  # another worker, between asking and keeping
            return replies

    assert Stored(Overtaken(-0.5), ResponseStore(path)).ask(QUESTIONS[:1]) == [Answer((-0.9, -1.0, -1.0))]


def test_numbers_come_back_to_the_last_bit(path):
    store, answer = ResponseStore(path), Answer((-0.1 / 3, -1e-300, -745.1332191019412), 7, 1, 2)
    store.put_many({"k": ("{}", answer)})
    assert store.get_many(["k", "other"]) == {"k": answer}


def test_a_thousand_keys_are_found_at_once(path):
    store = ResponseStore(path)
    store.put_many({f"k{number}": ("{}", Answer((-float(number),))) for number in range(1300)})
    assert len(store.get_many([f"k{number}" for number in range(2000)])) == len(store) == 1300


def test_processes_and_threads_share_one_file(path):
    program = (
        "import sys; from pathlib import Path; from windtunnel.agents.llm.store import *; from windtunnel.agents.llm.fake import *\n"
        "store = ResponseStore(Path(sys.argv[1]))\n"
        "for n in range(60): Stored(FakeModel(), store).ask([Request('s', f'q{n}', 'AB')])\n"
    )
    workers = [
        subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=Path(__file__).parents[3])
        for _ in range(3)
    ]
    store = ResponseStore(path)
    threads = [
        threading.Thread(
            target=lambda: [
                Stored(FakeModel(), store).ask([Request("s", f"q{number}", "AB")]) for number in range(60)
            ]
        )
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [worker.wait() for worker in workers] == [0, 0, 0]
    assert len(store) == 60


def test_a_store_can_be_sent_to_another_process(path):
    store = ResponseStore(path)
    store.put_many({"k": ("{}", Answer((-1.0,)))})
    assert len(pickle.loads(pickle.dumps(store))) == 1


@pytest.mark.parametrize(
    "content", [b"not a database, but long enough to be one " * 50, b"SQLite format 3\0garbage"]
)
def test_a_store_that_is_garbled_is_set_aside_and_said_and_a_new_one_begun(path, content, capsys):
    path.parent.mkdir()
    path.write_bytes(content)
    renewed = ResponseStore(path)
    assert renewed.get_many(["k"]) == {}
    renewed.close()
    (aside,) = path.parent.glob("answers.sqlite.damaged-*[0-9]")
    assert aside.read_bytes() == content
    assert "is damaged" in (said := capsys.readouterr().err) and aside.name in said
    with pytest.raises(ValueError, match="damaged .* move it away"):
        ResponseStore(aside.rename(path), renew=False).get_many(["k"])


def test_a_file_that_never_was_a_store_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_bytes(b"It was a dark and stormy night.")
    with pytest.raises(ValueError, match="no database"):
        ResponseStore(tmp_path / "thesis.txt").get_many(["k"])
    assert (tmp_path / "thesis.txt").read_bytes() == b"It was a dark and stormy night."


def test_another_program_s_database_is_left_alone(path):
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE letters (text)")
    with pytest.raises(ValueError, match="is not a response store"):
        ResponseStore(path).get_many(["k"])


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE answers SET answer = zeroblob(36)",
        "UPDATE answers SET answer = CAST(answer AS TEXT)",
        "UPDATE answers SET answer = substr(answer, 1, 20)",
        "UPDATE answers SET key = 'other' WHERE key = 'k'",
    ],
)
def test_an_answer_that_was_changed_on_disk_is_never_returned(path, change, capsys):
    store = ResponseStore(path)
    store.put_many({"k": ("{}", Answer((-1.0, -2.0, -3.0)))})
    store.close()
    with sqlite3.connect(path) as other:
        other.execute(change)
    other.close()
    keys = ["k", "other"]
    with pytest.raises(ValueError, match="damaged"):
        ResponseStore(path, renew=False).get_many(keys)
    assert ResponseStore(path).get_many(keys) == {}
    assert "is damaged" in capsys.readouterr().err


def test_a_store_of_the_first_version_is_read_and_kept(path):
    answer = "[[-0.1, -2.0], 7, 1, 0]"
    path.parent.mkdir()
    with sqlite3.connect(path) as old:
        old.execute(
            "CREATE TABLE answers (key TEXT PRIMARY KEY, request TEXT NOT NULL, answer TEXT NOT NULL, "
            "checksum TEXT NOT NULL) WITHOUT ROWID"
        )
        old.execute("PRAGMA user_version=1")
        check = hashlib.sha256(f"k{answer}".encode()).hexdigest()[:16]
        old.execute("INSERT INTO answers VALUES ('k', 'the question', ?, ?)", (answer, check))
    old.close()
    store = ResponseStore(path)
    assert store.get_many(["k"]) == {"k": Answer((-0.1, -2.0), 7, 1)} and len(store) == 1
    assert [row[:2] for row in store.rows()] == [("k", "the question")]


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(OSError, match="cannot be used"):
        ResponseStore(tmp_path).get_many(["k"])


def test_forgetting_removes_the_questions_that_hold_the_words_and_their_bytes(path):
    store = Stored(FakeModel(), ResponseStore(path))
    store.ask([Request("s", 'She said "Ünique words"', "AB"), QUESTIONS[0]])
    assert store.store.forget('"Ünique words"') == 1
    assert len(store.store) == 1
    store.close()
    assert b"nique" not in b"".join(one.read_bytes() for one in path.parent.iterdir())
    with pytest.raises(ValueError, match="some words"):
        store.store.forget("")


def told(thread: str, author: str, *, also: tuple[tuple[str, str], ...] = ()) -> Request:
    """A question that holds the words of this author in this thread."""
    return Request("s", f"Secret words by {author} in {thread}.", "AB", about=((thread, author), *also))


def test_answers_made_of_imported_words_are_forgotten_by_thread_or_author_to_the_last_byte(path):
    store = Stored(FakeModel(), ResponseStore(path))
    asked = [told("c/t1", "c/ann"), told("c/t1", "c/bob"), told("c/t2", "c/bob", also=(("c/t2", "c/ann"),))]
    store.ask([*asked, QUESTIONS[0]])
    assert store.store.imported() == {"answers": 3, "threads": 2, "authors": 2}
    assert store.store.forget(author="c/ann") == 2 and len(store.store) == 2
    assert store.store.imported() == {"answers": 1, "threads": 1, "authors": 1}
    everything = b"".join(one.read_bytes() for one in path.parent.iterdir())
    assert b"ann" not in everything and b"c/bob" in everything
    assert store.store.forget(thread="c/t1") == 1 and store.store.forget(thread="c/t1") == 0
    everything = b"".join(one.read_bytes() for one in path.parent.iterdir())
    assert b"Secret" not in everything and b"c/bob" not in everything and b"c/t" not in everything
    assert len(store.store.get_many([key_of(canonical(QUESTIONS[0], store.identity))])) == 1
    store.close()


def test_whose_words_a_question_holds_changes_no_answer_and_is_added_to_one_that_is_there(path):
    class Counting(FakeModel):
        asked = 0

        def ask(self, requests):
            self.asked += len(requests)
            return super().ask(requests)

    store = Stored(Counting(), ResponseStore(path))
    whole = told("c/t", "c/ann")
    (bare,) = store.ask([whole._replace(about=())])
    assert store.store.imported()["answers"] == 0
    assert store.ask([whole, whole._replace(about=(("c/t", "c/bob"),))]) == [bare, bare]
    assert store.inner.asked == 1 and store.store.imported() == {"answers": 1, "threads": 1, "authors": 2}
    assert store.store.forget(author="c/bob") == 1 and store.store.imported()["answers"] == 0
    store.close()


def test_forgetting_takes_one_kind_of_key(path):
    for wrong in ({}, {"thread": "c/t", "author": "c/a"}, {"words": "x", "author": "c/a"}):
        with pytest.raises(ValueError, match="one of words, thread and author"):
            ResponseStore(path).forget(**wrong)
