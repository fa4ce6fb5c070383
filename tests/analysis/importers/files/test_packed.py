"""Packed files come in like plain ones; archives, bombs and hostile lines harm nobody."""

import bz2
import csv
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from pathlib import Path

import polars as pl
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.importers.small_table import UTTERANCE
from windtunnel.analysis.importers import import_corpus, parse_mapping
from windtunnel.analysis.importers.files import lines
from windtunnel.analysis.importers.files.lines import MAX_LINE, TOO_LONG, BrokenOff, blocks, numbered_lines
from windtunnel.analysis.importers.formats.bluesky import read_bluesky
from windtunnel.analysis.importers.formats.convokit import read_convokit
from windtunnel.analysis.importers.formats.discourse import read_discourse
from windtunnel.analysis.importers.formats.mastodon import read_mastodon
from windtunnel.analysis.importers.formats.reddit import read_reddit
from windtunnel.analysis.importers.posts.gathering import Collector

FIXTURES = Path(__file__).parents[3] / "fixtures"
PACKERS = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda content: zstandard.ZstdCompressor().compress(content),
}
MAPPING = parse_mapping(
    "id=number,parent=answers,thread=topic,author=who,time=when,text=words,status=fate,score=points"
)


@pytest.fixture
def bring_in(tmp_path):
    def bring_in(format, path, out="out", **options):
        return import_corpus(format, path, tmp_path / out, key_file=tmp_path / "key", **options)

    return bring_in


@pytest.mark.parametrize("suffix", PACKERS)
def test_every_packing_gives_what_the_plain_file_gives(bring_in, tmp_path, suffix):
    plain = FIXTURES / "reddit_small" / "RC_small.ndjson"
    packed = tmp_path / f"RC_small.ndjson{suffix}"
    whole = plain.read_bytes()
    packed.write_bytes(PACKERS[suffix](whole[:700]) + PACKERS[suffix](whole[700:]))  # two parts, as cat makes
    expected = pl.read_parquet(bring_in("reddit", plain).posts_file)
    assert pl.read_parquet(bring_in("reddit", packed, "packed").posts_file).equals(expected)
    table = tmp_path / f"posts.csv{suffix}"
    table.write_bytes(PACKERS[suffix]((FIXTURES / "posts_small.csv").read_bytes()))
    expected = pl.read_parquet(
        bring_in("table", FIXTURES / "posts_small.csv", "csv", mapping=MAPPING).posts_file
    )
    assert pl.read_parquet(bring_in("table", table, "packed", mapping=MAPPING).posts_file).equals(expected)


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_packed_file_that_breaks_off_keeps_what_came_before(bring_in, tmp_path, suffix):
    line = (FIXTURES / "reddit_small" / "RC_small.ndjson").read_bytes().splitlines()[0]
    record = json.loads(line)
    noise = [json.dumps(record | {"id": f"{n:x}", "salt": str(hash((n, n * n)))}) for n in range(40_000)]
    packed = PACKERS[suffix]("\n".join(noise).encode())
    path = tmp_path / f"RC_cut{suffix}"
    path.write_bytes(packed[: len(packed) * 2 // 3])
    report = bring_in("reddit", path)
    assert 0 < report.posts < 40_000
    assert any("breaks off" in reason for reason in report.bad_reasons)


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_bomb_is_refused_in_one_sentence_and_nothing_is_written(bring_in, tmp_path, suffix, monkeypatch):
    monkeypatch.setattr(lines, "RATIO_FROM", 2**20)
    path = tmp_path / f"RC_bomb.ndjson{suffix}"
    path.write_bytes(PACKERS[suffix](b"0" * (200 * 2**20 if suffix in (".bz2", ".zst") else 2**26)))
    with pytest.raises(ValueError, match=r"as a decompression bomb does"):
        bring_in("reddit", path)
    assert not (tmp_path / "out").exists()


def test_an_unpacked_size_beyond_the_limit_is_refused(bring_in, tmp_path):
    path = tmp_path / "RC_large.gz"
    path.write_bytes(gzip.compress((FIXTURES / "reddit_small" / "RC_small.ndjson").read_bytes()))
    with pytest.raises(ValueError, match=r"more than 1,000 bytes: give a larger --max-bytes"):
        bring_in("reddit", path, max_bytes=1_000)


def test_archives_are_refused_with_advice(bring_in, tmp_path):
    member = FIXTURES / "posts_small.csv"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(member)
    for name, mode in (("a.tar", "w"), ("a.tar.gz", "w:gz")):
        with tarfile.open(tmp_path / name, mode) as archive:
            archive.add(member, "../../outside.csv")
    (tmp_path / "a.7z").write_bytes(b"7z\xbc\xaf\x27\x1c" + bytes(40))
    for name in ("a.zip", "a.tar", "a.tar.gz", "a.7z"):
        for format, options in (("reddit", {}), ("table", {"mapping": MAPPING}), ("mastodon", {})):
            with pytest.raises(ValueError, match=r"archive: unpack it into a folder of its own"):
                bring_in(format, tmp_path / name, **options)
    assert not (tmp_path / "out").exists() and not (tmp_path.parent / "outside.csv").exists()


@given(
    st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line), max_size=20),
    st.integers(1, 17),
)
def test_lines_are_those_that_split_gives_wherever_blocks_end(tmp_path, content, size):
    path = tmp_path / "lines"
    path.write_bytes(b"x\n" + b"\n".join(content))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lines, "BLOCK", size)
        found = list(numbered_lines(path))
    whole = path.read_bytes().split(b"\n")
    assert found == [(number, line) for number, line in enumerate(whole, 1) if line.strip()]


