"""How a command ends: its exit code, and a user's mistake as one sentence that a terminal can show."""

import errno
import io
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

OK, FAULT, MISTAKE, FAILED, INTERRUPTED, TERMINATED = 0, 1, 2, 3, 130, 143
TRACEBACK = "WINDTUNNEL_TRACEBACK"
"""The environment variable that lets a fault of ours be seen whole."""


def with_standard_streams() -> None:
    """Open what a shell has closed (`>&-`, `2>&-`, `<&-`) on nothing, so that no file of ours takes the number of one."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream := getattr(sys, name), io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(
                errors="backslashreplace"
            )  # a terminal without these letters sees their numbers


def unfit_interpreter() -> str:
    """What about Python or its surroundings would break a library that every command needs; empty where nothing does."""
    if sys.flags.optimize >= 2:
        return "Python runs without docstrings (-OO, or PYTHONOPTIMIZE=2), which the charts need: leave that out, or take 1"
    threads = os.environ.get("POLARS_MAX_THREADS")
    if threads is not None and (not threads.isdigit() or int(threads) < 1):
        return f"POLARS_MAX_THREADS is {threads!r}: give a number of threads from 1 on, or unset it"
    return ""


class Terminated(KeyboardInterrupt):
    """SIGTERM: it ends a command as Ctrl-C does."""


@contextmanager
def handle_signals() -> Iterator[None]:
    """While the block lasts SIGTERM raises `Terminated` and SIGINT `KeyboardInterrupt`; what is lost is raised at the next step."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        error = Terminated() if number == signal.SIGTERM else KeyboardInterrupt()
        if watch := sys.modules.get("windtunnel.sim.watch"):  # where it is not loaded, nothing runs yet
            watch.stop_asked(error)
        raise error

    heard = [signal.SIGTERM]
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else somebody wants it otherwise
        heard.append(signal.SIGINT)
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if watch := sys.modules.get("windtunnel.sim.watch"):
            watch.forget_stops()


def guarded(action: Callable[[], int]) -> int:
    """The action's exit code; a user's mistake, a missing file or package, Ctrl-C or a fault of ours becomes one line and a code."""
    try:
        return action()
    except (ValueError, ImportError) as error:
        return _said(str(error), MISTAKE)
    except BrokenPipeError:  # the reader, say `head`, has seen enough
        sys.stdout = None  # type: ignore[assignment]
        return OK
    except OSError as error:
        return _said(_about_system(error), MISTAKE)
    except KeyboardInterrupt as stop:
        sentence = str(stop) or "interrupted; the same command starts again, and answers already had are kept"
        return _said(sentence, TERMINATED if isinstance(stop, Terminated) else INTERRUPTED)
    except Exception as error:
        if FULL in str(error):  # a library's own error for what the system refused
            return _said(FULL, MISTAKE)
        if os.environ.get(TRACEBACK):
            raise
        place = traceback.extract_tb(error.__traceback__)[-1]
        return _said(
            f"this should not happen, and is no mistake of yours: {type(error).__name__}: {error} ({Path(place.filename).name}, "
            f"line {place.lineno}); {TRACEBACK}=1 shows all of it for a report",
            FAULT,
        )


def _about_system(error: OSError) -> str:
    """What the system refused, and of what."""
    if isinstance(error, FileNotFoundError) and not error.filename and not _stands_somewhere():
        return "the folder that this command was given in is gone: cd to one that is there"
    if isinstance(error, FileExistsError | NotADirectoryError) and error.filename:
        path = Path(error.filename)
        for part in (path, *path.parents):
            if part.is_symlink() and not part.exists():
                return f"{part} is a link to {part.readlink()}, where nothing is: make that folder, or name another"
            if part.exists() and not part.is_dir():
                return f"{part} is a file and no folder: name another"
    where = f": {error.filename}" if error.filename else ""
    if advice := _unfit_place(error):
        return f"{error.strerror or error}{where}: {advice}"
    more = " (ulimit -f sets how large a file may be)" if error.errno == errno.EFBIG else ""
    return f"{error.strerror or error}{where}{more}"


FULL = os.strerror(errno.ENOSPC)
_SYSTEMS = ("/proc", "/sys", "/dev")
"""Folders that the system makes up, in which nobody keeps a file."""


def _unfit_place(error: OSError) -> str:
    """What would work where a file is to be written in a place that takes none; empty where the place is not why."""
    if not error.filename or not isinstance(error.filename, str | bytes | os.PathLike):
        return ""
    path = os.path.abspath(os.fsdecode(error.filename))  # noqa: PTH100
    system = next(
        (each for each in _SYSTEMS if path.startswith(f"{each}/") and not path.startswith("/dev/shm")), None
    )
    if system and not os.path.exists(path):  # noqa: PTH110
        return f"{system} is the system's own and takes no files: name a folder of yours, as out=outputs/mine"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS) and not os.path.exists(path):  # noqa: PTH110
        return "nothing may be written there: name a folder of yours, as out=outputs/mine"
    return ""


def _stands_somewhere() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def check_words(words: list[str]) -> list[str]:
    """The words of a command line; `ValueError` where one holds bytes that are no text here."""
    for word in words:
        if any("\udc80" <= sign <= "\udcff" for sign in word):
            raise ValueError(
                f"{word.encode('ascii', 'backslashreplace').decode()} holds bytes that are no text in this shell's encoding "
                f"({sys.getfilesystemencoding()}): write it in UTF-8, with LANG=C.UTF-8 or PYTHONUTF8=1"
            )
    return words


def _said(sentence: str, code: int) -> int:
    try:
        print(f"windtunnel: {plain(sentence)}", file=sys.stderr, flush=True)
    except BrokenPipeError:  # nobody reads what went wrong; the code still tells it
        sys.stderr = None  # type: ignore[assignment]
    return code


def plain(text: str) -> str:
    """Text safe for a terminal: no control or bidirectional characters.

    >>> plain("a\\x1b[31mb\\u202ec")
    'a[31mbc'
    """
    return "".join(c for c in text if (c.isprintable() and not _bidi(c)) or c in "\n\t")


def _bidi(char: str) -> bool:
    return "\u202a" <= char <= "\u202e" or "\u2066" <= char <= "\u2069" or char in "\u200e\u200f\u061c"
