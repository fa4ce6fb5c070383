"""Reads single values of a record with care: objects, names, counts, numbers; `ValueError` says what is wrong."""

import json
import math
from typing import Any

import orjson

from windtunnel.analysis.importers.values.missing import MOST, word

_SEPARATOR = b"\x1e"
"""Stands before each text of a JSON text sequence (RFC 7464)."""
DIGITS = bytes.maketrans(b"123456789", b"000000000")
LONG = b"0" * 19
"""So many digits in a row, each written as 0, may need more than 64 bits: orjson would round the number, and two ids would be one."""


def parse_json(text: bytes) -> Any:
    """The JSON value in a line or document; `ValueError` says in a few words why there is none.

    What orjson does not take, such as NaN or half a surrogate pair, Python's own reader may; it reads long numbers, too.
    """
    text = text.removeprefix(b"\xef\xbb\xbf").lstrip(_SEPARATOR)
    if LONG not in text.translate(DIGITS):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass
    try:
        return json.loads(text.decode())
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except ValueError:
        raise ValueError("not JSON") from None


def parse_object(text: bytes) -> dict[str, Any]:
    """The JSON object in a line; `ValueError` says what else was found."""
    return an_object(parse_json(text))


def an_object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"JSON, but a {type(value).__name__} instead of an object")
    return value


def inner(record: dict[str, Any], field: str) -> dict[str, Any]:
    """The object in a field; an empty one where there is none."""
    value = record.get(field)
    return value if isinstance(value, dict) else {}


def items(record: dict[str, Any], field: str) -> list[dict[str, Any]]:
    """The objects in the list in a field; anything else there is passed over."""
    value = record.get(field)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def needed(record: dict[str, Any], field: str) -> str:
    """The word in a field that has to have one."""
    found = word(record.get(field))
    if found is None:
        raise ValueError(f"no {field}")
    return found


def count(value: Any) -> int | None:
    """A whole number that fits a column, 3.0 too; None for anything else."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < MOST else None


def number(value: Any, field: str) -> float:
    """A finite number, or the text of one."""
    if value is None or value == "":
        raise ValueError(f"no {field}")
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{field} is not a number") from None
    if not math.isfinite(found):
        raise ValueError(f"{field} is not a finite number")
    return found
