"""Labels of a community's own: drawn half from the suspected, weighed for how they were drawn, kept key by key, told to the record."""

import io
import json
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.tones.chances import chances, doubts
from windtunnel.analysis.tones.hearing import ORDINARY, decided
from windtunnel.analysis.tones.labelling import Labelling, labels_of_all
from windtunnel.analysis.tones.labels import (
    LabelsReader,
    doubt_of,
    measured,
    sample,
    shares_with_limits,
    shift_of,
    shifted,
)
from windtunnel.analysis.tones.registry import reader
from windtunnel.analysis.why.forum.tones import errors_of
from windtunnel.sim.communities.forum.posts import TONES

CALM = "Thanks for the answer, that works well for number {}."
RUDE = "You are a stupid, disgusting idiot, shut up and get lost, number {}."


@pytest.fixture
def mine(tmp_path, import_rows):
    rows = [
        {
            "id": f"a{at}",
            "parent": None if at == 0 else "a0",
            "author": f"w{at % 7}",
            "time": 1_600_000_000 + 600 * at,
            "text": (RUDE if at % 8 == 5 else CALM).format(at),
        }
        for at in range(120)
    ]
    return import_rows(tmp_path, rows, reader="english")


def typed(monkeypatch, keys):
    monkeypatch.setattr("sys.stdin", io.StringIO(keys))


def test_half_are_drawn_from_the_suspected_and_stand_for_as_many_as_there_are():
    posts = pl.DataFrame(
        {"post": range(100), "tone": ["hostile"] * 20 + ["civil"] * 70 + [None] * 10, "text": ["x"] * 100}
    )
    drawn = sample(posts, 20, np.random.default_rng(0))
    suspected = [post < 20 for post in drawn.posts]
    assert sum(suspected) == 10 and len(set(drawn.posts)) == 20 and max(drawn.posts) < 90
    assert sum(drawn.weights) == pytest.approx(90)
    assert suspected != sorted(suspected) and suspected != sorted(suspected, reverse=True)
    assert len(sample(posts.filter(pl.col("tone") == "civil"), 20, np.random.default_rng(0)).posts) == 20
    assert sample(posts.clear(), 20, np.random.default_rng(0)).posts == []


def test_precision_and_recall_count_each_post_for_those_it_stands_for():
    heard = ["hostile"] * 4 + ["civil"] * 4
    labels = ["hostile", "hostile", "hostile", "civil", "civil", "civil", "civil", "hostile"]
    found = {each.tone: each for each in measured(heard, labels, [1.0] * 4 + [10.0] * 4)}
    assert found["hostile"].precision[0] == pytest.approx(3 / 4)
    assert found["hostile"].recall[0] == pytest.approx(3 / 13)
    assert found["civil"].precision[0] == pytest.approx(3 / 4)
    assert found["heated"].precision is None and found["heated"].recall is None
    low, high = found["hostile"].recall[1:]
    assert 0 <= low < 3 / 13 < high <= 1


def test_labels_move_probabilities_towards_what_they_say_and_few_move_little():
    given = np.tile([0.6, 0.3, 0.1], (200, 1))
    calm = shift_of(given, ["civil"] * 200, [1.0] * 200)
    moved = shifted(given, calm)
    assert moved[0, 0] > 0.95 and shifted(given, shift_of(given[:3], ["civil"] * 3, [1.0] * 3))[0, 0] < 0.9
    assert shift_of(np.full((2, 3), np.nan), ["civil"] * 2, [1.0] * 2).tolist() == [0, 0]
    better = LabelsReader(reader("english"), calm, 200)
    texts = ["You stupid idiot", "Fine by me"]
    assert (better.read(texts)[:, 0] > reader("english").read(texts)[:, 0]).all()


