"""Nobody looks at a picture here."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def without_pictures(undrawn) -> Iterator[None]:
    with undrawn():
        yield
