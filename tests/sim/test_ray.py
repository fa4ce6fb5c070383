"""Ray for real: two nodes on this machine, a worker and then a whole node killed in the middle; loky's results."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.tunnel import run_plan

pytestmark = [
    pytest.mark.ray,
    pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed: make test-ray"),
    pytest.mark.timeout(600),
]
sys.path.insert(0, str(Path(__file__).parent))
import ray_cluster  # noqa: E402

CELL = "policy=[slow_mode,rule_reminder] community.size=150 draws=12 seeds=2 steps=24 dowhy=false parallel.worlds=1"


def fingerprint(*words: str) -> tuple[str, str]:
    """SHA-256 of the events, and the pairs as text."""
    result = run_plan(plan(compose([*CELL.split(), *words])))
    assert result.failed == 0
    return result.manifest["events_sha256"], result.pairs.write_csv()


@pytest.fixture
def cluster(tmp_path_factory, monkeypatch) -> Iterator[ray_cluster.Cluster]:
    folder = tmp_path_factory.mktemp("r")  # Ray's sockets need a short path
    with ray_cluster.two_nodes(folder) as made:
        for name, value in (ray_cluster.ALONE | {"RAY_ADDRESS": made.address}).items():
            monkeypatch.setenv(name, value)
        import ray  # reads the token's name from the environment as it is now

        try:
            yield made
        finally:
            ray.shutdown()


@pytest.fixture(scope="module")
def expected() -> tuple[str, str]:
    return fingerprint("parallel.jobs=2")


def when_at_work(node: int, action, done: list[int]) -> threading.Thread:
    """Call `action` with the id of a worker of that node as soon as one is at work on a block."""

    def wait() -> None:
        for _ in range(2000):
            if found := ray_cluster.workers(node):
                time.sleep(0.3)
                action(found[0])
                done.append(found[0])
                return
            time.sleep(0.02)

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_two_nodes_give_what_one_machine_gives(cluster, expected):
    assert fingerprint("parallel.backend=ray") == expected
    import ray

    assert ray.cluster_resources()["CPU"] == 2


def test_a_worker_killed_in_the_middle_changes_nothing(cluster, expected):
    killed: list[int] = []
    thread = when_at_work(cluster.joined.pid, lambda pid: os.kill(pid, signal.SIGKILL), killed)
    assert fingerprint("parallel.backend=ray") == expected
    thread.join()
    assert killed


def test_a_node_lost_in_the_middle_changes_nothing(cluster, expected):
    ended: list[int] = []
    thread = when_at_work(cluster.joined.pid, lambda _: cluster.joined.send_signal(signal.SIGTERM), ended)
    assert fingerprint("parallel.backend=ray") == expected
    thread.join()
    assert ended and cluster.joined.wait(30) is not None


def test_one_process_owns_the_answers_of_a_cluster(cluster, tmp_path):
    words = "mind=llm llm=fake prompt=archetype mind.drift_sample=0 community.size=30 steps=6 draws=4 seeds=1"
    asked = words.split()
    here = fingerprint(*asked, "parallel.jobs=1", f"llm.store={tmp_path / 'one.sqlite'}")
    there = fingerprint(*asked, "parallel.backend=ray", f"llm.store={tmp_path / 'two.sqlite'}")
    assert here == there
    from windtunnel.agents.llm.store import ResponseStore

    one, two = (ResponseStore(tmp_path / name) for name in ("one.sqlite", "two.sqlite"))
    assert len(one) == len(two) > 0
    assert {row[0]: row[2] for row in one.rows()} == {row[0]: row[2] for row in two.rows()}


def test_without_a_cluster_it_is_said_how_to_start_one(monkeypatch):
    import ray

    ray.shutdown()
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    with pytest.raises(ValueError, match="ray start --head"):
        fingerprint("parallel.backend=ray")
