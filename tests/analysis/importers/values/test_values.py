"""What the cells of real exports hold: markers of nothing, numbers for times, placeholders."""

import codecs
import json

import polars as pl
import pytest

from tests.analysis.importers.small_table import AS_READ, HEAD, MAPPING, ROWS, changed, said, shape, table
from windtunnel.analysis.importers.clocks.times import Bare, read_time


@pytest.mark.parametrize(
    "marker",
    [
        "0.0",
        "-1.0",
        "00000000-0000-0000-0000-000000000000",
        "NULL",
        "null",
        "\\N",
        "NaN",
        "nan",
        "None",
        "none",
        "NA",
        "N/A",
        "#N/A",
        "<NA>",
        "0",
        "-1",
        "-",
        "nil",
        "(null)",
    ],
)
def test_a_word_for_nothing_is_no_parent_and_is_counted(take_in, marker):
    report, posts = take_in(table(changed("parent", [marker, "1", marker, "3"])))
    assert shape(posts) == AS_READ
    assert said(report, "2 posts have", marker, "for a parent")


def test_zero_is_a_parent_where_a_post_is_called_so(take_in):
    rows = [
        ("0", "-1", *ROWS[0][2:]),
        ("1", "0", *ROWS[1][2:]),
        ("2", "-1", *ROWS[2][2:]),
        ("3", "2", *ROWS[3][2:]),
    ]
    _, posts = take_in(table(rows))
    assert shape(posts) == AS_READ


@pytest.mark.parametrize("marker", ["NULL", "0", "nan", "-1"])
def test_a_word_for_nothing_is_no_thread(take_in, marker):
    rows = [(*row, thread) for row, thread in zip(ROWS, [marker, "1", marker, "3"], strict=True)]
    _, posts = take_in(table(rows, head=(*HEAD, "root")), mapping=MAPPING | {"thread": "root"})
    assert shape(posts) == AS_READ


def test_threads_numbered_from_zero_stay_threads(take_in):
    rows = [(*row, thread) for row, thread in zip(ROWS, [0, 0, 1, 1], strict=True)]
    mapping = {role: column for role, column in MAPPING.items() if role != "parent"} | {"thread": "root"}
    report, posts = take_in(table(rows, head=(*HEAD, "root")), mapping=mapping)
    assert posts["thread"].to_list() == [1, 1, 2, 2] and report.lacks == ("parent",)


@pytest.mark.parametrize(
    "parents", [["", "1.0", "", "3.0"], ["", "t1_1", "", "t3_3"], ["nan", "1.00", "nan", "3.00"]]
)
def test_an_id_written_another_way_is_found_and_counted(take_in, parents):
    report, posts = take_in(table(changed("parent", parents)))
    assert shape(posts) == AS_READ and said(report, "2 replies", "another way")


@pytest.mark.parametrize("column", ["id", "parent"])
def test_ids_that_only_look_like_numbers_stay_apart(take_in, column):
    rows = [
        ("1.1", "", *ROWS[0][2:]),
        ("1.10", "1.1", *ROWS[1][2:]),
        ("1e3", "", *ROWS[2][2:]),
        ("1000", "1e3", *ROWS[3][2:]),
    ]
    _, posts = take_in(table(rows))
    assert shape(posts) == AS_READ and posts.height == 4, column


def test_float_ids_of_parquet_and_json_are_whole(tmp_path, take_in):
    columns = {"id": [1.0, 2.0, 3.0, 4.0], "parent": [None, 1.0, float("nan"), 3.0]}
    rows = pl.DataFrame(columns | {"who": ["a", "b", "c", "a"], "at": [row[3] for row in ROWS], "text": "x"})
    rows.write_parquet(tmp_path / "in.parquet")
    _, posts = take_in((tmp_path / "in.parquet").read_bytes(), name="posts.parquet")
    assert shape(posts) == AS_READ
    lines = "\n".join(json.dumps(row) for row in rows.to_dicts())
    _, posts = take_in(codecs.BOM_UTF8 + lines.encode(), name="posts.jsonl")
    assert shape(posts) == AS_READ


def test_ids_that_are_decimals_are_found_by_whole_numbers(take_in):
    rows = [(f"{row[0]}.0", *row[1:]) for row in ROWS]
    report, posts = take_in(table(rows))
    assert shape(posts) == AS_READ and said(report, "2 replies", "another way")


