"""`windtunnel label` in a terminal of its own: keys, undo, stops of every kind, two windows, narrow screens."""

import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

import polars as pl
import pytest

from tests.waiting import PATIENCE_S

PROGRAM = "import sys; from windtunnel.analysis.cli import main; raise SystemExit(main())"
ASKED, DONE = "q stop: ", "tell the record: "


class Terminal:
    """The command in a pseudo-terminal of so many columns."""

    def __init__(self, out, *words, columns=80):
        self.process, self.screen = None, ""
        self.process, self.handle = pty.fork()
        if not self.process:
            os.environ.update(COLUMNS=str(columns), LINES="24")
            os.execv(sys.executable, [sys.executable, "-c", PROGRAM, "label", str(out), *words])
        fcntl.ioctl(self.handle, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    def until(self, *said, seconds=PATIENCE_S):
        """What came up to one of these."""
        start, end = len(self.screen), time.monotonic() + seconds
        while not any(each in self.screen[start:] for each in said):
            ready, _, _ = select.select([self.handle], [], [], 0.2)
            try:
                came = os.read(self.handle, 4096) if ready else b""
            except OSError:
                break
            assert time.monotonic() < end, self.screen
            self.screen += came.decode()
            if ready and not came:
                break
        return self.screen[start:].replace("\r", "")

    def press(self, keys, *said):
        os.write(self.handle, keys.encode())
        return self.until(*(said or (ASKED, DONE)))

    def end(self):
        self.until("\0")
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


@pytest.fixture
def mine(tmp_path, import_rows):
    said = ["Thanks, that works.", "You stupid idiot, get lost!", "Wie geht es denn deinem Hund heute Abend?"]
    rows = [
        {
            "id": f"a{at}",
            "parent": None if at == 0 else "a0",
            "author": f"w{at % 5}",
            "time": 1_600_000_000 + 600 * at,
            "text": f"{said[at % 3]} {'A word or two more about the bridge. ' * 6 if at == 3 else ''}",
        }
        for at in range(12)
    ]
    return import_rows(tmp_path, rows)


def labels(out):
    return json.loads((out / "labelling.json").read_text())["labels"]


def test_every_label_can_be_taken_back_the_last_one_too_and_arrows_mean_nothing(mine):
    one = Terminal(mine, "--posts", "3")
    assert "1 of 3" in one.until(ASKED)
    assert "nothing to undo" in one.press("u")
    one.press("\x1b[1~")  # the key Home, which sends a 1
    assert not (mine / "labelling.json").exists() or labels(mine) == [None] * 3
    one.press("1")
    one.press("2")
    assert DONE in one.press("3") and labels(mine) == ["civil", "heated", "hostile"]
    assert "3 of 3" in one.press("u") and labels(mine)[2] is None
    one.press("s")
    one.press("\n", "kept", "keeps the labels")
    assert one.end() == 0
    assert pl.read_parquet(mine / "posts.parquet")["labelled"].sum() == 2


def test_a_kill_or_ctrl_c_loses_no_label_and_leaves_the_terminal_as_it_was(mine):
    one = Terminal(mine, "--posts", "4")
    one.until(ASKED)
    one.press("1")
    os.kill(one.process, signal.SIGKILL)
    os.waitpid(one.process, 0)
    assert labels(mine) == ["civil", None, None, None]
    two = Terminal(mine)
    before = termios.tcgetattr(two.handle)[3]
    assert "2 of 4" in two.until(ASKED)
    two.press("2")
    os.write(two.handle, b"\x03")
    assert two.end() == 130
    assert "Traceback" not in two.screen and labels(mine) == ["civil", "heated", None, None]
    assert termios.tcgetattr(two.handle)[3] == before


@pytest.mark.slow
def test_two_windows_at_once_lose_no_label(mine):
    one, two = Terminal(mine, "--posts", "4"), Terminal(mine, "--posts", "4")
    one.until(ASKED)
    two.until(ASKED)
    one.press("1")
    two.press("3")
    one.press("2")
    assert len([label for label in labels(mine) if label]) == 3 or labels(mine)[0] == "hostile"
    left = labels(mine).count(None)
    for _ in range(left):
        one.press("1")
    one.press("\n", "keeps the labels")
    assert one.end() == 0
    two.press("1", "another window has finished these labels")
    assert two.end() == 2 and "Traceback" not in two.screen
    assert pl.read_parquet(mine / "posts.parquet")["labelled"].sum() == 4


@pytest.mark.slow
def test_a_record_of_three_posts_and_forty_columns(tmp_path, import_rows):
    long = "word " * 60
    rows = [
        {
            "id": f"a{at}",
            "parent": None if at == 0 else "a0",
            "author": f"w{at}",
            "time": 1_600_000_000 + at,
            "text": long,
        }
        for at in range(3)
    ]
    one = Terminal(import_rows(tmp_path, rows), columns=40)
    said = one.until(ASKED)
    assert "1 of 3" in said
    for _ in range(2):
        said += one.press("1")
    said += one.press("1") + one.press("\n", "keeps the labels")
    assert one.end() == 0
    shown = [line for line in said.split("\n") if line.startswith(("  word", "1 civil", "──", "s skip"))]
    assert max(map(len, shown)) <= 40


@pytest.mark.slow
def test_posts_that_no_reader_reads_are_labelled_in_their_thread_alone(mine):
    one = Terminal(mine, "--posts", "12")
    assert "1 of 8" in one.until(ASKED)
    one.press("q", "posts are left")
    assert one.end() == 0
    (mine / "labelling.json").unlink(missing_ok=True)
    two = Terminal(mine, "--posts", "4", "--thread", "1")
    assert "Wie geht es" in two.until(ASKED)
    for _ in range(4):
        two.press("1")
    two.press("\n", "keeps them")
    assert two.end() == 0
    posts = pl.read_parquet(mine / "posts.parquet")
    assert posts.filter("labelled")["tone"].to_list() == ["civil"] * 4