def test_a_line_without_end_is_let_go_and_the_next_one_is_read(tmp_path):
    path = tmp_path / "long"
    with path.open("wb") as file:
        file.write(b"first\n")
        for _ in range(100):
            file.write(b"x" * 2**20)
        file.write(b"\nlast\n" + b"y" * (MAX_LINE + 1))
    assert list(numbered_lines(path)) == [(1, b"first"), (2, TOO_LONG), (3, b"last"), (4, TOO_LONG)]


def test_a_file_of_another_packing_than_its_name_says_is_read_by_its_content(tmp_path):
    (tmp_path / "a.zst").write_bytes(gzip.compress(b"hello"))
    assert b"".join(blocks(tmp_path / "a.zst")) == b"hello"
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"hello") + b"rubbish")
    with pytest.raises(BrokenOff, match="not gzip from here on"):
        list(blocks(tmp_path / "b.gz"))


HOSTILE = [
    b"[" * 200_000,
    b'{"a":' * 100_000,
    b'{"id":"n1","author":"x","body":"y","link_id":"t3_1","parent_id":"t3_1","created_utc":1'
    + b"0" * 5_000
    + b"}",
    b'{"id":"n2","author":"x","body":"y","link_id":"t3_1","parent_id":"t3_1","created_utc":1e999}',
    b'{"id":"n3","author":"x","body":"y","link_id":"t3_1","parent_id":"t3_1","created_utc":NaN}',
    b'{"id":"n4","author":"x","body":"y","link_id":"t3_1","parent_id":"t3_1","created_utc":-5}',
    b'{"id":"n5","author":"x","body":"y","link_id":"t3_1","parent_id":"t3_1","created_utc":99999999999}',
    b'{"id":"n6","author":"x\x00","body":"y","link_id":"t3_1","parent_id":"t3_1","created_utc":1500000000}',
    b'{"id":"n7","author":"\xff","body":"y","link_id":"t3_1","parent_id":"t3_1","created_utc":1500000000}',
    b'{"id":["n8"],"author":{},"body":3,"link_id":"t3_1","parent_id":7,"created_utc":1500000000}',
    b"\x00\x00\x00",
]


