"""What each setting means and in which unit, from `conf/meanings.yaml` or from the comment beside its default."""

import re
import sys
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import yaml

from windtunnel import conf

OTHER = "other"


class Meaning(NamedTuple):
    """What a setting means: its group in the list, its unit, and a sentence."""

    group: str
    unit: str
    """Empty where it has none."""
    words: str


def meaning(setting: str) -> Meaning:
    """The meaning of a setting by its dotted name; its words are empty where nobody has written any.

    >>> meaning("steps"), meaning("community.actions.lurk").group
    (Meaning(group='what is run', unit='steps', words='length of a run'), 'community')
    """
    known = _known()
    if setting in known:
        return known[setting]
    patterns = [name for name in known if "*" in name and _under(setting, name)]
    nearest = max(patterns, key=len, default=None)
    if nearest and nearest.count(".") > 1:
        return known[nearest]
    if (words := _comment(setting)) or nearest is None:
        return Meaning(_group(setting), "", words)
    return known[nearest]


def _under(setting: str, pattern: str) -> bool:
    return fnmatchcase(setting, pattern) or fnmatchcase(f"{setting}.", pattern)


@cache
def _known() -> dict[str, Meaning]:
    text = (files("windtunnel.conf") / "meanings.yaml").read_text(encoding="utf-8")
    return {
        name: Meaning(group, unit, words)
        for group, lines in yaml.safe_load(text).items()
        for name, (unit, words) in lines.items()
    }


def groups() -> list[str]:
    """The groups in their order, that of settings without one last."""
    return [*dict.fromkeys(one.group for one in _known().values()), OTHER]


def _group(setting: str) -> str:
    """The group of the nearest name that has one."""
    head = setting.split(".")[0]
    return _known()[head].group if head in _known() else OTHER


@cache
def _comments(path: tuple[str, ...]) -> dict[tuple[str, str], str]:
    """The comment at the end of a setting's line, by the folder of its file (empty for config.yaml) and its own name.

    Ours come first, then those of the packages that `path` (`sys.path`) leads to.
    """
    found: dict[tuple[str, str], str] = {}
    for group in ("", "community", "mind", "llm", "outcome"):
        for name, file in conf.options(group).items():
            if group or name == "config":
                text = file.read_text(encoding="utf-8")
                for line in re.finditer(r"(?m)^\s*([a-z_0-9]+):.*?\s# *(.+)$", text):
                    found.setdefault((group, line[1]), line[2])
    return found


def _comment(setting: str) -> str:
    group, _, rest = setting.partition(".")
    name = rest.rpartition(".")[2] or group
    said = _comments(tuple(sys.path))
    return said.get((group if rest else "", name)) or said.get(("", name), "")
