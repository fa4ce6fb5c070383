"""What tests of imports share."""

import json

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


@pytest.fixture
def bring_in(tmp_path):
    """Imports a table; gives its notes as one text, its posts and the reasons of what could not be used."""

    def bring_in(content, name="posts.csv", **options):
        path = tmp_path / name
        if not isinstance(content, (str, bytes)):
            content = json.dumps(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        report = import_corpus(
            "table",
            path,
            tmp_path / "out",
            key_file=tmp_path / "key",
            **{
                "mapping": {role: role for role in ("id", "parent", "author", "time", "text")},
                "reader": "words",
                **options,
            },
        )
        return "\n".join(report.notes), pl.read_parquet(report.posts_file), report

    return bring_in
