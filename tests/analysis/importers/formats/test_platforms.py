"""What is special about each platform: who answers whom, what moderators did, what is left out."""

import json

import polars as pl
import pytest

from windtunnel.analysis.importers import import_corpus

NOON = "2020-05-01T12:{:02d}:00.000Z"


@pytest.fixture
def bring_in(tmp_path):
    """Imports content written into a file (or files) of tmp_path; gives the report and the posts."""

    def bring_in(format, content, name="record.json", **options):
        if isinstance(content, dict) and name is None:
            path = tmp_path / "dump"
            path.mkdir(exist_ok=True)
            for each, text in content.items():
                (path / each).write_text(text, encoding="utf-8")
        else:
            path = tmp_path / name
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        report = import_corpus(format, path, tmp_path / "out", key_file=tmp_path / "key", **options)
        return report, pl.read_parquet(report.posts_file)

    return bring_in


def acts_of(report):
    return pl.read_parquet(report.moderation_file).rows()


def post(number, who, minute, **more):
    return {
        "id": 100 + number,
        "username": who,
        "created_at": NOON.format(minute),
        "cooked": f"<p>words {number}</p>",
        "post_number": number,
        "post_type": 1,
        "reply_to_post_number": None,
    } | more


def test_discourse_small_actions_are_acts_and_a_reply_to_nobody_answers_the_topic(bring_in):
    posts = [
        post(1, "ann", 0),
        post(2, "bob", 1),
        post(3, "cid", 2, reply_to_post_number=2),
        post(4, "mod", 3, post_type=3, action_code="closed.enabled"),
        post(5, "mod", 4, post_type=3, action_code="pinned.enabled"),
        post(6, "ann", 5, reply_to_post_number=40),
        post(7, "dan", 6, hidden=True),
        post(8, "dan", 7, deleted_at=NOON.format(9), deleted_by={"username": "ann"}),
        post(9, "dan", 8, user_deleted=True, deleted_at=NOON.format(9)),
        post(10, "mod", 9, post_type=4),
        post(11, "eve", 10, actions_summary=[{"id": 2, "count": 5}, {"id": 3, "count": 1}], moderator=True),
    ]
    topic = {"id": 7, "title": "A title", "post_stream": {"posts": posts, "stream": list(range(30))}}
    report, found = bring_in("discourse", topic)
    assert found["parent"].to_list() == [None, 1, 2, None, 1, 1, 1, 1]
    assert found["status"].to_list() == [*["visible"] * 4, "removed", "removed", "deleted", "visible"]
    assert found["text"][0] == "A title\n\nwords 1"
    assert found["up"].to_list()[-1] == 5 and found["role"].to_list()[-1] == "moderator"
    ann = found["author"][0]
    assert acts_of(report) == [
        (3, "lock", None, 1, None, "moderator"),
        (4, "other", None, 1, None, "moderator"),
        (9, "remove", 6, 1, None, ann),
    ]
    said = " ".join(report.sentences)
    assert "only some of their posts" in said and "1 whispers" in said


def test_discourse_archives_of_single_posts_find_their_parents_in_any_order(bring_in, tmp_path):
    for name, each in {
        "posts/2020-05-May/3.json": post(2, "bob", 1, topic_id=7),
        "posts/2020-05-May/4.json": post(3, "cid", 2, topic_id=7, reply_to_post_number=2),
        "posts/2020-06-June/1.json": post(1, "ann", 0, topic_id=7),
    }.items():
        (tmp_path / "archive" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "archive" / name).write_text(json.dumps(each))
    report = import_corpus("discourse", tmp_path / "archive", tmp_path / "out", key_file=tmp_path / "key")
    assert pl.read_parquet(report.posts_file)["parent"].to_list() == [None, 1, 2]


def test_quotations_of_other_posts_are_not_the_authors_words(bring_in):
    quoting = '<aside class="quote"><div>bob: you idiot</div></aside><p>I disagree</p>'
    _, found = bring_in("discourse", {"id": 1, "post_stream": {"posts": [post(1, "ann", 0, cooked=quoting)]}})
    assert found["text"].to_list() == ["I disagree"]
    raw = post(1, "ann", 0, cooked=None, raw='[quote="bob, post:1"]\nyou idiot\n[/quote]\nI disagree')
    _, found = bring_in("discourse", {"id": 1, "post_stream": {"posts": [raw]}})
    assert found["text"].to_list() == ["I disagree"]


