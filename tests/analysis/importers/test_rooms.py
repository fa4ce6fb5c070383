"""The rooms of the importers: a record walks through them in one direction."""

import re
from pathlib import Path

import pytest

from windtunnel.analysis import importers

HOME = Path(importers.__file__).parent
ROOMS = re.findall(r"^    (\w+)  ", importers.__doc__, re.MULTILINE)
IMPORTED = re.compile(r"from windtunnel\.analysis\.importers\.(\w+)")


def test_the_rooms_are_those_that_the_package_lists():
    assert sorted(ROOMS) == sorted(path.parent.name for path in HOME.glob("*/__init__.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_from_itself_and_from_those_before_it(room):
    named = {
        name for path in (HOME / room).glob("*.py") for name in IMPORTED.findall(path.read_text("utf-8"))
    }
    assert named <= set(ROOMS[: ROOMS.index(room) + 1])
