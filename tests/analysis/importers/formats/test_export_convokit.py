"""A simulated community goes out as ConvoKit, marked as simulated, and comes in again as it was."""

import json

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.importers.formats.export_convokit import MARK, export_convokit


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("run") / "out"
    asked = [
        "run",
        "policy=thread_lock",
        "baseline=none",
        "community.size=60",
        "draws=1",
        "seeds=1",
        "steps=24",
    ]
    assert main([*asked, "dowhy=false", "parallel.jobs=1", f"out={out}"]) == 0
    return out


def test_what_goes_out_comes_in_again_with_the_same_threads_parents_and_tones(run, tmp_path):
    told = export_convokit(run, tmp_path / "corpus", arm="baseline")
    report = import_corpus("convokit", tmp_path / "corpus", tmp_path / "mine", key_file=tmp_path / "key")
    assert report.posts == told.utterances > 20 and report.bad_lines == 0
    assert report.threads == told.conversations
    lines = (tmp_path / "corpus" / "utterances.jsonl").read_text().splitlines()
    said = sorted(map(json.loads, lines), key=lambda one: one["timestamp"])
    number = {one["id"]: place for place, one in enumerate(said, 1)}
    posts = pl.read_parquet(report.posts_file)
    assert posts["parent"].to_list() == [number.get(one["reply-to"]) for one in said]
    assert posts["tone"].to_list() == [one["meta"]["tone"] for one in said]
    assert {"civil", "heated", "hostile"} >= set(posts["tone"].drop_nulls()) and posts["tone"].n_unique() > 1
    names = dict(zip((one["conversation_id"] for one in said), posts["thread"], strict=True))
    assert posts["thread"].to_list() == [names[one["conversation_id"]] for one in said]
    events = pl.read_parquet(run / "events.parquet").filter(pl.col("arm") == "baseline")
    tones = dict(events.filter(pl.col("kind") == "reply").select("target", "tone").iter_rows())
    for one in said:
        if one["meta"]["kind"] == "reply":
            assert one["meta"]["tone"] == tones[int(one["id"].rsplit(".", 1)[1])]


def test_every_utterance_speaker_and_conversation_says_that_it_is_simulated(run, tmp_path, capsys):
    assert main(["export", "convokit", str(run), str(tmp_path / "corpus")]) == 0
    assert "simulated" in capsys.readouterr().out
    for line in (tmp_path / "corpus" / "utterances.jsonl").read_text().splitlines():
        one = json.loads(line)
        assert one["meta"]["simulated"] is True and one["text"].startswith(MARK)
    for name in ("speakers", "conversations"):
        found = json.loads((tmp_path / "corpus" / f"{name}.json").read_text())
        assert found and all(one["meta"]["simulated"] is True for one in found.values())
    assert json.loads((tmp_path / "corpus" / "corpus.json").read_text())["simulated"] is True


def test_a_folder_that_holds_something_is_left_alone(run, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="not empty"):
        export_convokit(run, tmp_path)
    with pytest.raises(ValueError, match="holds no such run"):
        export_convokit(run, tmp_path / "new", arm="nowhere")
