"""An output folder holds whole files or none, and says which one is missing or broken."""

import json

import polars as pl
import pytest

from windtunnel.analysis.folder import TABLES, Folder


def test_what_is_written_is_read_back(tmp_path):
    folder = Folder(tmp_path / "new" / "deep")
    table = pl.DataFrame({"draw": [0, 1], "name": ["é", None]})
    for name in TABLES:
        folder.write_table(name, table)
        assert folder.read_table(name).equals(table)
    folder.write_json(folder.manifest, {"name": "é", "none": None})
    assert folder.read_json(folder.manifest) == {"name": "é", "none": None}
    assert not list(folder.path.glob("*.partial"))


def test_a_write_that_fails_leaves_the_old_file_whole(tmp_path):
    folder = Folder(tmp_path)
    folder.write_json(folder.estimates, {"p0": 0.5})
    with pytest.raises(ValueError):
        folder.write_json(folder.estimates, {"p0": float("nan")})
    with pytest.raises(UnicodeEncodeError):
        folder.write_text(folder.estimates, "\ud800")
    assert json.loads(folder.estimates.read_text(encoding="utf-8")) == {"p0": 0.5}


def test_a_missing_file_is_named_with_what_would_work(tmp_path):
    folder = Folder(tmp_path / "nowhere")
    for read in (lambda: folder.read_json(folder.estimates), lambda: folder.read_table("runs")):
        with pytest.raises(ValueError, match="give the output folder of a finished `windtunnel run`"):
            read()
    assert not folder.path.exists()


@pytest.mark.parametrize(("text", "said"), [("half {", "is not JSON"), ("[]", "no JSON object")])
def test_a_broken_file_is_named(text, said, tmp_path):
    folder = Folder(tmp_path)
    folder.manifest.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"manifest.json.*{said}"):
        folder.read_json(folder.manifest)
    folder.table("runs").write_bytes(b"PAR1 half")
    with pytest.raises(ValueError, match="runs.parquet is not a whole table"):
        folder.read_table("runs")
