"""Spans in which nobody wrote are no part of a place's bands."""

import json
import warnings

import polars as pl
import pytest

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.structure.bands import bands_of, spans_of
from windtunnel.analysis.structure.place import compared
from windtunnel.analysis.structure.posts import COLUMNS


def weeks(*written):
    """A thread of four posts, each an answer to the one before, in each of these weeks."""
    rows = []
    for week in written:
        first = len(rows)
        for at in range(4):
            parent = first + at - 1 if at else None
            rows.append((first + at, parent, first, at % 3, week * 10_080 + 60.0 * at))
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def test_a_record_that_is_mostly_silent_leaves_its_silence_out():
    spans = spans_of(weeks(0, 1, 2, 3, 4, 30, 31), 7)
    assert len(spans.begins) == 6 and spans.left_out == 25
    assert spans.begins.tolist() == [10_080 * week for week in (0, 1, 2, 3, 4, 30)]


def test_a_measure_that_no_span_has_is_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bands = bands_of(spans_of(weeks(*range(7)).with_columns(author=None), 7))
    assert bands["comments_per_post"].mean == 3.0 and not bands["reciprocity"].holds(0.0)


def test_a_run_of_another_community_is_refused_by_its_name(tmp_path):
    (tmp_path / "manifest.json").write_text(json.dumps({"config": {"community": {"name": "misinformation"}}}))
    with pytest.raises(ValueError, match="is a run of misinformation: only forums have threads"):
        compared(Folder(tmp_path), Folder(tmp_path / "mine"), 7)