DUMP = {
    "Users.xml": """<?xml version="1.0" encoding="utf-8"?>
<users>
  <row Id="-1" DisplayName="Community" />
  <row Id="1" DisplayName="Ann Archer" />
  <row Id="2" DisplayName="Bob" />
  <row Id="3" DisplayName="Cid" />
</users>""",
    "Posts.xml": """<?xml version="1.0" encoding="utf-8"?>
<posts>
  <row Id="1" PostTypeId="1" CreationDate="2020-05-01T12:00:00.000" Score="3" OwnerUserId="1" Title="Why?" Body="&lt;p&gt;Please, &lt;b&gt;Bob&lt;/b&gt;.&lt;/p&gt;" />
  <row Id="2" PostTypeId="2" ParentId="1" CreationDate="2020-05-01T12:05:00.000" Score="1" OwnerUserId="2" Body="&lt;p&gt;Ask Ann Archer.&lt;/p&gt;" />
  <row Id="3" PostTypeId="5" CreationDate="2020-05-01T12:06:00.000" Body="a wiki" />
  <row Id="4" PostTypeId="2" ParentId="1" CreationDate="2020-05-01T12:07:00.000" OwnerDisplayName="user99" Body="gone user" />
</posts>""",
    "Comments.xml": """<?xml version="1.0" encoding="utf-8"?>
<comments>
  <row Id="1" PostId="2" CreationDate="2020-05-01T12:10:00.000" UserId="1" Text="No." />
  <row Id="2" PostId="2" CreationDate="2020-05-01T12:11:00.000" UserId="3" Text="@AnnArcher why not?" />
  <row Id="3" PostId="2" CreationDate="2020-05-01T12:12:00.000" UserId="1" Text="@Bob, fine." />
  <row Id="4" PostId="2" CreationDate="2020-05-01T12:13:00.000" UserId="2" Text="@cid see above" Broken />
  <row Id="5" PostId="2" CreationDate="2020-05-01T12:14:00.000" UserId="2" Text="@cid see above" />
  <row Id="6" PostId="2" CreationDate="1870-01-01T00:00:00.000" UserId="2" Text="old" />
</comments>""",
    "Votes.xml": '<votes>\n<row Id="1" PostId="1" VoteTypeId="2" />\n<row Id="2" PostId="1" VoteTypeId="3" />\n'
    '<row Id="3" PostId="1" VoteTypeId="2" />\n<row Id="4" PostId="1" VoteTypeId="10" />\n</votes>',
    "PostHistory.xml": """<posthistory>
  <row Id="1" PostHistoryTypeId="2" PostId="1" CreationDate="2020-05-01T12:00:00.000" UserId="1" />
  <row Id="2" PostHistoryTypeId="10" PostId="1" CreationDate="2020-05-01T12:20:00.000" UserId="2" />
  <row Id="3" PostHistoryTypeId="11" PostId="1" CreationDate="2020-05-01T12:30:00.000" UserId="55" />
  <row Id="4" PostHistoryTypeId="19" PostId="2" CreationDate="2020-05-01T12:40:00.000" UserId="-1" />
  <row Id="5" PostHistoryTypeId="12" PostId="77" CreationDate="2020-05-01T12:50:00.000" UserId="2" />
</posthistory>""",
}


def test_a_stack_exchange_dump_gives_threads_comments_votes_and_acts(bring_in):
    report, found = bring_in("stackexchange", DUMP, None)
    assert found["minute"].to_list() == [0, 5, 7, 10, 11, 12, 14]
    assert found["parent"].to_list() == [None, 1, 1, 2, 4, 2, 5]
    assert found["thread"].to_list() == [1] * 7
    ann, bob, gone, also_ann, _cid, _, also_bob = found["author"]
    assert ann == also_ann and bob == also_bob and gone not in (ann, bob, None)
    assert found["text"][0] == f"Why?\n\nPlease, {bob}." and found["text"][1] == f"Ask {ann}."
    assert found["up"].to_list()[:2] == [2, 0] and found["down"].to_list()[:2] == [1, 0]
    assert acts_of(report) == [
        (20, "lock", 1, 1, None, bob),
        (30, "unlock", 1, 1, None, "moderator"),
        (40, "other", 2, 1, None, "bot"),
    ]
    assert sorted(report.bad_reasons) == [
        "CreationDate is a date before 1990 or after 2100",
        "not XML (not well-formed (invalid token))",
    ]
    assert any("1 act of moderators is about nothing in the record" in each for each in report.sentences)


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE posts [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>',
        '<!DOCTYPE posts SYSTEM "file:///etc/passwd">',
    ],
)
def test_a_dump_that_declares_a_document_type_is_refused(bring_in, tmp_path, head):
    content = DUMP["Posts.xml"].replace("<posts>", head + "\n<posts>")
    with pytest.raises(ValueError, match="declares a document type, which no dump does"):
        bring_in("stackexchange", content, "Posts.xml")
    assert not (tmp_path / "out").exists()


