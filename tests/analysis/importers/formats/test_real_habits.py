"""What real servers write into their exports: rows that are no posts, mails' ids, the time of a move."""

import json

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.learned.holes import find_holes


@pytest.fixture
def table(tmp_path):
    """`table(rows, **mapping)`: what an import of these objects says, and its posts."""

    def brought(rows, **mapping):
        (tmp_path / "x.jsonl").write_text("\n".join(map(json.dumps, rows)))
        report = import_corpus(
            "table",
            tmp_path / "x.jsonl",
            tmp_path / "out",
            mapping=mapping,
            reader="words",
            key_file=tmp_path / "key",
        )
        return report, pl.read_parquet(report.posts_file)

    return brought


@pytest.mark.parametrize(
    ("ours", "others"),
    [
        (["Default", "Reply", "Default"], ["GuildMemberJoin", "ThreadCreated"]),
        (["message", "message", "message"], ["service", "service"]),
        ([None, "thread_broadcast", "bot_message"], ["channel_join", "channel_topic"]),
        (["comment", "comment", "comment"], ["pingback", "trackback"]),
        (["m.room.message", "m.room.message", "m.room.message"], ["m.room.member", "m.room.topic"]),
    ],
)
def test_rows_that_a_platform_writes_by_itself_are_no_posts(table, ours, others):
    kinds = [*ours, *others]
    rows = [
        {"id": str(at), "who": f"u{at}", "at": 1_600_000_000 + 60 * at, "text": "hi", "kind": kind}
        for at, kind in enumerate(kinds)
    ]
    report, posts = table(rows, id="id", author="who", time="at", text="text", kind="kind")
    assert posts.height == 3 and report.authors == 3
    (said,) = [note for note in report.notes if "the platform's own" in note]
    assert said.startswith("2 rows are") and others[0] in said


def test_a_record_of_nothing_but_a_platform_s_rows_is_a_sentence(table):
    rows = [{"id": "1", "who": "a", "at": 1_600_000_000, "kind": "channel_join"}]
    with pytest.raises(ValueError, match=r"has no posts: its rows are the platform's own \(channel_join\)"):
        table(rows, id="id", author="who", time="at", kind="kind")


def test_a_story_opens_a_thread_and_an_ordinary_message_is_said_nothing_of(table):
    rows = [
        {"id": "1", "who": "a", "at": 1_600_000_000, "up": None, "kind": "story"},
        {"id": "2", "who": "b", "at": 1_600_000_060, "up": "1", "kind": "comment"},
        {"id": "3", "who": "c", "at": 1_600_000_120, "up": "1", "kind": "message"},
    ]
    report, posts = table(rows, id="id", author="who", time="at", parent="up", kind="kind")
    assert posts["kind"].to_list() == ["thread", "reply", "reply"]
    assert not any("could not be read" in note for note in report.notes)


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("1@x.org", "<1@x.org>"),
        ("<1@x.org>", "1@x.org"),
        ("<1@x.org>", 'Your message of "Tue, 4 Jul" <1@x.org>'),
        ("<1@x.org>", "<1@x.org> (ann's message)"),
        ("1@x.org", "<0@x.org> <1@x.org>"),
    ],
)
def test_a_mail_answers_the_mail_whose_id_it_names(table, own, said):
    rows = [
        {"id": own, "who": "a", "at": 1_600_000_000, "up": ""},
        {"id": "<2@x.org>", "who": "b", "at": 1_600_000_060, "up": said},
    ]
    _, posts = table(rows, id="id", author="who", time="at", parent="up")
    assert posts["parent"].to_list() == [None, 1] and posts["thread"].to_list() == [1, 1]


def test_posts_that_a_move_gave_one_time_are_said_and_a_hole(table):
    rows = [{"id": str(at), "who": f"u{at % 7}", "at": 1_600_000_000, "text": "hi"} for at in range(60)]
    rows += [
        {"id": str(60 + at), "who": f"u{at % 7}", "at": 1_600_003_600 + 3600 * at, "text": "hi"}
        for at in range(200)
    ]
    report, posts = table(rows, id="id", author="who", time="at", text="text")
    (said,) = [note for note in report.notes if "have one time" in note]
    assert said.startswith("60 posts have one time (2020-09-13T12:26Z): taken for that of a move")
    minute = posts["minute"].to_numpy()
    opens = np.arange(len(minute)) % 5 == 0
    (hole,) = [one for one in find_holes(minute, opens, np.cumsum(opens) - 1) if one.kind == "one time"]
    assert (hole.first, hole.last, hole.threads) == (0, 1, 12)


def test_a_busy_chat_has_not_moved(table):
    rows = [{"id": str(at), "who": f"u{at % 7}", "at": 1_600_000_000 + at, "text": "hi"} for at in range(600)]
    report, _ = table(rows, id="id", author="who", time="at", text="text")
    assert not any("have one time" in note for note in report.notes)


@pytest.mark.parametrize(("apart", "found"), [(0, 0), (60, 1)])
def test_no_incident_begins_at_the_time_of_a_move(table, apart, found):
    from windtunnel.analysis.incidents.forum.acts import read_acts
    from windtunnel.analysis.incidents.forum.find import find, load_rules

    rows = [
        {"id": str(at), "who": f"u{at % 7}", "at": 1_600_000_000 + apart * at, "tone": "hostile"}
        for at in range(60)
    ]
    rows += [
        {"id": str(60 + at), "who": f"u{at % 7}", "at": 1_600_090_000 + 3600 * at, "tone": "civil"}
        for at in range(200)
    ]
    report, _ = table(rows, id="id", author="who", time="at", tone="tone")
    acts, hours = read_acts(report.posts_file.parent)
    rules = {"escalation": load_rules()["escalation"]}
    assert len(find(acts, rules, hours)) == found
