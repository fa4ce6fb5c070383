"""The response store under stress: killed writers, a full disk, bad pages, several processes; never a wrong answer."""

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.llm.request import Answer, Identity, Request, canonical, key_of
from windtunnel.agents.llm.store import ResponseStore, Stored

ROOT = Path(__file__).resolve().parents[3]
WRITER = """
import sys
from pathlib import Path
from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.llm.request import Request
from windtunnel.agents.llm.store import ResponseStore, Stored
stored = Stored(FakeModel(), ResponseStore(Path(sys.argv[1])))
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    stored.ask([Request("s", f"q{number}.{part}", "ABC") for part in range(5)])
    print(number, flush=True)
"""


def questions(number: int) -> list[Request]:
    return [Request("s", f"q{number}.{part}", "ABC") for part in range(5)]


def key(request: Request) -> str:
    return key_of(canonical(request, Identity(model="fake")))


def check(store: ResponseStore, numbers: range) -> int:
    """How many of these questions are answered; every answer that is there is the right one."""
    asked = [request for number in numbers for request in questions(number)]
    right = {key(request): answer for request, answer in zip(asked, FakeModel().ask(asked), strict=True)}
    found = store.get_many(list(right))
    assert all(answer == right[one] for one, answer in found.items())
    return len(found)


def writer(path: Path, low: int, high: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), str(low), str(high)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def killed_writers(path: Path, times: int, seed: int) -> int:
    """Start a writer again and again and kill it in the middle; how many batches they had told as kept."""
    chance, kept = random.Random(seed), 0
    for turn in range(times):
        with writer(path, turn * 10**6, (turn + 1) * 10**6) as process:
            assert process.stdout
            process.stdout.readline()
            time.sleep(chance.random() * 0.1)
            process.send_signal(signal.SIGKILL)
            told = process.stdout.read().splitlines()
        number = int(told[-2]) - turn * 10**6 + 1 if len(told) > 1 else 1
        assert check(ResponseStore(path), range(turn * 10**6, turn * 10**6 + number)) == 5 * number
        kept += number
    return kept


def test_what_was_kept_before_a_kill_is_there_after_it(tmp_path, capfd):
    assert killed_writers(tmp_path / "a.sqlite", 3, 0) >= 3
    assert "damaged" not in capfd.readouterr().err


@pytest.mark.slow
def test_what_was_kept_before_each_of_fifty_kills_is_there_after_it(tmp_path, capfd):
    assert killed_writers(tmp_path / "a.sqlite", 50, 1) >= 50
    assert "damaged" not in capfd.readouterr().err


def test_a_full_disk_stops_the_writer_with_a_reason_and_what_was_kept_stays_right(tmp_path, cramped):
    path = tmp_path / "a.sqlite"
    command = [sys.executable, "-c", WRITER, str(path), "0", "1000000"]

    def little_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # else the process is killed, not refused
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, preexec_fn=little_room, timeout=120, env=cramped
    )
    number = len(done.stdout.splitlines())
    assert done.returncode != 0 and number > 10
    assert "OSError: the response store" in done.stderr and "cannot be used" in done.stderr
    assert check(ResponseStore(path), range(number)) == 5 * number


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_really_full_disk_stops_the_writer_with_a_reason(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        with writer(place / "a.sqlite", 0, 10**6) as process:
            out, err = process.communicate(timeout=120)
        number = len(out.splitlines())
        assert process.returncode != 0 and number > 10 and "OSError: the response store" in err
        assert check(ResponseStore(place / "a.sqlite"), range(number)) == 5 * number
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def filled(path: Path, number: int) -> None:
    stored = Stored(FakeModel(), ResponseStore(path))
    stored.ask([request for one in range(number) for request in questions(one)])
    stored.close()


@pytest.mark.parametrize("seed", range(12))
def test_bad_bytes_anywhere_never_give_a_wrong_answer(tmp_path, seed, capfd):
    path, chance = tmp_path / "a.sqlite", random.Random(seed)
    filled(path, 100)
    content = bytearray(path.read_bytes())
    if seed % 2:  # a page of noise
        start = 4096 * chance.randrange(len(content) // 4096)
        content[start : start + 4096] = chance.randbytes(4096)
    else:  # single bytes, as bad memory leaves them
        for _ in range(200):
            content[chance.randrange(100, len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)
    before = check(ResponseStore(path), range(100))  # what is left, or nothing in a new store
    aside = [one for one in tmp_path.glob("a.sqlite.damaged-*") if one.suffix not in ("-wal", "-shm")]
    assert bool(aside) == ("is damaged" in capfd.readouterr().err)
    stored = Stored(FakeModel(), ResponseStore(path))
    asked = [request for one in range(100) for request in questions(one)]
    assert stored.ask(asked) == FakeModel().ask(asked) and before <= 500
    stored.close()


def test_a_store_set_aside_by_one_is_left_by_the_others_and_their_closing_takes_nothing_away(tmp_path, capfd):
    path = tmp_path / "a.sqlite"
    filled(path, 5)
    staying, idle = ResponseStore(path), ResponseStore(path)
    assert check(staying, range(5)) == check(idle, range(5)) == 25
    with sqlite3.connect(path) as other:
        other.execute("UPDATE answers SET answer = zeroblob(36) WHERE key = ?", (key(questions(0)[0]),))
    other.close()
    finder = ResponseStore(path)
    assert check(finder, range(5)) == 0
    assert capfd.readouterr().err.count("is damaged") == 1
    again = Stored(FakeModel(), finder)
    again.ask(questions(7))
    idle.close()
    assert check(staying, range(8)) == 5, "it looks into the new store"
    staying.put_many({"k": ("{}", Answer((-1.0,)))})
    staying.close()
    assert check(finder, range(8)) == 5 and len(ResponseStore(path)) == 6
    assert len(list(tmp_path.glob("a.sqlite.damaged-*[0-9]"))) == 1


def test_writers_at_once_in_several_processes_agree_on_every_answer(tmp_path):
    path = tmp_path / "a.sqlite"
    writers = [writer(path, 0, 150), writer(path, 0, 150), writer(path, 100, 250)]
    for process in writers:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
    store = ResponseStore(path)
    assert check(store, range(250)) == len(store) == 1250
