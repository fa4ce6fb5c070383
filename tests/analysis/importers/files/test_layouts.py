"""How exports are laid out: encodings, separators and line ends, XML, topics in chunks, lists in objects."""

import codecs
import json

import pytest

from tests.analysis.importers.small_table import AS_READ, HEAD, ROWS, changed, said, shape, table
from windtunnel.analysis.importers import import_corpus


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + table().encode(),
        table().encode("utf-16"),
        table(separator="\t").encode("utf-16-be"),
        codecs.BOM_UTF32_LE + table().encode("utf-32-le"),
        table(end="\r").encode(),
        table(end="\r\n").encode(),
        table(separator=";").encode(),
        table(separator="|").encode(),
    ],
    ids=["bom", "utf-16", "utf-16-be without a mark", "utf-32", "cr", "crlf", "semicolon", "bar"],
)
def test_a_table_is_read_where_its_layout_is_certain(take_in, content):
    report, posts = take_in(content)
    assert shape(posts) == AS_READ and report.bad_lines == 0


def test_a_line_end_inside_a_quoted_cell_is_part_of_it(take_in):
    rows = changed("text", ['"one\r\ntwo"', '"three\rfour"', '"five\nsix"', "plain"])
    for end in ("\r", "\n", "\r\n"):
        report, posts = take_in(table(rows, end=end))
        assert shape(posts) == AS_READ and report.bad_lines == 0
        assert posts["text"].to_list() == ["one\r\ntwo", "three\rfour", "five\nsix", "plain"]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "mac-roman", "cp1251"])
def test_an_encoding_that_is_not_certain_is_asked_for_and_then_used(take_in, encoding):
    word = "привет" if encoding == "cp1251" else "café"
    content = table(changed("text", ["hello", word, "new", "yes"])).encode(encoding)
    with pytest.raises(
        ValueError,
        match="is not in UTF-8: its line 3 cannot be decoded; name its encoding, as --encoding cp1252",
    ):
        take_in(content)
    assert take_in(content, encoding=encoding)[1]["text"][1] == word
    report, posts = take_in(content, encoding="utf-8")
    assert posts.height == 3 and report.bad_reasons == {"cannot be decoded": 1}


def test_options_that_cannot_be_meant_are_refused(take_in):
    for options, says in (
        ({"encoding": "klingon"}, "no text encoding 'klingon'"),
        ({"separator": "::"}, "give one sign, or tab"),
    ):
        with pytest.raises(ValueError, match=says):
            take_in(table(), **options)
    with pytest.raises(ValueError, match="--encoding goes with table only"):
        take_in("{}", "reddit", "RC_x", encoding="cp1252")
    with pytest.raises(ValueError, match="--separator is for CSV"):
        take_in("{}", name="p.jsonl", separator=";")


def test_an_odd_separator_is_asked_for_and_then_used(take_in):
    with pytest.raises(ValueError, match="has one column, 'id~parent~who~at~text': .* with --separator"):
        take_in(table(separator="~"))
    assert shape(take_in(table(separator="~"), separator="~")[1]) == AS_READ


XML = '<?xml version="1.0" encoding="{}"?>\n<posts>\n{}\n</posts>\n'
XML_ROW = '<row Id="{}" PostTypeId="{}" {} CreationDate="2020-01-01T10:00:00" Body="{}" OwnerUserId="{}" />'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "windows-1252", "iso-8859-1", "us-ascii"])
def test_xml_is_read_in_the_encoding_that_it_declares(take_in, encoding):
    text = "words" if encoding == "us-ascii" else "café"
    rows = [XML_ROW.format(1, 1, "", "a", 1), XML_ROW.format(2, 2, 'ParentId="1"', text, 2)]
    content = XML.format(encoding, "\n".join(rows)).encode(encoding)
    _, posts = take_in(content, "stackexchange", "dump/Posts.xml")
    assert posts["text"].to_list() == ["a", text]
    _, posts = take_in(
        content.replace(b"\n", b"\r") if encoding != "utf-16" else content, "stackexchange", "dump/Posts.xml"
    )
    assert posts.height == 2


def test_a_character_that_was_written_as_two_halves_is_one(take_in):
    rows = [XML_ROW.format(1, 1, "", "a&#xD83D;&#xDE00;b&#55357;&#56832;", 1)]
    report, posts = take_in(XML.format("utf-8", "\n".join(rows)), "stackexchange", "dump/Posts.xml")
    assert posts["text"].to_list() == ["a\U0001f600b\U0001f600"] and not said(report, "control")


def test_a_spreadsheets_word_about_its_separator_is_no_row(take_in):
    report, posts = take_in("sep=;\r\n" + table(separator=";", end="\r\n"))
    assert shape(posts) == AS_READ and report.bad_lines == 0


