"""A Ray cluster of two nodes on this machine, for tests: each node a process of its own, ended by its own id."""

import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ALONE = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
"""Ray listens on every address of the machine: only who knows this session's token may use it."""


class Cluster(NamedTuple):
    """Its address, and the process of the node that joined."""

    address: str
    joined: "subprocess.Popen[bytes]"


@contextmanager
def two_nodes(folder: Path) -> Iterator[Cluster]:
    """`ray start --head` and a node that joins it, one processor each."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    port = address.partition(":")[2]
    head = ["--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={folder}"]
    with node(*head) as _, node(f"--address={address}") as joined:
        yield Cluster(address, joined)


@contextmanager
def node(*words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """One node of one processor; it and what it started are gone after the block."""
    program = Path(sys.executable).with_name("ray")
    command = [str(program), "start", "--block", "--num-cpus=1"]
    started = subprocess.Popen(
        [*command, "--object-store-memory=200000000", *words],
        env=os.environ | ALONE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        assert started.stdout is not None
        said = b""
        for line in started.stdout:
            said += line
            if b"--block" in line:
                break
        else:
            raise RuntimeError(f"ray did not start: {said.decode()[-500:]}")
        yield started
    finally:
        if started.poll() is None:
            started.send_signal(signal.SIGTERM)
            try:
                started.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(started.pid, signal.SIGKILL)  # a session of its own: nobody else is in it
        started.wait()


def workers(of: int) -> list[int]:
    """Process ids of one node's workers that are at work on a block of ours."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if (entry / "cmdline").read_bytes().startswith(b"ray::_numbered") and of in ancestors(entry):
                found.append(int(entry.name))
        except OSError:  # it has just ended
            continue
    return found


def ancestors(entry: Path) -> list[int]:
    """Process ids of a process's parent, the parent's parent and so on; `entry` is its folder in /proc."""
    line = []
    while entry.name != "0":
        parent = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[1]
        line.append(int(parent))
        entry = entry.with_name(parent)
    return line
