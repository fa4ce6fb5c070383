"""Spans in which nobody wrote are no part of a place's bands."""

import json
import warnings

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.structure.bands import bands_of, spans_of
from windtunnel.analysis.structure.place import against, compared
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


def test_a_record_without_replies_says_so():
    alone = weeks(*range(7)).filter(pl.col("parent").is_null())
    with pytest.raises(ValueError, match="none of 6 spans of 7 days has a reply"):
        bands_of(spans_of(alone, 7))


def test_days_without_hours_tell_no_minutes(capsys, tmp_path):
    rows = ["id,parent,who,day,text"]
    for day in range(60):
        rows += [f"{day}-{at},{f'{day}-{at - 1}' if at else ''},m{at % 3},2023-{1 + day // 28:02d}-{1 + day % 28:02d},hi" for at in range(6)]  # fmt: skip
    (tmp_path / "posts.csv").write_text("\n".join(rows), encoding="utf-8")
    named = "id=id,parent=parent,author=who,time=day,text=text"
    assert main(["import", "table", str(tmp_path / "posts.csv"), str(tmp_path / "mine"), "--map", named, "--no-fit", "--reader", "words"]) == 0  # fmt: skip
    capsys.readouterr()
    assert main(["structure", str(tmp_path / "mine")]) == 0
    said = capsys.readouterr().out
    assert "days without hours" in said and "5th to 95th percentile" in said and " to -" not in said
    taken = {line[:30].strip(): line.split()[-4:] for line in said.splitlines()[1:20]}
    assert taken["minutes from a parent to its r"][-2:] == ["-", "-"]
    assert taken["comments a post, mean *"][-4:] == ["5", "5", "to", "5"]


def test_runs_in_which_next_to_nothing_is_written_are_no_weeks_out_of_the_band():
    one = weeks(0).filter(pl.col("post") == 0)
    with pytest.raises(ValueError, match="next to nothing is written there, so nothing can be compared"):
        against([one, weeks()], weeks(*range(7)), 7, 10_080)


def test_a_run_without_a_post_is_passed_over_beside_others():
    found = against([weeks(), weeks(0)], weeks(*range(7)), 7, 10_080)
    assert found["simulated_spans"] == 1 and found["runs"] == 1
    assert "left out" not in found["sentences"][0]
    found = against([weeks(0).head(1), weeks(0)], weeks(*range(7)), 7, 10_080)
    assert "mean of 1 simulated; 1 more left out" in found["sentences"][0]
