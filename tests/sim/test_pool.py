"""Work shared out to processes: every piece is done once, a lost worker's again, and nothing is left running."""

import os
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from multiprocessing import active_children
from pathlib import Path

import pytest
from joblib import Parallel, delayed

from tests.waiting import PATIENCE_S, until
from windtunnel.sim.pool import DEATHS, end_workers, in_processes


def where(folder: str, workers: int, number: int) -> tuple[int, int]:
    """The piece and its process; nobody goes on before so many processes have begun one, however slowly they start."""
    (Path(folder) / str(os.getpid())).touch()
    until(lambda: len(list(Path(folder).iterdir())) >= workers)
    return number, os.getpid()


def at_once(folder: str, number: int) -> int:
    """How many processes are at work while this piece is."""
    mine = Path(folder) / str(os.getpid())
    mine.touch()
    time.sleep(0.02)
    found = len(list(Path(folder).iterdir()))
    mine.unlink()
    return found


def quick(number: int) -> int:
    time.sleep(0.002)
    return os.getpid()


def dies_once(parent: int, folder: str, number: int) -> int:
    """Piece 3 and up kill their first process, once in all, unless that is the parent, which waits for that."""
    if number >= 3 and os.getpid() != parent:
        try:
            (Path(folder) / "died").touch(exist_ok=False)
        except FileExistsError:
            return number
        os.kill(os.getpid(), signal.SIGKILL)
    if number >= 3:
        until((Path(folder) / "died").exists)
    return number


def dies(parent: int, number: int) -> int:
    if os.getpid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.1)
    return number


def fails(number: int) -> int:
    if number == 5:
        raise ValueError("piece 5 is bad")
    return number


def waits(parent: int, folder: str, number: int) -> int:
    if os.getpid() != parent:
        (Path(folder) / str(os.getpid())).touch()
        time.sleep(600)
    time.sleep(0.01)
    return number


@pytest.mark.parametrize("jobs", [2, 3])
@pytest.mark.parametrize("pieces", [1, 2, 60])
def test_every_piece_is_done_once_and_this_process_does_its_share(jobs, pieces, tmp_path):
    end_workers()
    work = partial(where, str(tmp_path), min(jobs, pieces))
    done = list(in_processes(work, range(pieces), jobs=jobs, backend="loky"))
    assert sorted(number for number, _ in done) == list(range(pieces))
    workers = {process for _, process in done}
    assert os.getpid() in workers and len(workers) == min(jobs, pieces)


def test_there_are_no_more_workers_than_work_for_them_and_one_pool_at_a_time():
    end_workers()
    others = set(active_children())
    for jobs, pieces, workers in ((16, 1, 0), (1, 9, 0), (16, 2, 1), (2, 9, 1), (3, 9, 2), (2, 9, 2)):
        assert len(list(in_processes(quick, range(pieces), jobs=jobs, backend="loky"))) == pieces
        assert len(set(active_children()) - others) == workers, (jobs, pieces)


def test_a_larger_pool_from_before_sets_no_more_to_work_than_are_asked_for(tmp_path):
    (tmp_path / "before").mkdir()
    before = partial(where, str(tmp_path / "before"), 3)
    assert len(list(in_processes(before, range(9), jobs=3, backend="loky"))) == 9
    (tmp_path / "now").mkdir()
    now = partial(at_once, str(tmp_path / "now"))
    assert max(in_processes(now, range(60), jobs=2, backend="loky")) <= 2


def test_the_piece_of_a_worker_that_was_killed_is_done_again(tmp_path):
    work = partial(dies_once, os.getpid(), str(tmp_path))
    assert sorted(in_processes(work, range(60), jobs=2, backend="loky")) == list(range(60))
    assert (tmp_path / "died").exists()


