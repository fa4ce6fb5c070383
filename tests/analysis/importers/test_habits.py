"""Habits of exports of chats, forums and spreadsheets: objects in cells, HTML, names of nobody, files that are no record."""

import io
import zipfile

import pytest

from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.importers.clocks.times import read_time

MAPPING = {"id": "id", "parent": "parent", "author": "author", "time": "time", "text": "text"}
HEAD = "id,parent,author,time,text\n"
FIRST = "1,,ann,2023-05-01T10:00:00Z,hello\n"
MOMENT = 1_682_935_200


def chat(*messages):
    return {"guild": {"id": "1"}, "messages": list(messages)}


HELLO = {
    "id": "11",
    "at": "2023-05-01T10:00:00+00:00",
    "says": "hello",
    "by": {"id": "7", "name": "ann"},
    "to": None,
}
REPLY = {**HELLO, "id": "12", "says": "hi", "by": {"id": "8", "name": "bob"}, "to": {"messageId": "11"}}


def test_fields_inside_objects_are_named_by_their_path(bring_in):
    paths = {"id": "id", "parent": "to.messageId", "author": "by.name", "time": "at", "text": "says"}
    _, posts, _ = bring_in(chat(HELLO, REPLY), "chat.json", mapping=paths)
    assert posts["parent"].to_list() == [None, 1]
    assert posts["author"].n_unique() == 2


def test_an_object_in_a_cell_is_refused_with_the_columns_inside_it(bring_in):
    whole = {"id": "id", "author": "by", "time": "at", "text": "says"}
    with pytest.raises(ValueError, match="author is not one value but an object; map one of by.id, by.name"):
        bring_in(chat(HELLO, REPLY), "chat.json", mapping=whole)


def test_a_reply_whose_parent_is_an_object_is_counted_and_opens_no_thread(bring_in):
    wrong = {"id": "id", "parent": "to", "author": "by.name", "time": "at", "text": "says"}
    _, posts, report = bring_in(chat(HELLO, REPLY), "chat.json", mapping=wrong)
    assert posts.height == 1
    assert "map one of to.messageId" in next(iter(report.bad_reasons))


def test_a_text_in_parts_is_one_text(bring_in):
    parts = ["so ", {"type": "bold", "text": "good"}, " then"]
    _, posts, _ = bring_in([{"id": 1, "author": "ann", "time": MOMENT, "text": parts}], "chat.json",
                           mapping={role: role for role in ("id", "author", "time", "text")})  # fmt: skip
    assert posts["text"].to_list() == ["so good then"]


@pytest.mark.parametrize(
    "name", ["Deleted User", "deleted", "[deleted user]", "Guest", "Anonymous", "unknown", "-", "???"]
)
def test_the_name_of_nobody_is_no_member(bring_in, name):
    notes, posts, _ = bring_in(HEAD + FIRST + f"2,1,{name},2023-05-01T10:01:00Z,hi\n")
    assert posts["author"].is_null().to_list() == [False, True]
    assert "no author" in notes


def test_names_that_only_look_like_nobody_stay(bring_in):
    names = ["deleted_user_7", "guesthouse", "ghost", "Removed Dan", "anon"]
    rows = "".join(f"{at},1,{name},2023-05-01T10:{at:02}:00Z,hi\n" for at, name in enumerate(names, 2))
    assert bring_in(HEAD + FIRST + rows)[1]["author"].n_unique() == len(names) + 1


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("you&#39;re &quot;right&quot;", 'you\'re "right"'),
        ("I don&#x27;t <i>agree</i>", "I don't agree"),
        ("<blockquote>you are an idiot</blockquote><p>thanks</p>", "> you are an idiot\n\nthanks"),
        ("1 < 2 & 3 > 2 in x<y>", "1 < 2 & 3 > 2 in x<y>"),
    ],
)
def test_html_in_a_table_is_read_as_its_words_and_counted(bring_in, text, read):
    notes, posts, _ = bring_in(HEAD + f"1,,ann,2023-05-01T10:00:00Z,{text}\n")
    assert posts["text"].to_list() == [read]
    assert posts["tone"].to_list() == ["civil"]
    assert ("HTML" in notes) == (text != read)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("/Date(1682935200000)/", MOMENT),
        ("/Date(1682935200000+0200)/", MOMENT),
        ("2023-04-30T24:00:00Z", MOMENT - 10 * 3600),
        ("2016-12-31T23:59:60Z", 1_483_228_800),
    ],
)
def test_rare_ways_to_write_a_time(text, seconds):
    assert read_time(text) == seconds


