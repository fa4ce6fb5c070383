"""Labels of `windtunnel label` are kept when their record comes in again, and go with the posts that are forgotten."""

import io
import json

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.importers import import_corpus

MAPPING = {role: role for role in ("id", "parent", "author", "time", "text")}
RUDE = "You are a stupid, disgusting idiot, shut up and get lost, number {}."


def rows(count, first=0):
    return pl.DataFrame(
        [
            {
                "id": f"a{at}",
                "parent": None if at % 6 == 0 else f"a{at - at % 6}",
                "author": f"w{at % 5}",
                "time": 1_600_000_000 + 600 * at,
                "text": (RUDE if at % 4 == 1 else "Thanks for the answer, number {}.").format(at),
            }
            for at in range(first, count)
        ]
    )


def bring(place, table, **more):
    table.write_csv(place / "posts.csv")
    return import_corpus(
        "table", place / "posts.csv", place / "mine", mapping=MAPPING, key_file=place / "key", **more
    )


def label(monkeypatch, out, keys, *words):
    monkeypatch.setattr("sys.stdin", io.StringIO(keys))
    assert main(["label", str(out), *words]) == 0


@pytest.fixture
def mine(tmp_path, monkeypatch):
    bring(tmp_path, rows(60), reader="words")
    label(monkeypatch, tmp_path / "mine", "1" * 6 + "2" * 6, "--posts", "12")
    thread = pl.read_parquet(tmp_path / "mine" / "posts.parquet").filter(~pl.col("labelled"))["thread"][0]
    label(monkeypatch, tmp_path / "mine", "33", "--posts", "2", "--thread", str(thread))
    return tmp_path / "mine"


def by_hand(out):
    return pl.read_parquet(out / "posts.parquet").filter("labelled").select("post", "tone").sort("post")


def test_the_same_record_again_has_the_same_labels_and_errors(mine):
    posts, errors = pl.read_parquet(mine / "posts.parquet"), (mine / "tone_errors.json").read_text()
    report = bring(mine.parent, rows(60), reader="words")
    assert any("14 labels of `windtunnel label` were kept" in said for said in report.sentences)
    assert pl.read_parquet(mine / "posts.parquet").equals(posts)
    assert (mine / "tone_errors.json").read_text() == errors
    assert "labelled here: 14 by hand" in " ".join((mine / "profile.yaml").read_text().split())


def test_labels_follow_their_posts_into_a_record_that_begins_earlier_and_lacks_some(mine):
    names = dict(enumerate(rows(60)["id"], 1))
    before = {names[post]: tone for post, tone in by_hand(mine).iter_rows()}
    gone = next(name for name in before if int(name[1:]) % 6)
    early = [pl.lit("z0").alias("id"), pl.col("time") - 9_000, pl.lit(None, pl.String).alias("parent")]
    earlier = rows(1).with_columns(early)
    report = bring(mine.parent, pl.concat([earlier, rows(60)]).filter(pl.col("id") != gone), reader="words")
    left = [name for name in rows(60)["id"] if name != gone]
    names = dict(enumerate(["z0", *left], 1))
    assert {names[post]: tone for post, tone in by_hand(mine).iter_rows()} == {
        name: tone for name, tone in before.items() if name != gone
    }
    assert any("13 labels" in said and "1 others have no post" in said for said in report.sentences)


def test_labels_that_are_not_told_yet_are_gone_on_with(mine, monkeypatch, capsys):
    label(monkeypatch, mine, "1q", "--posts", "4")
    bring(mine.parent, rows(60), reader="words")
    capsys.readouterr()
    label(monkeypatch, mine, "q")
    assert "2 of 4" in capsys.readouterr().out


def test_a_list_of_labels_counts_over_those_that_are_kept(mine):
    post, tone = by_hand(mine).row(0)
    other = "hostile" if tone == "civil" else "civil"
    (mine.parent / "labels.csv").write_text(f"post,tone\n{rows(60)['id'][post - 1]},{other}\n")
    bring(mine.parent, rows(60), reader="words", labels=mine.parent / "labels.csv")
    assert by_hand(mine).filter(pl.col("post") == post)["tone"].to_list() == [other]


def test_another_key_is_refused_in_one_sentence_and_changes_nothing(mine):
    before = (mine / "posts.parquet").read_bytes()
    (mine.parent / "key").unlink()
    with pytest.raises(
        ValueError, match=r"holds 14 labels .* under another key .* into another folder, or delete"
    ):
        bring(mine.parent, rows(60), reader="words")
    assert (mine / "posts.parquet").read_bytes() == before
    (mine / "labelling.json").unlink()
    bring(mine.parent, rows(60), reader="words")
    assert "labelled" not in pl.read_parquet_schema(mine / "posts.parquet")


def test_who_is_forgotten_takes_the_labels_of_their_posts_along(mine, monkeypatch):
    monkeypatch.chdir(mine.parent)
    posts = pl.read_parquet(mine / "posts.parquet")
    author = posts.filter("labelled")["author"][0]
    theirs = set(posts.filter(pl.col("author") == author)["post"])
    assert main(["forget", str(mine), author]) == 0
    kept = json.loads((mine / "labelling.json").read_text())
    left = {post for choice in (kept, *kept["earlier"]) for post in choice["posts"]}
    assert left and not left & theirs