def test_an_id_that_lost_its_last_digits_is_a_fault(take_in):
    rows = [
        json.dumps({"id": 1.5e18, "who": "a", "at": 1_600_000_000}),
        json.dumps({"id": 7, "who": "a", "at": 1_600_000_000}),
    ]
    report, posts = take_in(
        "\n".join(rows), name="p.jsonl", mapping={"id": "id", "author": "who", "time": "at"}
    )
    assert posts.height == 1 and "keep ids as text" in next(iter(report.bad_reasons))


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        (lambda s: s * 1000, "milliseconds"),
        (lambda s: s * 1_000_000, "microseconds"),
        (lambda s: s * 1_000_000_000, "nanoseconds"),
        (lambda s: s / 86_400 + 25_569, "days of a spreadsheet"),
        (lambda s: f"{s / 86_400 + 25_569:.6f}", "days of a spreadsheet"),
    ],
)
@pytest.mark.parametrize("name", ["posts.csv", "posts.ndjson", "posts.parquet"])
def test_a_column_of_numbers_is_read_in_the_unit_that_alone_gives_dates(take_in, tmp_path, unit, words, name):
    rows = changed("at", [unit(row[3]) for row in ROWS])
    content = table(rows)
    if name != "posts.csv":
        frame = pl.DataFrame(rows, schema=list(HEAD), orient="row")
        content = frame.write_ndjson()
    if name == "posts.parquet":
        frame.write_parquet(tmp_path / "in")
        content = (tmp_path / "in").read_bytes()
    report, posts = take_in(content, name=name)
    assert shape(posts) == AS_READ
    assert said(report, f"time is read as {words}", "2020-09-13 to 2020-09-14")


@pytest.mark.parametrize(
    ("times", "says"),
    [
        (
            [1_600_000_000, 1_600_000_600_000, 1_600_086_400, 1_600_087_000],
            "mixes seconds .3. and milliseconds .1.",
        ),
        ([160_000_000, 160_000_060, 160_008_640, 160_008_700], "neither in seconds, milliseconds"),
        (
            ["03/04/2020", "05/06/2020", "05/06/2020", "05/07/2020"],
            "day first and month first: write them as",
        ),
        (
            ["13/04/2020", "04/13/2020", "05/06/2020", "05/07/2020"],
            "come day first and month first in one column",
        ),
    ],
)
def test_times_that_can_be_read_two_ways_or_none_are_refused_in_a_sentence(take_in, times, says):
    with pytest.raises(ValueError, match=says):
        take_in(table(changed("at", times)))


def test_one_time_that_is_no_date_is_a_fault_and_the_others_stay(take_in):
    report, posts = take_in(table(changed("at", [*(row[3] for row in ROWS[:3]), 12])))
    assert posts.height == 3 and report.bad_reasons == {"time is a date before 1990 or after 2100": 1}


def test_seconds_from_a_start_of_their_own_are_said(take_in):
    report, posts = take_in(table(changed("at", [0, 600, 86_400, 87_000])))
    assert shape(posts) == AS_READ and said(
        report, "seconds from a start of their own (minutes: --map minute=COLUMN)"
    )


def test_ids_that_count_within_a_thread_are_named_as_what_they_may_be(take_in):
    rows = "number,thread\n1,a\n2,a\n1,b\n2,b\n1,a\n"
    report, posts = take_in(rows, mapping={"id": "number", "thread": "thread"})
    assert posts.height == 2 and report.bad_reasons == {"its id was seen before": 3}
    assert said(report, "2 of the lines whose id was seen before are of another thread")


