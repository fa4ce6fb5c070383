"""Which code made a run: a digest of the source that decides events, and the versions it rests on."""

import hashlib
import inspect
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from windtunnel import agents, policies, sim

RESTS_ON = ("numpy", "polars", "networkx", "mesa")
"""Packages whose other version may make another run of the same code."""


@cache
def code_sha256() -> str:
    """SHA-256 of every source file of `agents`, `policies` and `sim`, and of the versions in `RESTS_ON`."""
    told = hashlib.sha256()
    for package in (agents, policies, sim):
        root = Path(package.__path__[0])
        for path in sorted(root.rglob("*.py")):
            content = path.read_bytes()
            told.update(f"{package.__name__}/{path.relative_to(root).as_posix()} {len(content)}\n".encode())
            told.update(content)
    for name in RESTS_ON:
        told.update(f"{name} {installed(name)}\n".encode())
    return told.hexdigest()


def plug_ins_sha256(classes: Iterable[Any]) -> list[str]:
    """SHA-256 of the source files of those classes and functions that come from elsewhere, say by an entry point."""
    ours = tuple(f"{package.__name__}." for package in (agents, policies, sim))
    elsewhere = {made for made in classes if not made.__module__.startswith(ours)}
    found = []
    for made in sorted(elsewhere, key=lambda one: (one.__module__, one.__qualname__)):
        try:
            content = Path(inspect.getfile(made)).read_bytes()
        except (OSError, TypeError):  # typed at a prompt: it has no file
            content = repr(made).encode()
        found.append(hashlib.sha256(content).hexdigest())
    return found


def installed(name: str) -> str | None:
    """The version of an installed package; None where it is absent."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None