def test_labels_are_kept_undone_and_gone_on_with(mine, monkeypatch, capsys):
    typed(monkeypatch, "1 2 x u 3 q")
    assert main(["label", str(mine), "--posts", "6"]) == 0
    assert "4 posts are left: the same command goes on" in capsys.readouterr().out
    kept = json.loads((mine / "labelling.json").read_text())
    assert kept["labels"] == ["civil", "hostile", None, None, None, None]
    typed(monkeypatch, "s333")
    assert main(["label", str(mine)]) == 0
    said = capsys.readouterr().out
    assert "5 labels" in said and "precision" in said
    after = json.loads((mine / "labelling.json").read_text())
    assert after["posts"] == kept["posts"] and after["told"]


def test_the_record_learns_its_labels(mine, monkeypatch, capsys):
    before = pl.read_parquet(mine / "posts.parquet")
    assert (before["tone"] != "civil").sum() == 15
    typed(monkeypatch, "1" * 20)
    assert main(["label", str(mine), "--posts", "20"]) == 0
    after = pl.read_parquet(mine / "posts.parquet")
    assert after["labelled"].sum() == 20 and (after.filter("labelled")["tone"] == "civil").all()
    rest = after.filter(~pl.col("labelled")).join(before, on="post", suffix="_before")
    assert (rest["hostile"] < rest["hostile_before"]).all()
    assert after.filter("labelled")["hostile"].null_count() == 20
    assert after.drop("labelled").columns == before.columns
    errors = json.loads((mine / "tone_errors.json").read_text())
    assert (
        errors["labelled"] == 20
        and errors["counts"]["civil"]["hostile"] + errors["counts"]["civil"]["heated"] == 10
    )
    assert "labelled here: 20 by hand" in " ".join((mine / "profile.yaml").read_text().split())
    capsys.readouterr()
    typed(monkeypatch, "q")
    assert main(["label", str(mine), "--posts", "4"]) == 0
    again = (
        json.loads((mine / "labelling.json").read_text())
        if "4 posts are left" in capsys.readouterr().out
        else {}
    )
    assert again["told"] is True


@pytest.mark.parametrize(
    ("words", "said"), [(["--posts", "0"], "give a number above 0"), ([], "holds no posts.parquet")]
)
def test_what_cannot_be_labelled_is_said_in_one_sentence(tmp_path, capsys, words, said):
    assert main(["label", str(tmp_path), *words]) == 2
    assert said in capsys.readouterr().err


def test_one_thread_is_labelled_where_it_is_most_in_doubt_and_the_others_stay(mine, monkeypatch, capsys):
    before = pl.read_parquet(mine / "posts.parquet")
    thread = int(before["thread"][0])
    typed(monkeypatch, "3333")
    assert main(["label", str(mine), "--posts", "4", "--thread", str(thread)]) == 0
    assert f"4 labels of thread {thread}" in capsys.readouterr().out
    after = pl.read_parquet(mine / "posts.parquet")
    chosen = after.filter(pl.col("labelled"))["post"].to_list()
    doubt = dict(zip(before["post"].to_list(), doubts(chances(before)), strict=True))
    assert min(doubt[post] for post in chosen) >= sorted(doubt.values())[-4]
    others = ~before["post"].is_in(chosen)
    kept = ["post", "tone", "heated", "hostile"]
    assert before.filter(others).select(kept).equals(after.filter(others).select(kept))
    assert not (mine / "tone_errors.json").exists()


def test_a_choice_that_is_not_finished_comes_first(mine, monkeypatch, capsys):
    thread = int(pl.read_parquet(mine / "posts.parquet")["thread"][0])
    typed(monkeypatch, "1q")
    main(["label", str(mine), "--posts", "3"])
    assert main(["label", str(mine), "--thread", str(thread)]) != 0
    assert f"finish it with `windtunnel label {mine}` first" in capsys.readouterr().err
    (mine / "labelling.json").unlink()
    assert main(["label", str(mine), "--thread", "987"]) != 0
    assert "there is no thread 987" in capsys.readouterr().err


def made_up(count, shares, rng):
    """Posts of known tones, and what a reader says of them that takes this for an ordinary place."""
    tone = rng.choice(3, count, p=shares)
    odds = ORDINARY * np.exp(1.2 * (1.2 * np.eye(3)[tone] + rng.normal(size=(count, 3))))
    return odds / odds.sum(axis=1, keepdims=True), tone


