"""Blocks of runs in several processes: joblib's loky on one machine, Ray on a cluster; a lost worker's block is run again."""

import atexit
import contextlib
import gc
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from functools import cache
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

Work = TypeVar("Work")
Done = TypeVar("Done")
DEATHS = 3
"""Times in a row that a worker may die before one finishes anything."""
IDLE = 300
"""Seconds that a worker waits for the next run."""
CPU_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Where libraries read how many processors a worker may use at once."""
_POOLS = dict[int, Any]()
"""The pool that there is, if any, by the number of its workers."""
QUIET = "ignore:resource_tracker"
"""What a kill leaves is tidied up, and nobody can act on being told so."""
LOOKS = 0.5
"""Seconds between a worker's looks at whether its parent is still there."""


def in_processes(
    function: Callable[[Work], Done], work: Sequence[Work], *, jobs: int, backend: str
) -> Iterator[Done]:
    """`function` of each piece of work, as they finish, in any order; `function` must be known by name or picklable.

    `ChildProcessError` if workers die again and again. What is left when the iterator is closed is given up.
    """
    each = _by_ray if backend == "ray" else _by_loky
    left, deaths = dict(enumerate(work)), 0
    while left:
        try:
            for (number, done), by_worker in each(function, left, jobs):
                del left[number]
                deaths = 0 if by_worker else deaths
                yield done
        except _Died as died:
            deaths += 1
            if deaths == DEATHS:
                raise ChildProcessError(
                    f"worker processes ended {DEATHS} times before they finished anything ({died}): if memory is short, "
                    "set parallel.worlds or parallel.jobs to less"
                ) from None


class _Died(Exception):
    """A worker ended before its piece of work did."""


def _by_loky(
    function: Callable[[Work], Done], left: dict[int, Work], jobs: int
) -> Iterator[tuple[tuple[int, Done], bool]]:
    """Number and result of each piece, and whether a worker did it.

    This process is one of the `jobs`: it works while the others start, which takes them a second of imports.

    A worker has the next piece before it hands over the last one, or it would wait for this process, which is at work. It has
    no more, for they would be lost with it, and towards the end it has one, for a second would be late.
    """
    from joblib.externals.loky.process_executor import BrokenProcessPool

    workers = min(jobs, len(left)) - 1
    executor: Any = _pool(workers) if workers else None
    if executor is None:
        workers = 0
    waiting, ended, unfinished = deque(left.items()), SimpleQueue[Future[tuple[int, Done]]](), len(left)

    handed, turn = [0], threading.RLock()
    ahead = (
        2 if executor is not None and executor.size == workers else 1
    )  # a larger pool would set more than `jobs` to work

    def hand_out() -> None:
        with turn:
            while handed[0] < (ahead * workers if len(waiting) > jobs else workers):
                try:
                    piece = waiting.popleft()
                except IndexError:
                    return
                handed[0] += 1
                try:
                    future = executor.submit(_in_child, os.getpid(), function, *piece)
                except Exception as error:  # the pool broke or was closed meanwhile
                    future = Future()
                    refused = type(error) is not ChildProcessError and isinstance(error, OSError)
                    future.set_exception(ChildProcessError(_none_start(error)) if refused else error)
                future.add_done_callback(hand_on)

    def hand_on(future: "Future[tuple[int, Done]]") -> None:
        ended.put(future)
        with turn:
            handed[0] -= 1
        if not future.exception():
            hand_out()

    try:
        hand_out()
        while unfinished:
            with contextlib.suppress(IndexError):
                number, one = waiting.popleft()
                unfinished -= 1
                yield (number, function(one)), False
            while unfinished and not (waiting and ended.empty()):
                done = ended.get().result()
                unfinished -= 1
                yield done, True
    except BrokenProcessPool as error:
        raise _Died(str(error).strip().splitlines()[0]) from None
    finally:
        with turn:  # a piece on its way to the workers gets there first: afterwards none follows
            waiting.clear()
        if unfinished:
            end_workers(kill=True)


