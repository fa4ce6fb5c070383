"""A rule as a user names it: a file of words, a file in AutoModerator's YAML, or one of our policies with its parameters."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from windtunnel.analysis.rules.automoderator import read_rules
from windtunnel.analysis.rules.model import Rule
from windtunnel.analysis.rules.policies import policy_rule
from windtunnel.analysis.rules.word_list import read_word_list
from windtunnel.policies.base import Policy

MOST_BYTES = 2**20
WORDS, YAML, POLICY = "word list", "AutoModerator's YAML", "policy"
ENDINGS = {".txt": WORDS, ".lst": WORDS, ".words": WORDS, ".yaml": YAML, ".yml": YAML}


class Loaded(NamedTuple):
    """What is replayed: `rules`, or a `policy` of ours; `source` is one of the three above, `path` the file that it was read from."""

    name: str
    source: str
    rules: tuple[Rule, ...] = ()
    policy: Policy | None = None
    path: str = ""


def load(name: str, parameters: Mapping[str, Any] | None = None) -> Loaded:
    """The rule that a path or a policy's name stands for; `ValueError` says what is wrong with it, and where."""
    path = Path(name)
    if path.suffix.lower() in ENDINGS or path.is_file():
        if parameters:
            raise ValueError(f"--param sets a parameter of a policy, and {name} is a file")
        return load_text(read(path), path.name, _source(path))._replace(path=name)
    return Loaded(name, POLICY, policy=policy_rule(name, parameters or {}))


def load_text(text: str, name: str, source: str) -> Loaded:
    """The rules of a text; `source` is `WORDS` or `YAML`."""
    try:
        rules = read_rules(text) if source == YAML else [read_word_list(text)]
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
    return Loaded(name, source, tuple(rules))


def read(path: Path) -> str:
    """The text of a rule's file."""
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no file {path}: give a list of words (.txt), AutoModerator's YAML (.yaml) or a policy"
        )
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{path} is larger than {MOST_BYTES // 1024} KiB: that is no rule")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not text in UTF-8: save it as UTF-8") from None


def _source(path: Path) -> str:
    found = ENDINGS.get(path.suffix.lower())
    if found is None:
        raise ValueError(
            f"{path} ends in {path.suffix or 'nothing'}: name a list of words .txt, AutoModerator's YAML .yaml"
        )
    return found
