"""JSON of records is read as Python's own reader reads it, whatever reads it faster."""

import json

import pytest

from windtunnel.analysis.importers.values.convert import parse_json


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 123456789012345678901234567890}',
        '{"id": 18446744073709551616, "at": -9223372036854775809}',
        '{"id": 9223372036854775807, "ups": -3, "share": 0.5, "at": 1.6e9}',
        '{"gone": NaN, "far": Infinity}',
        '{"body": "\\ud83d half a pair", "id": 1}',
        '{"id": 1, "id": 2}',
        "[1e400, 1.0, true, null]",
    ],
)
def test_what_is_read_is_what_python_reads(text):
    assert repr(parse_json(text.encode())) == repr(json.loads(text))


def test_two_long_ids_stay_two():
    one, two = (parse_json(f'{{"id": 1234567890123456789012345{end}}}'.encode())["id"] for end in "12")
    assert one != two