def test_hostile_lines_are_counted_and_listed_and_end_nothing(bring_in, tmp_path):
    good = json.loads((FIXTURES / "reddit_small" / "RC_small.ndjson").read_bytes().splitlines()[0])
    odd = [
        good | {"id": "odd1", "body": "half a pair \ud800 and a \x00 zero", "score": 10**30},
        good | {"id": "odd2", "author": "\udfffname", "score": True},
        good | {"id": "odd3", "_meta": {"removal_type": ["a", {}]}, "removed_by_category": 3},
    ]
    path = tmp_path / "RC_hostile.ndjson"
    content = [json.dumps(each).encode() for each in odd] + HOSTILE
    path.write_bytes(b"\n".join(content) + b"\n" + b"z" * (MAX_LINE + 5) + b"\n" + json.dumps(good).encode())
    report = bring_in("reddit", path)
    assert report.posts == 4 and report.bad_lines == len(HOSTILE) + 1
    with report.bad_lines_file.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["line"]) for row in rows] == list(range(4, len(HOSTILE) + 5))
    assert {row["reason"] for row in rows} >= {
        "nested too deeply",
        "not UTF-8",
        "not JSON",
        "longer than 16 MiB",
    }
    posts = pl.read_parquet(report.posts_file)
    assert posts["text"][0] == "half a pair ? and a  zero" and posts["score"].null_count() >= 2