def test_a_dump_that_breaks_off_or_lacks_its_head_still_gives_its_rows(bring_in):
    lines = DUMP["Posts.xml"].splitlines()
    report, found = bring_in("stackexchange", "\n".join(lines[:4]) + '\n  <row Id="9"', "Posts.xml")
    assert found.height == 2 and any("breaks off" in reason for reason in report.bad_reasons)
    report, found = bring_in("stackexchange", "\n".join(lines[2:4]), "Posts.xml")
    assert found.height == 2 and report.bad_lines == 0


def test_labels_of_others_are_acts_on_bluesky_and_an_authors_own_are_not(bring_in):
    def view(key, who, labels=(), replies=()):
        uri = f"at://did:plc:{who}/app.bsky.feed.post/{key}"
        record = {"text": f"say {key}", "createdAt": NOON.format(key)}
        if key:
            root = {"uri": "at://did:plc:ann/app.bsky.feed.post/0"}
            record["reply"] = {"root": root, "parent": root}
        author = {"did": f"did:plc:{who}", "handle": f"{who}.example"}
        return {
            "post": {"uri": uri, "author": author, "record": record, "labels": list(labels)},
            "replies": list(replies),
        }

    def label(value, minute, source="did:plc:labeler", **more):
        return {"src": source, "val": value, "cts": NOON.format(minute)} | more

    replies = [
        view(1, "bob", [label("!hide", 20)]),
        view(2, "cid", [label("!hide", 21), label("!hide", 25, neg=True)]),
        view(3, "dan", [label("porn", 22, "did:plc:dan"), label("!warn", 23)]),
        {"notFound": True},
    ]
    report, found = bring_in("bluesky", {"thread": view(0, "ann", replies=replies)})
    assert found["status"].to_list() == ["visible", "removed", "visible", "visible"]
    assert [(minute, act, post) for minute, act, post, *_ in acts_of(report)] == [
        (20, "remove", 2),
        (21, "remove", 3),
        (23, "warn", 4),
        (25, "approve", 3),
    ]
    assert any("1 post of these threads was not to be had" in each for each in report.sentences)


def test_jetstream_deletions_and_takedowns_change_what_came_before(bring_in):
    def event(key, kind="commit", who="ann", **more):
        body = {"did": f"did:plc:{who}", "time_us": (1_588_334_400 + 60 * key) * 10**6, "kind": kind}
        return json.dumps(body | more)

    def commit(key, operation, rkey, text=None, when=None):
        record = {"text": text, "createdAt": when or NOON.format(key)} if text else None
        return event(
            key,
            commit={
                "operation": operation,
                "collection": "app.bsky.feed.post",
                "rkey": rkey,
                "record": record,
            },
        )

    lines = [
        commit(0, "create", "a", "first"),
        commit(1, "create", "b", "second", "2035-01-01T00:00:00Z"),  # the author's clock is wrong
        event(2, commit={"operation": "create", "collection": "app.bsky.feed.like", "rkey": "x"}),
        commit(3, "delete", "a"),
        event(4, "identity", identity={"handle": "ann.example"}),
        event(5, "account", account={"active": False, "status": "takendown"}),
        event(6, "weather"),
    ]
    report, found = bring_in("bluesky", "\n".join(lines), "events.ndjson")
    assert found["status"].to_list() == ["deleted", "visible"] and found["minute"].to_list() == [0, 1]
    assert acts_of(report) == [(5, "suspend", None, None, found["author"][0], None)]
    assert report.bad_lines == 1


