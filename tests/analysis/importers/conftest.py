"""A small record brought in."""

import json

import polars as pl
import pytest

from tests.analysis.importers.small_table import MAPPING
from windtunnel.analysis.importers import import_corpus


@pytest.fixture
def take_in(tmp_path):
    """Imports content (text, bytes or a JSON value) of a format; gives the report and the posts."""

    def take_in(content, format="table", name="posts.csv", **options):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        if not isinstance(content, (str, bytes)):
            content = json.dumps(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        if format == "table":
            options.setdefault("mapping", MAPPING)
        place = path if "/" not in name else path.parent
        report = import_corpus(format, place, tmp_path / "out", key_file=tmp_path / "key", **options)
        return report, pl.read_parquet(report.posts_file)

    return take_in