def _pool(workers: int) -> Any:
    """So many worker processes or more, that stay for the next run; those of a pool that is too small, or that looks for
    modules elsewhere than this process does by now, end first.

    They are our own, since joblib takes loky's shared ones for its own. A pool starts all of its workers at once. None, and
    a line on standard error, where this machine lets none be started: a container's /dev/shm may be read-only.
    """
    from joblib.externals.loky import ProcessPoolExecutor

    for size, pool in _POOLS.items():
        if size >= workers and pool.looks_in == sys.path:
            return pool
    end_workers()
    cpu_threads = str(max(1, (os.cpu_count() or 1) // (workers + 1)))
    try:
        with _tracked_quietly():
            pool = ProcessPoolExecutor(workers, timeout=IDLE, env=dict.fromkeys(CPU_THREADS, cpu_threads))
    except (OSError, NotImplementedError, ImportError) as error:
        print(f"{_none_start(error)}; until then all runs in this one process", file=sys.stderr, flush=True)
        return None
    pool.size, pool.looks_in = workers, list(sys.path)
    _POOLS[workers] = pool
    atexit.register(end_workers, kill=True)  # or loky complains while Python is taken down
    return pool


def _none_start(error: Exception) -> str:
    return (
        f"no worker process can be started here ({error}; they need a /dev/shm that can be written): set parallel.jobs=1, "
        "or make it writable"
    )


def end_workers(*, kill: bool = False) -> None:
    """End the worker processes that wait for the next run; with `kill` those at work, too."""
    while _POOLS:
        pool = _POOLS.popitem()[1]
        if kill:
            _forget_numbers(pool)
        pool.shutdown(wait=True, kill_workers=kill)


def _forget_numbers(pool: Any) -> None:
    """Take away the numbers of the pieces that wait in loky's queue, before loky drops the pieces themselves.

    Its manager drops them all and then looks up, by these numbers, which to send next: a KeyError that ends the
    manager, if one is left (loky 3.6, `process_executor.py`: `flag_executor_shutting_down`, then `add_call_item_to_queue`).
    """
    with contextlib.suppress(Empty):
        while True:
            pool._work_ids.get_nowait()


@contextlib.contextmanager
def _tracked_quietly() -> Iterator[None]:
    """loky's tracker of semaphores, if it starts in this block, tidies up after a kill without a warning about it."""
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, (before, QUIET)))
    try:
        from joblib.externals.loky.backend.resource_tracker import ensure_running

        ensure_running()
        yield
    finally:
        if before is None:
            del os.environ["PYTHONWARNINGS"]
        else:
            os.environ["PYTHONWARNINGS"] = before


def _in_child(parent: int, function: Callable[[Work], Done], number: int, one: Work) -> tuple[int, Done]:
    end_with(parent)
    done = _numbered(function, number, one)
    _leave_out_imports()
    return done


@cache
def _leave_out_imports() -> None:
    """Spare the garbage collector what imports have made: loky calls it every second, .1 to .2 s each time otherwise."""
    gc.freeze()


@cache
def end_with(parent: int) -> None:
    """End this worker soon after the process that started it, however that ends.

    A worker of loky whose parent was killed would wait for ever to hand over what it has done.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOKS)
        os._exit(1)

    threading.Thread(target=watch, name="end with the parent", daemon=True).start()


def _numbered(function: Callable[[Work], Done], number: int, one: Work) -> tuple[int, Done]:
    return number, function(one)


def _by_ray(
    function: Callable[[Work], Done], left: dict[int, Work], jobs: int
) -> Iterator[tuple[tuple[int, Done], bool]]:
    """The same of tasks on Ray's workers, as many at a time as `jobs`; Ray itself runs a task again whose worker or node is lost.

    joblib's own backend for Ray gives nothing back before all is done, and loses everything with one worker.
    """
    ray = connected()
    from ray.exceptions import GetTimeoutError, RayError, RayTaskError

    task = ray.remote(max_retries=DEATHS)(_numbered)
    shared = ray.put(function)
    waiting = list(left.items())[::-1]
    running: list[Any] = []
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(task.remote(shared, *waiting.pop()))
            done, running = ray.wait(running, num_returns=1)
            yield ray.get(done[0]), True
    except RayTaskError as error:
        raise error.cause from None
    except GetTimeoutError:
        raise
    except RayError as error:
        raise _Died(type(error).__name__) from None
    finally:
        for one in running:
            ray.cancel(one, force=True)


def connected() -> Any:
    """Ray, connected to the cluster that RAY_ADDRESS or this machine knows of; `ImportError` or `ValueError` say what to do.

    None is started here: Ray listens on every address of a machine, which is for its owner to decide.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError:
        raise ImportError(
            "parallel.backend=ray needs Ray: pip install 'policy-windtunnel[cluster]', or use parallel.backend=loky"
        ) from None
    if not ray.is_initialized():
        try:
            ray.init(address="auto", log_to_driver=False, logging_level="ERROR")
        except ConnectionError:
            raise ValueError(
                "parallel.backend=ray found no Ray cluster: start one by `ray start --head` and name it in RAY_ADDRESS, or "
                "use parallel.backend=loky"
            ) from None
    return ray


def cluster_processors() -> int:
    """Processors of the whole Ray cluster."""
    return max(1, int(connected().cluster_resources().get("CPU", 1)))