def test_facets_name_whom_a_bluesky_post_mentions_whatever_its_letters(bring_in):
    text = "Ünïcode @bob.example and a link"
    start = len("Ünïcode ".encode())
    facets = [
        {"index": {"byteStart": start, "byteEnd": start + 12}, "features": [{"did": "did:plc:bob"}]},
        {
            "index": {"byteStart": start + 17, "byteEnd": start + 23},
            "features": [{"uri": "https://x.example"}],
        },
        {"index": {"byteStart": 3, "byteEnd": 99_999}, "features": [{"did": "did:plc:bob"}]},
    ]
    views = [
        {"post": {"uri": f"at://{who}", "author": {"did": f"did:plc:{who}"}, "record": record}}
        for who, record in (
            ("bob", {"text": "hi", "createdAt": NOON.format(0)}),
            ("ann", {"text": text, "createdAt": NOON.format(1), "facets": facets}),
        )
    ]
    _, found = bring_in("bluesky", [{"thread": view} for view in views])
    assert found["text"][1] == f"Ünïcode @{found['author'][0]} and <url>"


def test_mastodon_leaves_boosts_and_private_posts_out_and_keeps_machines_apart(bring_in):
    def status(number, who="ann", **more):
        return {
            "id": str(number),
            "created_at": NOON.format(number),
            "account": {"acct": who, "username": who.split("@")[0], "bot": "bot" in who},
            "content": f"<p>text {number}</p>",
            "visibility": "public",
        } | more

    statuses = [
        status(1),
        status(2, "bob@far.example", in_reply_to_id="1", spoiler_text="food"),
        status(3, visibility="direct"),
        status(4, visibility="private"),
        status(5, reblog=status(1)),
        status(6, "newsbot"),
        status(2, "bob@far.example", in_reply_to_id="1"),
    ]
    report, found = bring_in("mastodon", "\n".join(map(json.dumps, statuses)), "s.ndjson")
    assert found["text"].to_list() == ["text 1", "food\n\ntext 2", "text 6"]
    assert found["role"].to_list() == ["member", "member", "bot"] and found["author"][2] is None
    said = " ".join(report.sentences)
    assert "1 boosts were left out" in said and "2 posts that were not for everybody" in said
    assert report.bad_lines == 0, "two contexts that share a status are no fault"


def test_an_outbox_keeps_replies_to_others_as_replies_and_drops_what_was_not_public(bring_in):
    def activity(number, to="https://www.w3.org/ns/activitystreams#Public", **more):
        note = {
            "type": "Note",
            "id": f"https://a.example/{number}",
            "published": NOON.format(number),
            "attributedTo": "https://a.example/users/ann",
            "to": [to],
            "content": f"<p>note {number}</p>",
        }
        return {"type": "Create", "actor": "https://a.example/users/ann", "object": note | more}

    items = [
        activity(1),
        activity(2, inReplyTo="https://b.example/9"),
        activity(3, inReplyTo="https://b.example/9"),
        activity(4, to="https://b.example/users/bob"),
        {"type": "Announce", "object": "https://b.example/8"},
        {"type": "Delete", "object": {"type": "Tombstone", "id": "https://a.example/1"}},
    ]
    report, found = bring_in("mastodon", {"totalItems": 99, "orderedItems": items}, "outbox.json")
    assert found["kind"].to_list() == ["thread", "reply", "reply"] and found["parent"].to_list() == [None] * 3
    assert found["thread"].to_list() == [1, 2, 2], "replies to one post elsewhere share its thread"
    assert found["status"].to_list() == ["deleted", "visible", "visible"] and report.bad_lines == 0


def test_a_reddit_export_of_a_moderator_gives_its_removals_their_times(bring_in):
    comment = {
        "id": "a",
        "author": "ann",
        "body": "words",
        "link_id": "t3_x",
        "parent_id": "t3_x",
        "created_utc": 1_588_334_400,
    }
    more = {"id": "b", "banned_at_utc": 1_588_334_700, "banned_by": "mod", "removed_by_category": "moderator"}
    lines = "\n".join(map(json.dumps, (comment, comment | more)))
    report, found = bring_in("reddit", lines, "RC_1.ndjson")
    assert found["status"].to_list() == ["visible", "removed"]
    assert acts_of(report) == [(5, "remove", 2, 1, None, "moderator")]
