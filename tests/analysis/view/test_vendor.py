"""The files of others are as they came, with their licence, and are the only ones."""

import hashlib
import json
from pathlib import Path

import pytest

from windtunnel.analysis import view

VENDOR = Path(view.__file__).resolve().parent / "vendor"
FOR_TESTS = Path(__file__).resolve().parent / "vendor"


@pytest.mark.parametrize("vendor", [VENDOR, FOR_TESTS], ids=["shipped", "for tests"])
def test_each_file_has_the_digest_that_is_written_down(vendor):
    told = json.loads((vendor / "versions.json").read_text(encoding="utf-8"))
    for name, each in told.items():
        path = vendor / each["file"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == each["sha256"], name
        if each.get("says_its_version", True):
            assert each["version"] in path.read_text(encoding="utf-8"), name
        assert (path.parent / "LICENSE").is_file() and each["licence"], name


def test_there_is_no_other_file():
    told = json.loads((VENDOR / "versions.json").read_text(encoding="utf-8"))
    known = {VENDOR / "versions.json"}
    for each in told.values():
        known |= {VENDOR / each["file"], (VENDOR / each["file"]).parent / "LICENSE"}
    assert {path for path in VENDOR.rglob("*") if path.is_file()} == known
