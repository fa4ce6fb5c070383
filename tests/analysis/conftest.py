"""What tests of imports share."""

import polars as pl
import pytest

from windtunnel.analysis.importers import import_corpus


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


@pytest.fixture(scope="session")
def import_rows():
    """A function: rows of posts (id, parent, author, time, text), imported as a table into `place`/mine."""

    def import_rows(place, rows, **options):
        pl.DataFrame(rows).write_csv(place / "posts.csv")
        mapping = {role: role for role in ("id", "parent", "author", "time", "text")}
        options = {"mapping": mapping, "key_file": place / "key", "reader": "words"} | options
        import_corpus("table", place / "posts.csv", place / "mine", **options)
        return place / "mine"

    return import_rows