def test_a_chunk_without_its_topics_id_is_of_the_topic_of_its_posts(take_in):
    report, posts = take_in(
        {"post_stream": {"posts": [discourse(1), discourse(2)]}}, "discourse", "chunk.json"
    )
    assert posts["thread"].to_list() == [1, 1] and report.bad_lines == 0


@pytest.mark.parametrize("sign", ["&#x0E;", "&#14;", "&#x0;", "&#11;", "\x02", "&#xFFFE;", "&#xD800;"])
def test_a_character_that_xml_does_not_allow_is_dropped_and_the_post_kept(take_in, sign):
    rows = [XML_ROW.format(1, 1, "", f"a{sign}b &#233;", 1)]
    report, posts = take_in(XML.format("utf-8", "\n".join(rows)), "stackexchange", "dump/Posts.xml")
    assert posts["text"].to_list() == ["ab é"] and report.bad_lines == 0
    assert said(report, "1 control character", "dropped")


def discourse(number, **more):
    at = f"2020-01-01T10:{number:02d}:00Z"
    return {
        "id": 100 + number,
        "topic_id": 5,
        "post_number": number,
        "username": "ann",
        "created_at": at,
        "cooked": "x",
    } | more


def test_a_topic_in_chunks_is_counted_as_one(tmp_path):
    (tmp_path / "in").mkdir()
    stream = [100 + number for number in range(1, 5)]
    chunks = {"5.json": [1, 2], "5-more.json": [2, 3], "5-rest.json": [4]}
    for name, numbers in chunks.items():
        body = {"id": 5, "post_stream": {"posts": [discourse(number) for number in numbers]}}
        if name == "5.json":
            body["post_stream"]["stream"] = stream
        (tmp_path / "in" / name).write_text(json.dumps(body))
    report = import_corpus("discourse", tmp_path / "in", tmp_path / "out", key_file=tmp_path / "key")
    assert (report.posts, report.threads, report.bad_lines) == (4, 1, 0)
    assert not said(report, "only some of their posts") and said(report, "1 post came twice")
    (tmp_path / "in" / "5-rest.json").unlink()
    report = import_corpus("discourse", tmp_path / "in", tmp_path / "out", key_file=tmp_path / "key")
    assert said(report, "1 topics hold only some of their posts (1 are missing)")


STATUS = {"id": "1", "created_at": "2020-01-01T10:00:00Z", "content": "<p>hi</p>", "account": {"acct": "ann"}}
BARE_STATUS = {field: value for field, value in STATUS.items() if field != "account"}
VIEW = {
    "uri": "at://did:plc:a/app.bsky.feed.post/1",
    "author": {"did": "did:plc:a", "handle": "ann.example"},
    "record": {"text": "hi", "createdAt": "2020-01-01T10:00:00Z"},
}


@pytest.mark.parametrize(
    ("format", "value", "posts"),
    [
        ("discourse", {"latest_posts": [discourse(1), discourse(2)]}, 2),
        ("discourse", {"data": {"topics": [{"id": 5, "post_stream": {"posts": [discourse(1)]}}]}}, 1),
        ("mastodon", {"account": {"acct": "ann", "created_at": "2019"}, "statuses": [BARE_STATUS]}, 1),
        ("mastodon", {"accounts": [{"acct": "x"}], "statuses": [STATUS], "hashtags": []}, 1),
        ("mastodon", {"ancestors": [], "descendants": [STATUS]}, 1),
        ("mastodon", [[STATUS], [STATUS | {"id": "2"}]], 2),
        ("bluesky", {"feed": [{"post": VIEW}], "cursor": "x"}, 1),
        ("bluesky", {"posts": [VIEW]}, 1),
        ("bluesky", {"thread": {"post": VIEW, "replies": []}}, 1),
        ("bluesky", [{"thread": {"post": VIEW}}], 1),
    ],
)
def test_a_list_wrapped_in_an_object_is_found(take_in, format, value, posts):
    report, found = take_in(value, format, "export.json")
    assert found.height == posts and report.authors == 1 and report.bad_lines == 0


def test_what_is_broken_in_a_wrapped_list_is_a_fault(take_in):
    report, posts = take_in({"latest_posts": [discourse(1), {"id": 9}, 3]}, "discourse", "export.json")
    assert posts.height == 1 and report.bad_lines == 2


def test_an_export_without_a_post_says_so(take_in):
    with pytest.raises(ValueError, match="is not a Discourse record"):
        take_in({"latest_posts": []}, "discourse", "export.json")


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda rows: rows,
        lambda rows: {"meta": {"n": 4}, "rows": rows},
        lambda rows: {"data": {"posts": rows}},
    ],
)
def test_a_table_may_be_one_json_document(take_in, wrapped):
    rows = [dict(zip(HEAD, row, strict=True)) | {"tags": [{"a": 1}]} for row in ROWS]
    _, posts = take_in(wrapped(rows), name="posts.json")
    assert shape(posts) == AS_READ
