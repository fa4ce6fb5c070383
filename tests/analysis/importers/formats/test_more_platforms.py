"""Habits of more platforms' exports: scripts, mailboxes, chat logs, signs written twice, dates that stand apart, names in two spellings."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from windtunnel.analysis.importers.clocks.clock import far_off
from windtunnel.analysis.importers.clocks.times import read_time
from windtunnel.analysis.importers.people.pseudonyms import folded

HEAD = "id,parent,author,time,text\n"
DAY = 86_400


@pytest.mark.parametrize("before", ["window.YTD.tweets.part0 = ", "var posts=", "data['x'] =\n"])
def test_json_behind_an_assignment_is_read(bring_in, before):
    tweets = [
        {"tweet": {"id": str(at), "to": str(at - 1) if at else None, "at": "Sat Apr 29 10:00:00 +0000 2023"}}
        for at in range(3)
    ]
    paths = {"id": "tweet.id", "parent": "tweet.to", "time": "tweet.at"}
    _, posts, _ = bring_in(before + json.dumps(tweets) + ";\n", "tweets.js", mapping=paths)
    assert posts["parent"].to_list() == [None, 1, 2]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("From ann Mon May  1 10:00:00 2023\nMessage-ID: <a@x>\n\nhello\n", "is a mailbox: write Message-ID"),
        ("[01.05.23, 10:00:00] Ann: hello\n", "is a chat log as WhatsApp writes it"),
        ("\u200e[5/1/23, 10:00:00 AM] Ann: hello\n", "is a chat log as WhatsApp writes it"),
        ("5/1/23, 10:00 - Ann: hello\n", "is a chat log as WhatsApp writes it"),
    ],
)
def test_mailboxes_and_chat_logs_are_called_so(bring_in, content, what):
    with pytest.raises(ValueError, match=what):
        bring_in(content, "log.txt")


def test_the_last_of_several_mails_is_the_one_that_is_answered(bring_in):
    rows = [
        "<a@x>,,ann,2023-05-01 10:00,hi",
        "<b@x>,<a@x>,bob,2023-05-01 10:01,hi",
        "<c@x>,<a@x> <b@x>,cid,2023-05-01 10:02,hi",
    ]
    notes, posts, _ = bring_in(HEAD + "\n".join(rows))
    assert posts["parent"].to_list() == [None, 1, 2] and "1 post names several mails that it answers" in notes


def test_names_and_texts_written_twice_are_counted_and_names_go_out_of_texts(bring_in):
    spoilt = "Zo\u00c3\u00ab"
    notes, posts, _ = bring_in(
        HEAD + f"1,,{spoilt},2023-05-01 10:00,caf\u00c3\u00a9\n2,1,bob,2023-05-01 10:01,thanks {spoilt}!\n"
    )
    assert posts["text"].to_list() == ["café", f"thanks {posts['author'][0]}!"]
    assert (
        "1 cell of author is UTF-8 that was written as UTF-8 once more" in notes
        and "2 cells of text are" in notes
    )


def test_a_name_in_two_normal_forms_is_one_member_and_leaves_texts(bring_in):
    _, posts, _ = bring_in(
        HEAD
        + "1,,Ren\u00e9e,2023-05-01 10:00,hi\n2,1,Rene\u0301e,2023-05-01 10:01,I am Rene\u0301e\n3,2,bob,2023-05-01 10:02,no Ren\u00e9e\n"
    )
    author = posts["author"].to_list()
    assert author[0] == author[1] != author[2]
    assert posts["text"].to_list()[1:] == [f"I am {author[0]}", f"no {author[0]}"]
    assert folded("RENE\u0301E") == folded("ren\u00e9e")


@pytest.mark.parametrize("written", ["۲۰۲۳-۰۵-۰۱ ۱۰:۰۰", "２０２３-０５-０１ １０:００", "१६८२९३५२००"])
def test_digits_of_other_scripts_are_digits(written):
    assert float(read_time(written)) == 1_682_935_200


def test_what_platforms_call_a_state_or_a_kind_is_read(bring_in):
    mapping = {role: role for role in ("id", "parent", "author", "time", "text", "status", "kind")}
    rows = [
        "1,,ann,2023-05-01 10:00,a,publish,t3",
        "2,1,bob,2023-05-01 10:01,b,spam,t1",
        "3,1,cid,2023-05-01 10:02,c,trash,t1",
    ]
    _, posts, _ = bring_in(HEAD.strip() + ",status,kind\n" + "\n".join(rows), mapping=mapping)
    assert [str(each) for each in posts["status"]] == ["visible", "removed", "removed"]


YEARS = np.arange(100) * DAY + datetime(2023, 1, 1, tzinfo=UTC).timestamp()
TOMORROW = (datetime.now(UTC) + timedelta(days=3)).timestamp()


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ([], []),
        (
            [datetime(1996, 1, 1, tzinfo=UTC).timestamp()],
            ["1 date of time lies 27 years before all others: kept as it is"],
        ),
        ([TOMORROW, TOMORROW], ["2 dates of time are after today"]),
        ([datetime(1996, 1, 1, tzinfo=UTC).timestamp()] * 9, []),  # too many to be a slip
        ([YEARS[0] - 200 * DAY], []),
    ],
)
def test_dates_that_stand_apart_are_said_and_kept(odd, said):
    found = far_off(np.concatenate([YEARS, odd]), "time")
    assert len(found) == len(said) and all(
        one.startswith(begun) for one, begun in zip(found, said, strict=True)
    )
