"""`windtunnel label`: hear some posts of an imported community yourself, one key each."""

import argparse
import os
import select
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from windtunnel.analysis.numbers_in_words import counted
from windtunnel.analysis.terminal.ending import OK, plain

KEYS = {"1": "civil", "2": "heated", "3": "hostile", "s": "skipped"}
SHOWN = 1_200
"""So many characters of a post are shown."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Keys: 1 civil, 2 heated, 3 hostile, s skip, u undo, q stop; the same command goes on."
    parser.add_argument("out", help="output folder of `windtunnel import`")
    parser.add_argument("--posts", type=int, default=30, help="how many posts to label (30)")
    parser.add_argument(
        "--seed", type=int, default=0, help="which posts are drawn; another number draws others (0)"
    )
    parser.add_argument(
        "--thread", type=int, help="label this thread alone, the posts most in doubt: for a question about it"
    )


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.terminal.printing import print_table
    from windtunnel.analysis.tones.labelling import Labelling
    from windtunnel.analysis.tones.labels import shares_words, words_of

    if asked.posts < 1:
        raise ValueError(f"--posts is {asked.posts}: give a number above 0")
    work = Labelling(Path(asked.out), asked.posts, asked.seed, asked.thread)
    with keys() as next_key:
        done = _asked(work, next_key)
    if not done:
        left = sum(label is None for label in work.kept["labels"])
        print(f"\n{counted(left, 'posts are left')}: the same command goes on.")
        return OK
    found, shares = work.measured(), work.shares()
    count = work.tell()
    if asked.thread is not None:
        print(
            f"\n{counted(count, 'labels')} of thread {asked.thread}. Their tones are certain from now on, and profile.yaml is fitted again; the other "
            "tones stay. Importing the record again into this folder keeps them."
        )
        return OK
    print(
        f"\n{counted(count, 'labels')}. Of the tones that were read (each post counts for as many as it stands for, 95 % limits):\n"
    )
    print_table([dict(row) for row in words_of(found)])
    print(f"\n{shares_words(shares)}" if shares else "")
    print(
        "The labelled tones are certain from now on, the others' probabilities are moved by the labels, and profile.yaml is fitted "
        "again. Importing the record again into this folder keeps the labels."
    )
    return OK


def _asked(work, next_key: Callable[[], str]) -> bool:  # type: ignore[no-untyped-def]
    """Ask for a label of each post; False where that was stopped."""
    total = len(work.kept["posts"])
    while True:
        place = work.place
        if place is None:
            print("\nAll are labelled. u undo  q stop  any other key: tell the record: ", end="", flush=True)
        else:
            _show(work, place, total)
        key = next_key()
        if key in ("q", "\x03", "\x04") or (key == "" and place is not None):
            return False
        if key == "u":
            last = total if place is None else place
            print("undo" if last else "nothing to undo")
            if last:
                work.label(last - 1, None)
        elif place is None:
            print()
            return True
        elif key in KEYS:
            work.label(place, KEYS[key])
            print(KEYS[key])


def _show(work, place: int, total: int) -> None:  # type: ignore[no-untyped-def]
    row, answered = work.shown(place)
    columns = shutil.get_terminal_size().columns
    print(f"\n── {place + 1} of {total}, thread {row['thread']}, {row['kind']} ──")
    if answered:
        print(textwrap.shorten(plain(f"answers: {answered}"), min(160, 4 * columns), placeholder=" …"))
    rest = len(row["text"]) - SHOWN
    text = row["text"][:SHOWN] + (f" … ({rest:,} more signs)" if rest > 0 else "")
    for line in text.splitlines():
        for part in textwrap.wrap(plain(line), columns - 3) or [""]:
            print(f"  {part}")
    keys = "1 civil  2 heated  3 hostile  s skip  u undo  q stop: "
    narrow = keys.replace("hostile  s", "hostile\ns")
    print(keys if columns > len(keys) else narrow, end="", flush=True)


@contextmanager
def keys() -> Iterator[Callable[[], str]]:
    """A function that gives the next key, without Enter in a terminal; "" at the end of the input."""
    if not sys.stdin.isatty():
        yield lambda: _piped()
        return
    import termios
    import tty

    number = sys.stdin.fileno()
    before = termios.tcgetattr(number)
    waiting: list[str] = []
    try:
        tty.setcbreak(number)
        yield lambda: _typed(number, waiting)
    finally:
        termios.tcsetattr(number, termios.TCSADRAIN, before)


def _typed(number: int, waiting: list[str]) -> str:
    """The next key of a terminal; arrows and other keys that send several signs are one key that means nothing."""
    if not waiting:
        select.select(
            [number], [], []
        )  # Ctrl-C ends this at once; a read goes on after it where polars is loaded
        came = os.read(number, 1024)
        if came.startswith(b"\x1b"):
            return "escape"
        waiting += came.decode("utf-8", "replace").lower()
    return waiting.pop(0) if waiting else ""


def _piped() -> str:
    while key := sys.stdin.read(1):
        if not key.isspace():
            return key.lower()
    return ""
