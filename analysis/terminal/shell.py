"""Between a shell and Hydra: what is typed reaches Hydra whole, and what is printed can be pasted back."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

ALONE = ("out", "hydra.run.dir", "hydra.sweep.dir")
"""Keys of one folder, which is never several values."""
TEXTS = (
    *("community.profile", "community.setting", "community.question", "mind.file", "mind.calibration"),
    *("llm.store", "llm.weights.path", "llm.python"),
)
"""Keys of a file, a folder or a sentence, in which every sign is only a sign; a sweep still parts them by commas."""
TOGETHER = ("policy", "baseline")
"""Keys of which several values may stand together as a list."""
NOTHING = "null"


def for_hydra(word: str, *, sweep: bool = False) -> str:
    r"""The word with its value quoted where Hydra's grammar would read signs of a name or a sentence as its own.

    A value that its writer has quoted for Hydra stays as it is. `~/` at the start is the home folder.

    >>> print(for_hydra("out=it's (1)"), for_hydra("seeds=1,2"), for_hydra("community.profile=é,b", sweep=True))
    out='it\'s (1)' seeds=1,2 community.profile='é',b
    """
    key, sign, value = word.partition("=")
    name = key.lstrip("+")
    if not sign or not value.strip() or value == NOTHING:
        return word
    if name in ALONE:
        return word if _is_quoted(value) else f"{key}={quoted(_at_home(value))}"
    if name in TEXTS and not _is_quoted(value):
        value = _at_home(value)
        if not sweep or "," not in value or Path(value).exists():
            return f"{key}={quoted(value)}"
        return f"{key}={','.join(part if _is_plain(part) else quoted(part) for part in value.split(','))}"
    return word if _parses(word) else f"{key}={quoted(value)}"


def check_once(words: Sequence[str]) -> None:
    """`ValueError` where `policy` or `baseline` is given twice: one of them would be dropped where both may be meant."""
    for key, values in _doubled(words).items():
        if key in TOGETHER:
            raise ValueError(
                f"{key} is given twice, as {' and as '.join(values)}: give one of them, or {key}=[{','.join(values)}] for all at once"
            )


def last_counts(words: Sequence[str]) -> list[str]:
    """A sentence for each setting that is given with several values, of which the last one counts."""
    return [
        f"{key} is given as {', then as '.join(values)}: the last one counts."
        for key, values in _doubled(words).items()
    ]


def _doubled(words: Sequence[str]) -> dict[str, list[str]]:
    """Keys that are given with different values, and these."""
    given: dict[str, list[str]] = {}
    for word in words:
        key, sign, value = word.partition("=")
        if sign and value not in given.setdefault(key.lstrip("+"), []):
            given[key.lstrip("+")].append(value)
    return {key: values for key, values in given.items() if len(values) > 1}


def quoted(value: str) -> str:
    """The value as one text of Hydra's grammar, whatever it holds.

    >>> print(quoted("a=b, c"), quoted("it's"))
    'a=b, c' 'it\\'s'
    """
    escaped = re.sub(r"(\\+)(?=\$\{|'|$)", r"\1\1", value)  # the grammar reads backslashes there alone
    return "'" + escaped.replace("'", "\\'").replace("${", "\\${") + "'"


def pasted(*words: object) -> str:
    """Words as a shell takes them again.

    >>> pasted("windtunnel", "run", "out=it (1)")
    "windtunnel run 'out=it (1)'"
    """
    return shlex.join(map(str, words))


def _at_home(value: str) -> str:
    return str(Path(value).expanduser()) if value == "~" or value.startswith("~/") else value


def _is_quoted(value: str) -> bool:
    return len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" and _parses(f"key={value}")


def _is_plain(part: str) -> bool:
    return (
        part.isascii() and part.replace("-", "").replace("_", "").replace("/", "").replace(".", "").isalnum()
    )


def _parses(word: str) -> bool:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    try:
        OverridesParser.create().parse_override(word)
    except HydraException:
        return False
    return True