@pytest.mark.parametrize("text", ["/Date(x)/", "2023-04-30T24:30:00Z", "/Date(-99999999999999)/"])
def test_times_that_are_none(text):
    with pytest.raises(ValueError, match="time is"):
        read_time(text)


def test_half_a_sign_keeps_the_file_and_its_post(bring_in):
    lines = f'{{"id":1,"author":"ann","time":{MOMENT},"text":"hi \\ud83d there"}}\n'
    notes, posts, _ = bring_in(
        lines, "posts.ndjson", mapping={r: r for r in ("id", "author", "time", "text")}
    )
    assert posts["text"].to_list() == ["hi ? there"]
    assert "1 cell held half of a sign" in notes


def test_a_text_sequence_of_json_is_read(bring_in):
    lines = f'\x1e{{"id":1,"author":"ann","time":{MOMENT},"text":"hi"}}\n'
    assert (
        bring_in(lines, "p.ndjson", mapping={r: r for r in ("id", "author", "time", "text")})[1].height == 1
    )


def test_ids_that_a_spreadsheet_rounded_are_refused(bring_in):
    with pytest.raises(ValueError, match="rounded by a spreadsheet"):
        bring_in(HEAD + "1.10200E+18,,ann,2023-05-01T10:00:00Z,hi\n")


def test_lines_that_a_quote_without_end_takes_along_are_counted(bring_in):
    rows = '2,1,bob,2023-05-01T10:01:00Z,"he said\n3,1,cat,2023-05-01T10:02:00Z,a\n4,1,dan,2023-05-01T10:03:00Z,b\n'
    _, posts, report = bring_in(HEAD + FIRST + rows)
    assert posts.height == 1
    assert "3 lines are lost with it" in next(iter(report.bad_reasons))


def workbook(*names):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return kept.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (workbook("[Content_Types].xml", "xl/workbook.xml"), "posts.xlsx", "a workbook .*save the sheet"),
        (workbook("a.csv"), "posts.csv", "a zip archive: unpack"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "posts.xls", "an old Excel"),
        (b"SQLite format 3\0" + b"\0" * 100, "posts.db", "SQLite database: write the table"),
        ("\n<!DOCTYPE html><html>log in</html>", "posts.csv", "a web page"),
        ("version https://git-lfs.example/v1\nsize 1\n".replace("git-lfs.example", "git-lfs.github.com/spec"), "p.csv", "git lfs pull"),
        ("id,text,text\n1,a,b\n", "posts.csv", "2 columns 'text'"),
        ('[{"id": 1},\n{"id": 2},\n]', "posts.json", "stops being JSON at line 3"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_named_with_what_would_help(bring_in, content, name, words):
    with pytest.raises(ValueError, match=words):
        bring_in(content, name, mapping={"id": "id", "text": "text"})


def test_a_folder_in_place_of_a_table_is_called_a_folder(tmp_path):
    (tmp_path / "many").mkdir()
    (tmp_path / "many" / "a.csv").write_text(HEAD + FIRST)
    with pytest.raises(ValueError, match=r"is a folder \(a.csv\): a table is one file"):
        import_corpus(
            "table", tmp_path / "many", tmp_path / "out", mapping=MAPPING, key_file=tmp_path / "key"
        )
