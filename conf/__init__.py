"""Settings that ship with the program, and those that packages of others bring in a `conf` folder of their own.

A package that is found by an entry point (`windtunnel.communities`, `.policies`, `.outcomes`, `.minds`, `.incidents`) may hold
`conf/GROUP/NAME.yaml` beside the module that the entry point names: its options then stand beside ours.
"""

import os
import pickle
import sys
from functools import cache, lru_cache
from importlib.metadata import entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

KINDS = ("communities", "policies", "outcomes", "minds", "incidents", "rankers")
"""What a package may bring: the ends of our groups of entry points."""


def points(kind: str) -> dict[str, Any]:
    """The entry points of other packages that bring something of this kind, by name."""
    return {point.name: point for point in entry_points(group=f"windtunnel.{kind}")}


def homes() -> list[Traversable]:
    """The folders that hold groups of settings: ours, then those of other packages."""
    return [files(__name__), *_others(tuple(sys.path))]


@cache
def _others(path: tuple[str, ...]) -> list[Traversable]:
    packages = {point.module.rpartition(".")[0] for kind in KINDS for point in points(kind).values()}
    found: list[Traversable] = []
    for package in sorted(packages - {""}):
        spec = find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            if (folder := Path(place) / "conf").is_dir():
                found.append(folder)
    return found


def options(group: str) -> dict[str, Traversable]:
    """The yaml files of a group ("": of the top) by the names of the options; ours win over those of others."""
    found: dict[str, Traversable] = {}
    for home in homes():
        folder = home / group if group else home
        for name in sorted(_yaml_files(folder)):
            found.setdefault(name.removesuffix(".yaml"), folder / name)
    return found


def _yaml_files(folder: Traversable) -> list[str]:
    if not folder.is_dir():
        return []
    inside = os.scandir(folder) if isinstance(folder, Path) else folder.iterdir()
    return [one.name for one in inside if one.name.endswith(".yaml")]


def _file(group: str, name: str) -> Traversable | None:
    """The file of one option, where there is one."""
    for home in homes():
        folder = home / group if group else home
        if f"{name}.yaml" in _yaml_files(folder):
            return folder / f"{name}.yaml"
    return None


def content(group: str, name: str) -> dict[str, Any]:
    """What an option's file says; empty where there is no such file."""
    file = _file(group, name)
    return {} if file is None else _said(file)


def contents(group: str) -> dict[str, dict[str, Any]]:
    """What the files of all options of a group say, by the names of the options."""
    return {name: _said(file) for name, file in options(group).items()}


def _said(file: Traversable) -> dict[str, Any]:
    import yaml

    try:
        return pickle.loads(_pickled(file.read_text(encoding="utf-8"))) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise ValueError(f"{file} is no yaml{line}: {getattr(error, 'problem', None) or error}") from None


@lru_cache(maxsize=1024)
def _pickled(text: str) -> bytes:
    """What a yaml text says, pickled: each caller of `content` gets a copy of its own, and a text is parsed once."""
    import yaml

    return pickle.dumps(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def summary(group: str, name: str) -> str:
    """What an option is, in the words that its file begins with: its first lines of comment."""
    file, said = _file(group, name), []
    for line in file.read_text(encoding="utf-8").splitlines() if file is not None else ():
        if line.startswith("# @"):
            continue
        if not line.startswith("#"):
            break
        said.append(line.lstrip("# "))
    return " ".join(said)
