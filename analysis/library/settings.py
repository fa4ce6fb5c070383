"""Settings given as Python values, as the words that a command line would hold."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./@%+-]*")


def words(
    given: Sequence[str | Mapping[str, Any]], named: Mapping[str, Any], *, sweep: bool = False
) -> list[str]:
    """The words `key=value` of settings: strings stay as they are, dictionaries nest, keywords come last.

    With `sweep`, a list is several values of which each has its turn; else a list is one value, as `policy=["a", "b"]`
    is one treatment of two policies. `TypeError` for a value that no setting can have.

    >>> words(["draws=4", {"community": {"size": 80}}], {"policy": ["slow_mode", "thread_lock"], "dowhy": False})
    ['draws=4', 'community.size=80', 'policy=[slow_mode,thread_lock]', 'dowhy=false']
    >>> words([], {"policy": ["slow_mode", ["slow_mode", "thread_lock"]]}, sweep=True)
    ['policy=slow_mode,[slow_mode,thread_lock]']
    """
    said = []
    for one in (*given, named):
        said += (
            [one]
            if isinstance(one, str)
            else [f"{key}={_value(key, value, sweep)}" for key, value in _flat(one)]
        )
    return said


def _flat(given: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in given.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _value(key: str, value: Any, sweep: bool) -> str:
    if isinstance(value, range):
        value = list(value)
    if sweep and isinstance(value, list | tuple):
        if not value:
            raise ValueError(f"{key} is an empty list: give the values to sweep over")
        return ",".join(_value(key, one, False) for one in value)
    if isinstance(value, list | tuple):
        return f"[{','.join(_value(key, one, False) for one in value)}]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | Path):
        return _text(str(value))
    if hasattr(value, "item"):  # a number of numpy's
        value = value.item()
    if isinstance(value, int | float):
        return repr(value)
    raise TypeError(
        f"{key} is a {type(value).__name__}: give text, a number, True, False, None or a list of them"
    )


def _text(value: str) -> str:
    """Quoted where Hydra would read its signs otherwise."""
    if _PLAIN.fullmatch(value) or re.fullmatch(r"-?[0-9.]+(e-?[0-9]+)?", value):
        return value
    escaped = re.sub(r"(\\*)'", lambda found: found[1] * 2 + r"\'", value)
    tail = re.search(r"\\+$", escaped)
    return f"'{escaped}{tail[0] if tail else ''}'"