def test_minutes_that_are_seconds_since_1970_are_refused(take_in):
    mapping = {"minute" if role == "time" else role: column for role, column in MAPPING.items()}
    with pytest.raises(ValueError, match="minute holds seconds since 1970.*time="):
        take_in(table(), mapping=mapping)


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("2020-09-13 12:26:40 UTC", 0),
        ("2020-09-13 12:26:40 GMT", 0),
        ("2020-09-13 12:26:40Z", 0),
        ("2020-09-13 12:26:40 +0000", 0),
        ("2020-09-13T14:26:40+02:00", 0),
        ("2020-09-13 14:26:40 UTC+2", 0),
        ("2020-09-13 14:26:40 Europe/Berlin", 0),
        ("Sun, 13 Sep 2020 12:26:40 +0000", 0),
        ("Sun, 13 Sep 2020 08:26:40 EDT", 0),
        ("Sun Sep 13 12:26:40 +0000 2020", 0),
        ("13.9.2020 12:26", -40),
        ("2020/9/13 12:26:40", 0),
        ("20200913122640", 0),
        ("2020-09-13 12:26:40,500", 0.5),
    ],
)
def test_a_date_and_time_as_platforms_write_them(text, second):
    assert read_time(text) == 1_600_000_000 + second and not isinstance(read_time(text), Bare)


@pytest.mark.parametrize("text", ["yesterday", "12:30", "2020-09", "1,600,000,000", "99999-01-01"])
def test_what_is_no_time_says_so(text):
    with pytest.raises(ValueError, match="neither a number of seconds nor an ISO date and time"):
        read_time(text)


@pytest.mark.parametrize(
    ("dates", "order"),
    [(["13/9/2020", "1/10/2020"], "day"), (["9/13/2020 1:05 PM", "10/1/2020 1:05 am"], "month")],
)
def test_the_whole_column_tells_whether_the_day_comes_first(take_in, dates, order):
    report, posts = take_in(table(changed("at", [dates[0]] * 2 + [dates[1]] * 2)))
    assert said(report, f"with the {order} first") and posts["minute"].max() // 1440 == 17 + (order == "day")


def test_a_zone_by_letters_is_not_guessed():
    with pytest.raises(ValueError, match="letters that several zones have: write its offset, as .01:00"):
        read_time("2020-09-13 12:26:40 CET")


def test_cells_that_are_not_needed_never_cost_a_post(take_in):
    columns = ("score", "up", "controversial", "kind", "status", "tone")
    cells = [
        ("5", "1", "0", "post", "visible", "civil"),
        ("NULL", "many", "maybe", "reply", "vanished", "grim"),
        ("1,234", "NA", "", "post", "", ""),
        ("NA", "2.5", "1", "comment", "removed", "hostile"),
    ]
    rows = [(*row, *(f'"{cell}"' for cell in more)) for row, more in zip(ROWS, cells, strict=True)]
    mapping = MAPPING | {column: column for column in columns}
    report, posts = take_in(table(rows, head=(*HEAD, *columns)), mapping=mapping)
    assert posts.height == 4 and report.bad_lines == 0
    assert posts["score"].to_list() == [5, None, None, None] and posts["up"].to_list() == [1, None, None, 2]
    assert said(report, "1 cell of score could not be read") and said(
        report, "2 cells of score hold a word for nothing"
    )
    for column in ("up", "controversial", "status", "tone"):
        assert said(report, f"1 cell of {column} could not be read")
    assert said(report, "1 cell of up has decimals")


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        ("[removed]", "removed", "removed"),
        ("[ Removed by Reddit ]", "removed", "removed by Reddit"),
        ("[ Removed by Reddit in response to a copyright notice. ]", "removed", "removed for copyright"),
        ("[removed by moderator]", "removed", "removed by moderators"),
        ("[deleted]", "deleted", "deleted by its author"),
        ("[deleted by user]", "deleted", "deleted by its author"),
        ("(post deleted by author)", "deleted", "deleted by its author"),
        ("[unavailable]", "gone", "unavailable"),
        ("[removed or deleted]", "gone", "unavailable"),
        ("This comment has been removed by a moderator.", "removed", "removed by moderators"),
        ("Comment deleted by user", "deleted", "deleted by its author"),
        ("*removed by mod*", "removed", "removed by moderators"),
        ("[flagged]", "removed", "removed"),
        ("[gelöscht]", "deleted", "deleted by its author"),
    ],
)
@pytest.mark.parametrize("format", ["table", "convokit", "reddit"])
def test_what_stands_for_a_text_that_was_taken_is_nobodys_words(take_in, format, text, status, words):
    if format == "table":
        found = take_in(table(changed("text", ["hello", text, "new", "yes"])))
    elif format == "convokit":
        rows = [{"id": "a", "speaker": "x", "timestamp": 1_600_000_000, "text": "hello"}]
        rows.append({"id": "b", "reply-to": "a", "speaker": "y", "timestamp": 1_600_000_060, "text": text})
        found = take_in("\n".join(map(json.dumps, rows)), "convokit", "corpus/utterances.jsonl")
    else:
        rows = [{"id": "p", "title": "hello", "author": "x", "created_utc": 1_600_000_000}]
        rows.append(
            {
                "id": "c",
                "body": text,
                "link_id": "t3_p",
                "parent_id": "t3_p",
                "author": "y",
                "created_utc": 1_600_000_060,
            }
        )
        found = take_in("\n".join(map(json.dumps, rows)), "reddit", "RC_x.ndjson")
    report, posts = found
    assert posts.select("status", "tone", "text").row(1) == (status, None, None)
    assert said(report, f"1 post has a marker in place of words ({words})")