def fields(value, path=()):
    """The places of all values inside a JSON value."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inside:
        yield from fields(each, (*path, key))


def changed(value, path, new):
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = changed(copy[path[0]], path[1:], new)
    return copy


MASTODON = {
    "id": "1",
    "uri": "https://a.example/users/ann/statuses/1",
    "created_at": "2020-01-01T00:00:00Z",
    "account": {
        "acct": "ann",
        "username": "ann",
        "display_name": "Ann",
        "url": "https://a.example/@ann",
        "bot": False,
    },
    "content": "<p>hi</p>",
    "visibility": "public",
    "spoiler_text": "",
    "in_reply_to_id": None,
    "reblog": None,
}
OUTBOX = {
    "orderedItems": [
        {
            "type": "Create",
            "actor": "https://a.example/users/ann",
            "object": {
                "id": "n1",
                "type": "Note",
                "to": ["https://www.w3.org/ns/activitystreams#Public"],
                "published": "2020-01-01T00:00:00Z",
                "content": "hi",
                "inReplyTo": None,
            },
        },
        {"type": "Delete", "object": {"id": "n0"}},
    ]
}
THREAD = {
    "thread": {
        "post": {
            "uri": "at://did:plc:a/app.bsky.feed.post/1",
            "author": {"did": "did:plc:a", "handle": "ann.example", "displayName": "Ann"},
            "record": {
                "text": "hi @bob",
                "createdAt": "2020-01-01T00:00:00Z",
                "facets": [{"index": {"byteStart": 3, "byteEnd": 7}, "features": [{"did": "did:plc:b"}]}],
                "reply": {"root": {"uri": "at://x"}, "parent": {"uri": "at://x"}},
            },
            "labels": [{"src": "did:plc:l", "val": "!hide", "cts": "2020-01-01T00:05:00Z"}],
            "indexedAt": "2020-01-01T00:00:01Z",
        },
        "replies": [{"notFound": True, "uri": "at://gone"}],
    }
}
JETSTREAM = {
    "did": "did:plc:a",
    "time_us": 1_577_836_800_000_000,
    "kind": "commit",
    "commit": {
        "operation": "create",
        "collection": "app.bsky.feed.post",
        "rkey": "1",
        "record": {"text": "hi", "createdAt": "2020-01-01T00:00:00Z"},
    },
}
TOPIC = {
    "id": 1,
    "title": "A topic",
    "deleted_at": None,
    "post_stream": {
        "posts": [
            {
                "id": 11,
                "username": "ann",
                "name": "Ann",
                "created_at": "2020-01-01T00:00:00Z",
                "cooked": "<p>hi</p>",
                "raw": "hi",
                "post_number": 1,
                "post_type": 1,
                "reply_to_post_number": None,
                "actions_summary": [{"id": 2, "count": 3}],
                "deleted_by": {"username": "bob"},
                "deleted_at": None,
            }
        ],
        "stream": [11],
    },
}
COMMENT = json.loads((FIXTURES / "reddit_small" / "RC_small.ndjson").read_bytes().splitlines()[0])
SHAPES = {
    "mastodon": (read_mastodon, MASTODON),
    "outbox": (read_mastodon, OUTBOX),
    "bluesky": (read_bluesky, THREAD),
    "jetstream": (read_bluesky, JETSTREAM),
    "discourse": (read_discourse, TOPIC),
    "convokit": (read_convokit, UTTERANCE | {"meta": {"score": 1}}),
    "reddit": (read_reddit, COMMENT | {"_meta": {"removal_type": None}, "banned_at_utc": 1_500_000_000}),
}
ODD = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        10**40,
        1.5,
        float("nan"),
        float("inf"),
        "",
        "x",
        "\ud800",
        "9" * 400,
        [],
        [[]],
        [None],
        {},
        {"a": 1},
    ]
    + ["0000-00-00T00:00:00Z", "9999-12-31T23:59:59+23:59", "<p><aside class=quote>", [{"a": []}, 3]]
)


@pytest.mark.parametrize("shape", SHAPES)
@given(data=st.data())
@settings(max_examples=60)
def test_no_value_in_any_field_ends_an_import(tmp_path, shape, data):
    read, good = SHAPES[shape]
    bad = good
    for _ in range(data.draw(st.integers(1, 3))):
        bad = changed(bad, data.draw(st.sampled_from(list(fields(bad)))), data.draw(ODD))
    path = tmp_path / "record.ndjson"
    path.write_text("\n".join(map(json.dumps, (bad, good))), encoding="utf-8")
    into = Collector(tmp_path, lambda texts: ["civil"] * len(texts), 10**9)
    read(path, into)
    record = into.record()
    assert record.facts.height >= 1 and record.facts["time"].is_finite().all()
    into.texts.close()


def test_a_table_in_parquet_is_read_piece_by_piece_within_the_limit(bring_in, tmp_path):
    rows = pl.DataFrame(
        {"id": range(60_000), "up": [None] * 60_000, "who": "ann", "at": range(60_000), "say": "hello there"}
    )
    rows.write_parquet(tmp_path / "p.parquet")
    mapping = parse_mapping("id=id,parent=up,author=who,minute=at,text=say")
    assert bring_in("table", tmp_path / "p.parquet", mapping=mapping).posts == 60_000
    with pytest.raises(ValueError, match="--max-bytes"):
        bring_in("table", tmp_path / "p.parquet", "small", mapping=mapping, max_bytes=100_000)
    packed = tmp_path / "p.parquet.gz"
    packed.write_bytes(gzip.compress((tmp_path / "p.parquet").read_bytes()))
    with pytest.raises(ValueError, match="packed once more"):
        bring_in("table", packed, mapping=mapping)


def test_texts_of_posts_out_of_order_end_with_their_posts(bring_in, tmp_path, monkeypatch):
    from windtunnel.analysis.importers.imported import written
    from windtunnel.analysis.importers.posts import gathering

    monkeypatch.setattr(gathering, "CHUNK_POSTS", 7)
    monkeypatch.setattr(written, "BUCKET", 5)
    times = [(index * 37) % 101 for index in range(101)]
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(("id", "parent", "who", "minute", "text"))
    writer.writerows((f"p{time}", "", "ann", time, f"number {time}" if time % 4 else "") for time in times)
    path = tmp_path / "shuffled.csv"
    path.write_text(buffer.getvalue())
    mapping = parse_mapping("id=id,parent=parent,author=who,minute=minute,text=text")
    posts = pl.read_parquet(bring_in("table", path, mapping=mapping).posts_file)
    assert posts["minute"].to_list() == list(range(101))
    assert posts["text"].to_list() == [f"number {time}" if time % 4 else None for time in range(101)]
