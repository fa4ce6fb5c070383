"""The format of a record is told from its files, and the columns of a table from their names."""

from pathlib import Path

import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.importers.formats.recognise import preview, recognise

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
REAL = {
    "RC_fixture.ndjson": "reddit",
    "activitystreams-outbox.json": "mastodon",
    "mastodon-statuses.ndjson": "mastodon",
    "bluesky-getPostThread.json": "bluesky",
    "bluesky-jetstream.ndjson": "bluesky",
    "convokit": "convokit",
    "discourse": "discourse",
    "truth.csv": "table",
    "truth.parquet": "table",
}


@pytest.mark.parametrize(
    ("name", "format"),
    [("reddit_small", "reddit"), ("convokit_small", "convokit"), ("posts_small.csv", "table")],
)
def test_our_fixtures_are_recognised(name, format):
    assert recognise(FIXTURES / name).format == format


@pytest.mark.parametrize(("name", "format"), REAL.items())
def test_files_of_others_are_recognised(shared, name, format):
    assert recognise(shared / "data" / "fixtures-one-corpus-many-formats" / name).format == format


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"%PDF-1.7", b"PK\x03\x04", b"hello"])
def test_what_is_no_record_is_refused(tmp_path, content):
    (tmp_path / "x.pdf").write_bytes(content)
    with pytest.raises(ValueError, match="no format that is known"):
        recognise(tmp_path / "x.pdf")


def test_the_columns_of_a_table_are_guessed_and_shown():
    found = preview(FIXTURES / "posts_small.csv", 3)
    assert len(found.rows) == 3 and found.rows[0]["who"] == "Willow_7"
    assert found.likely == {
        "id": "number", "parent": "answers", "thread": "topic", "author": "who",
        "time": "when", "text": "words", "status": "fate", "score": "points",
    }  # fmt: skip


def test_import_auto_takes_the_format_of_the_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["import", "auto", str(FIXTURES / "convokit_small"), "mine"]) == 0
    assert "format: convokit" in capsys.readouterr().err


def test_import_auto_asks_for_the_columns_of_a_table(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["import", "auto", str(FIXTURES / "posts_small.csv"), "mine"]) == 2
    said = capsys.readouterr().err
    assert "id=number,parent=answers" in said and "which column is what" in said


@pytest.mark.parametrize(
    ("columns", "likely"),
    [
        (["id", "author", "author.name", "reference.messageId"], {"id": "id", "parent": "reference.messageId", "author": "author.name"}),
        (["commentId", "parentId", "createdAt", "user.username"], {"id": "commentId", "parent": "parentId", "author": "user.username", "time": "createdAt"}),
        (["ts", "thread_ts", "user", "user.real"], {"id": "ts", "thread": "thread_ts", "time": "ts"}),
        (["ts", "thread_ts", "user", "text", "type", "subtype"],
         {"id": "ts", "thread": "thread_ts", "author": "user", "time": "ts", "text": "text", "kind": "subtype"}),
        (["id", "by", "time", "text", "type", "parent"],
         {"id": "id", "parent": "parent", "author": "by", "time": "time", "text": "text", "kind": "type"}),
        (["comment_ID", "comment_author", "comment_date", "comment_date_gmt", "comment_type", "user_id"],
         {"id": "comment_ID", "author": "comment_author", "time": "comment_date_gmt", "kind": "comment_type"}),
        (["commentId", "parentId", "authorDisplayName", "authorChannelId", "publishedAt", "textDisplay"],
         {"id": "commentId", "parent": "parentId", "author": "authorDisplayName", "time": "publishedAt", "text": "textDisplay"}),
        (["id", "author.id", "author.name", "timestamp", "content"],
         {"id": "id", "author": "author.name", "time": "timestamp", "text": "content"}),
        (["id", "from.id", "from.name", "created_time", "message"],
         {"id": "id", "author": "from.name", "time": "created_time", "text": "message"}),
        (["id", "user.id", "user.login", "issue_url", "created_at", "body"],
         {"id": "id", "thread": "issue_url", "author": "user.login", "time": "created_at", "text": "body"}),
        (["id", "from", "from_id", "date", "date_unixtime", "text"],
         {"id": "id", "author": "from", "time": "date_unixtime", "text": "text"}),
        (["message_id", "references", "from", "date", "subject", "body"],
         {"id": "message_id", "parent": "references", "author": "from", "time": "date", "text": "body", "title": "subject"}),
        (["comment.id", "comment.path", "comment.content", "comment.published", "creator.name", "post.id"],
         {"id": "comment.id", "parent": "comment.path", "thread": "post.id", "author": "creator.name", "time": "comment.published", "text": "comment.content"}),
        (["comment_ID", "comment_post_ID", "comment_author", "comment_date", "comment_parent"],
         {"id": "comment_ID", "parent": "comment_parent", "thread": "comment_post_ID", "author": "comment_author", "time": "comment_date"}),
        (["tweet_id", "author_id", "created_at", "text", "in_response_to_tweet_id"],
         {"id": "tweet_id", "parent": "in_response_to_tweet_id", "author": "author_id", "time": "created_at", "text": "text"}),
        (["id", "sender", "subject", "content", "date_sent"], {"id": "id", "thread": "subject", "author": "sender", "time": "date_sent", "text": "content"}),
    ],
)  # fmt: skip
def test_an_object_is_no_column_and_names_may_be_written_as_one_word(columns, likely):
    from windtunnel.analysis.importers.formats.recognise import likely as guessed

    assert guessed(columns) == likely


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("group.mbox", "From a@b Mon May 01\nMessage-ID: <1@b>\n", "it is a mailbox: write Message-ID"),
        ("page.html", "<!DOCTYPE html><html>", "it is a web page"),
        ("chat.txt", "[01.05.23, 10:00:00] ann: hello\n", "it is a chat log as WhatsApp writes it"),
        ("band.csv", "Our forum,,,,\nid,who,at,text\n", "the first line of band.csv names no columns (Our forum)"),
        ("no_id.csv", "author,date,content\n", "perhaps --map=id=COLUMN,author=author,time=date,text=content; it has"),
        ("odd.csv", "a,b\n1,2\n", "say which column is what with --map id=COLUMN,author=COLUMN,…; it has a, b"),
    ],
)  # fmt: skip
def test_auto_says_what_a_file_is_and_what_would_help(tmp_path, monkeypatch, capsys, name, content, words):
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(content)
    assert main(["import", "auto", name, "mine"]) == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_a_title_above_the_names_of_columns_is_said_where_columns_are_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("band.csv").write_text("Our forum,,,\nid,who,at,text\n1,ann,2023-05-01,hello\n")
    assert main(["import", "table", "band.csv", "mine", "--map", "id=id,author=who"]) == 2
    assert "the first line of band.csv names no columns (Our forum)" in capsys.readouterr().err
    with pytest.raises(ValueError, match="names no columns"):
        preview(Path("band.csv"))


def test_blank_columns_beside_those_that_are_named_do_no_harm(tmp_path):
    (tmp_path / "wide.csv").write_text("id,text,,,,\n1,hello,,,,\n")
    assert preview(tmp_path / "wide.csv").likely == {"id": "id", "text": "text"}