def test_words_about_a_removal_are_somebodys_own(take_in):
    texts = [
        "[removed] is what I saw",
        "removed",
        "(deleted scenes are better)",
        "This comment has been removed and why",
    ]
    _, posts = take_in(table(changed("text", texts)))
    assert posts["status"].to_list() == ["visible"] * 4 and posts["text"].to_list() == texts


def test_old_reddit_dumps_have_whole_numbers_and_null_for_a_parent(take_in):
    rows = [{"id": "zz1", "title": "t", "author": "ann", "created_utc": 1_600_000_000}]
    for at, parent in enumerate([None, 46_692, 46_693.0, "t1_100"], 1):  # 46692 is 1010 in base 36
        comment = {
            "id": f"10{9 + at:02d}",
            "author": None,
            "body": "x",
            "link_id": "t3_zz1",
            "parent_id": parent,
        }
        rows.append(comment | {"created_utc": str(1_600_000_000_000 + at * 60_000)})
        rows[0]["created_utc"] = 1_600_000_000_000
    report, posts = take_in("\n".join(map(json.dumps, rows)), "reddit", "RC_x.ndjson")
    assert posts["parent"].to_list() == [None, 1, 2, 3, None] and posts["minute"].to_list() == [0, 1, 2, 3, 4]
    assert posts["author"].null_count() == 4 and said(report, "created_utc is read as milliseconds")
    assert said(report, "1 comment has null for a parent") and said(
        report, "2 comments have a number for a parent"
    )


def test_a_listing_of_reddits_interface_is_unwrapped(take_in):
    data = {
        "id": "c",
        "body": "x",
        "link_id": "t3_p",
        "parent_id": "t3_p",
        "author": "y",
        "created_utc": 1_600_000_060.0,
    }
    value = {"kind": "Listing", "data": {"children": [{"kind": "t1", "data": data}], "after": None}}
    _, posts = take_in(value, "reddit", "new.json")
    assert posts["text"].to_list() == ["x"]


@pytest.mark.parametrize("nothing", [None, float("nan"), "", "NULL"])
def test_nothing_for_a_conversation_or_an_answer_is_nothing_in_convokit(take_in, nothing):
    rows = [
        {
            "id": 11,
            "conversation_id": nothing,
            "reply-to": nothing,
            "speaker": "ann",
            "timestamp": 1_600_000_000,
            "text": "a",
        },
        {
            "id": 12,
            "conversation_id": nothing,
            "reply-to": 11.0,
            "speaker": "bob",
            "timestamp": 1_600_000_600,
            "text": "b",
        },
        {
            "id": 13,
            "conversation_id": nothing,
            "reply-to": nothing,
            "speaker": "cat",
            "timestamp": 1_600_086_400,
            "text": "c",
        },
        {
            "id": 14,
            "conversation_id": nothing,
            "reply-to": 13.0,
            "speaker": "ann",
            "timestamp": 1_600_087_000,
            "text": "d",
        },
    ]
    _, posts = take_in("\n".join(map(json.dumps, rows)), "convokit", "corpus/utterances.jsonl")
    assert shape(posts) == AS_READ
    _, posts = take_in({"utterances": rows}, "convokit", "corpus/utterances.json")
    assert shape(posts) == AS_READ


def test_seconds_of_the_nineties_are_said(take_in):
    report, _ = take_in(table(changed("at", [row[3] - 935_000_000 for row in ROWS])))
    assert said(report, "time is read as seconds", "1991-01")
