"""What tests of imports share."""

import pytest


@pytest.fixture(scope="session")
def tree():
    """A function: the files under a folder with their bytes, those in folders called `out` left aside."""

    def tree(folder):
        return {
            str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
            for path in folder.rglob("*")
            if "out" not in path.relative_to(folder).parts
        }

    return tree