def test_workers_that_die_again_and_again_are_said():
    """There is more work than this process does before, however slowly workers start."""
    work = partial(dies, os.getpid())
    with pytest.raises(ChildProcessError, match=f"worker processes ended {DEATHS} times"):
        list(in_processes(work, range(10_000), jobs=2, backend="loky"))


def test_the_error_of_a_piece_is_the_caller_s():
    with pytest.raises(ValueError, match="piece 5 is bad"):
        list(in_processes(fails, range(60), jobs=2, backend="loky"))
    assert sorted(in_processes(abs, range(9), jobs=2, backend="loky")) == list(range(9))


def test_what_is_given_up_leaves_no_worker_at_work(tmp_path):
    done = in_processes(partial(waits, os.getpid(), str(tmp_path)), range(10**6), jobs=2, backend="loky")
    end = time.monotonic() + PATIENCE_S
    while not (begun := list(tmp_path.iterdir())):
        next(done)
        assert time.monotonic() < end
    done.close()
    worker = int(begun[0].name)
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_joblib_s_own_pool_is_left_alone():
    assert sorted(in_processes(abs, range(9), jobs=2, backend="loky")) == list(range(9))
    assert Parallel(n_jobs=2)(delayed(abs)(number) for number in range(-4, 0)) == [4, 3, 2, 1]
    assert sorted(in_processes(abs, range(9), jobs=2, backend="loky")) == list(range(9))
    end_workers()
    assert sorted(in_processes(abs, range(9), jobs=2, backend="loky")) == list(range(9))


def test_a_process_that_shared_work_out_ends_without_a_word():
    words = "from windtunnel.sim.pool import in_processes; print(sum(in_processes(abs, range(9), jobs=2, backend='loky')))"
    done = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=PATIENCE_S)
    assert (done.returncode, done.stdout, done.stderr) == (0, "36\n", "")


def test_pieces_given_up_while_loky_s_manager_looks_for_the_next_one_leave_no_error(monkeypatch):
    """The window in which loky drops its pieces and then reads their numbers, held open; each round ends in it."""
    import joblib.externals.loky.process_executor as loky

    lost: list[BaseException | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda given: lost.append(given.exc_value))
    real = loky._ExecutorManagerThread.is_shutting_down

    def late(manager):
        time.sleep(0.03)
        return real(manager)

    monkeypatch.setattr(loky._ExecutorManagerThread, "is_shutting_down", late)
    for round_ in range(4):
        done = in_processes(quick, range(2000), jobs=3, backend="loky")
        by_workers = 0
        for process in done:
            by_workers += process != os.getpid()
            if by_workers > round_:
                break
        done.close()
    assert lost == []


def test_a_process_that_is_killed_leaves_no_warning_about_semaphores(tmp_path):
    words = (
        "import os, signal\nfrom windtunnel.sim.pool import in_processes\n"
        "for done in in_processes(abs, range(10**6), jobs=2, backend='loky'):\n"
        "    if done > 200: os.kill(os.getpid(), signal.SIGKILL)"
    )
    with (tmp_path / "said").open("w") as said:
        done = subprocess.run([sys.executable, "-c", words], stdout=said, stderr=said, timeout=PATIENCE_S)
    time.sleep(2)  # the tracker of semaphores outlives it and would speak now
    assert (done.returncode, (tmp_path / "said").read_text()) == (-signal.SIGKILL, "")


@pytest.mark.parametrize(
    "error", [OSError(30, "Read-only file system"), PermissionError(13, "Permission denied")]
)
def test_where_no_worker_can_start_this_process_does_all_and_names_the_setting(error, monkeypatch, capfd):
    import joblib.externals.loky as loky

    def refused(*given, **named):
        raise error

    end_workers(kill=True)
    monkeypatch.setattr(loky, "ProcessPoolExecutor", refused)
    assert sorted(in_processes(abs, range(9), jobs=2, backend="loky")) == list(range(9))
    said = capfd.readouterr().err
    assert said.count("\n") == 1 and "parallel.jobs=1" in said and error.strerror in said
