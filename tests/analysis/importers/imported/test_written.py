"""A disk that is full while a record is written: one sentence, and no folder that holds half of it."""

import errno
import os

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.importers.imported import written
from windtunnel.sim.communities.forum import learned_file

ROWS = "id,who,at,text\n" + "".join(f"{at},u{at % 3},{1_600_000_000 + 60 * at},hi\n" for at in range(30))
WORDS = [
    "import",
    "table",
    "x.csv",
    "mine",
    "--map",
    "id=id,author=who,time=at,text=text",
    "--reader",
    "words",
]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text(ROWS)
    return tmp_path


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
        pl.exceptions.ComputeError(
            f"parquet: underlying IO error: {os.strerror(errno.ENOSPC)} (os error 28)"
        ),
    ],
)
@pytest.mark.parametrize("step", ["write_posts", "write_profile", "write_table", "write_json"])
def test_a_full_disk_leaves_no_half_of_a_record(here, monkeypatch, capsys, error, step):
    def full(*_given):
        raise error

    if step == "write_profile":
        monkeypatch.setattr("windtunnel.analysis.importers.corpus.write_profile", full, raising=False)
        monkeypatch.setattr("windtunnel.sim.communities.forum.profile.write_profile", full)
    else:
        monkeypatch.setattr(written, step, full)
    assert main(WORDS) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "No space left on device" in said and "should not happen" not in said
    assert not (here / "mine").exists()
    monkeypatch.undo()
    os.chdir(here)
    assert main([*WORDS, "--no-fit"]) == 0


def test_an_earlier_import_stays_where_it_was(here, monkeypatch):
    assert main([*WORDS, "--no-fit"]) == 0
    (here / "mine" / "notes.txt").write_text("mine")

    def full(*_given):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(written, "write_posts", full)
    assert main(WORDS) == 2
    assert (here / "mine" / "notes.txt").read_text() == "mine" and (here / "mine" / "posts.parquet").is_file()


def test_what_was_learned_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    found = learned_file.Learned.model_construct(format=1, name="x")
    monkeypatch.setattr(
        "pathlib.Path.replace", lambda *_given: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left"))
    )
    with pytest.raises(OSError, match="No space"):
        learned_file.write_learned(found, tmp_path / "learned.yaml")
    assert not list(tmp_path.iterdir())


def test_a_stop_while_members_are_learned_says_that_the_record_is_there(here, monkeypatch, capsys):
    def stop(*_given):
        raise KeyboardInterrupt

    monkeypatch.setattr("windtunnel.analysis.learned.fit.fit_folder", stop)
    assert main(WORDS) == 130
    assert "nothing was learned from it yet: windtunnel fit mine" in capsys.readouterr().err
    assert (here / "mine" / "import.json").is_file()