def test_shares_by_labels_lie_within_their_limits_and_nearer_than_without():
    """A place with three times the heat that is assumed, read rightly post by post: sixty labels, forty times."""
    rng = np.random.default_rng(3)
    held, error, without = [], [], []
    for _ in range(40):
        heard, tone = made_up(3_000, [0.82, 0.13, 0.05], rng)
        true = np.bincount(tone, minlength=3) / len(tone)
        posts = pl.DataFrame(
            {"post": range(len(tone)), "tone": decided(heard)["tone"], "text": ["x"] * len(tone)}
        )
        drawn = sample(posts, 60, rng)
        asked = heard[drawn.posts], [TONES[tone[post]] for post in drawn.posts], drawn.weights
        shift = shift_of(*asked)
        share, low, high = np.array(shares_with_limits(heard, shift, doubt_of(*asked, shift))).T
        assert share.sum() == pytest.approx(1) and (low < share).all() and (share < high).all()
        held.append((low <= true) & (true <= high))
        error.append(np.abs(share - true))
        without.append(np.abs(heard.mean(axis=0) - true))
    assert (np.mean(held, axis=0) > 0.85).all()
    assert np.mean(error) < 0.6 * np.mean(without)


def test_labels_move_what_only_a_quick_verdict_was_given_too(mine, monkeypatch, capsys):
    """Of a large record most posts have no probabilities: labels speak of them as well."""
    posts = pl.read_parquet(mine / "posts.parquet")
    calm = posts["tone"] == "civil"
    gone = [pl.when(~calm).then(pl.col(name)).alias(name) for name in ("heated", "hostile")]
    posts.with_columns(gone).write_parquet(mine / "posts.parquet")
    typed(monkeypatch, "1" * 30 + "\n")
    assert main(["label", str(mine), "--posts", "30"]) == 0
    said = capsys.readouterr().out
    assert "Shares of all posts that were read" in said and "civil 0.9" in said
    after = pl.read_parquet(mine / "posts.parquet").filter(~pl.col("labelled"))
    assert after["heated"].null_count() == 0 and after["heated"].max() < 0.05


def test_telling_the_same_labels_twice_moves_nothing_twice(mine):
    work = Labelling(mine, 30)
    for place in range(30):
        work.label(place, "civil")
    work.tell()
    once = pl.read_parquet(mine / "posts.parquet")
    kept = json.loads((mine / "labelling.json").read_text()) | {"told": False}
    (mine / "labelling.json").write_text(json.dumps(kept))  # stopped after the posts were written
    Labelling(mine, 30).tell()
    assert pl.read_parquet(mine / "posts.parquet").equals(once)


def test_why_draws_from_what_labels_have_moved(mine):
    """Labels of one thread were not drawn to stand for the record, and move nothing."""
    thread = Labelling(mine, 2, thread=1)
    for place in range(2):
        thread.label(place, "civil")
    thread.tell()
    assert labels_of_all(mine) == 0
    work = Labelling(mine, 30)
    for place in range(30):
        work.label(place, "civil")
    work.tell()
    errors = errors_of(SimpleNamespace(folder=Folder(mine), numbers=np.arange(1, 121)))
    assert errors.labelled == labels_of_all(mine) == 30
    civil = errors.given[:, 0]  # of labelled posts nothing: they keep their tone
    assert np.nanmin(civil) > 0.9 and np.isnan(civil).sum() == 32


def test_a_record_with_nothing_to_label_says_why(mine):
    posts = pl.read_parquet(mine / "posts.parquet")
    posts.with_columns(tone=pl.lit(None, pl.String)).write_parquet(mine / "posts.parquet")
    with pytest.raises(ValueError, match="no reader has read a post of .* `--thread N`"):
        Labelling(mine, 30)
    posts.with_columns(labelled=pl.lit(True)).write_parquet(mine / "posts.parquet")
    with pytest.raises(ValueError, match="that was read is without a label"):
        Labelling(mine, 30)
    with pytest.raises(ValueError, match="no post with words in thread 1 of .* is without a label"):
        Labelling(mine, 30, thread=1)
