"""Whatever is in a file, an import ends well or with one sentence, writes in its folder alone, and runs nothing."""

import bz2
import json
import random
import sys
import tracemalloc

import polars as pl
import pytest

from tests.analysis.importers.small_table import UTTERANCE
from windtunnel.analysis.importers import import_corpus, parse_mapping
from windtunnel.analysis.importers.files.lines import blocks
from windtunnel.analysis.importers.text.markup import words_of

TABLE = parse_mapping("id=id,parent=parent,author=who,time=at,text=say")
POST = {"id": "../../etc/x", "parent": "", "who": "/etc/passwd", "at": "2020-01-01", "say": "hi ../../../x"}
STATUS = {"id": "1", "created_at": "2020-01-01T00:00:00Z", "account": {"acct": "ann"}, "content": "<p>hi</p>"}
TOPIC = {
    "id": 1,
    "title": "T",
    "post_stream": {
        "posts": [
            {
                "id": 1,
                "username": "ann",
                "created_at": "2020-01-01T00:00:00Z",
                "cooked": "hi",
                "post_number": 1,
            }
        ]
    },
}
THREAD = {
    "thread": {
        "post": {
            "uri": "at://did:plc:a/p/1",
            "author": {"did": "did:plc:a"},
            "record": {"text": "hi", "createdAt": "2020-01-01T00:00:00Z"},
        }
    }
}
COMMENT = {
    "id": "../a",
    "author": "ann",
    "body": "hi",
    "link_id": "t3_x",
    "parent_id": "t3_x",
    "created_utc": 1_500_000_000,
}
ROW = '<posts>\n<row Id="1" PostTypeId="1" CreationDate="2020-01-01T00:00:00" OwnerUserId="1" Body="&lt;p&gt;hi" />\n'
SOURCES = {
    "reddit": ("RC_x.ndjson", json.dumps(COMMENT)),
    "convokit": ("utterances.jsonl", json.dumps(UTTERANCE)),
    "table": ("posts.ndjson", json.dumps(POST)),
    "discourse": ("topic.json", json.dumps(TOPIC)),
    "stackexchange": ("Posts.xml", ROW + ROW.splitlines()[1].replace('"1"', '"2"', 1) + "\n</posts>"),
    "mastodon": ("statuses.ndjson", json.dumps(STATUS)),
    "bluesky": ("thread.json", json.dumps(THREAD)),
}
INSERTED = [
    b"\x00",
    b"\xff\xfe",
    b'"',
    b"{",
    b"[" * 3_000,
    b"}" * 50,
    b"\n",
    b"\\ud800",
    b"NaN",
    b"-1e999",
    b"9" * 5_000,
] + [b"null", b"true", b"[]", b"{}", b"&#99999999999;", b"<!--", b"<script>", b"]]>", b"../../", b"<" * 500]


def mutated(content: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(content) + 1), rng.randint(0, 12)
        kind = rng.randrange(4)
        middle = rng.choice(INSERTED) if kind < 2 else rng.randbytes(length) if kind == 2 else b""
        content = content[:at] + middle + content[at + length :]
    return content


@pytest.mark.parametrize("format", SOURCES)
def test_no_bytes_end_an_import_but_in_one_sentence_and_none_is_written_elsewhere(tmp_path, tree, format):
    rng, name = random.Random(f"hostile {format}"), SOURCES[format][0]
    good = SOURCES[format][1].encode()
    ended = {"well": 0, "refused": 0}
    options = {"mapping": TABLE} if format == "table" else {}
    (tmp_path / "key").write_text("ab" * 32)
    for number in range(80):
        content = rng.randbytes(200) if number % 20 == 0 else mutated(good, rng)
        (tmp_path / name).write_bytes(good + b"\n" + content if number % 3 == 0 else content)
        before = tree(tmp_path)
        try:
            report = import_corpus(
                format, tmp_path / name, tmp_path / "out", key_file=tmp_path / "key", **options
            )
        except ValueError as error:
            ended["refused"] += 1
            assert type(error) is ValueError and str(error) and "Traceback" not in str(error)
        else:
            ended["well"] += 1
            assert pl.read_parquet(report.posts_file)["post"].null_count() == 0
        assert tree(tmp_path) == before
    assert ended["well"] and ended["refused"], ended


@pytest.mark.parametrize("format", SOURCES)
def test_deep_nesting_is_a_fault_and_no_crash(tmp_path, format):
    name, good = SOURCES[format]
    if not name.endswith("ndjson"):
        pytest.skip("not in lines")
    deep = ["[" * depth + "]" * depth for depth in (900, 5_000, 200_000)]
    (tmp_path / name).write_text("\n".join([*deep, good]))
    options = {"mapping": TABLE} if format == "table" else {}
    report = import_corpus(format, tmp_path / name, tmp_path / "out", key_file=tmp_path / "key", **options)
    assert report.posts == 1


def test_lists_in_lists_in_discourse_are_faults(tmp_path):
    (tmp_path / "t.ndjson").write_text("\n".join(["[" * 900 + "]" * 900, "[1, " + json.dumps(TOPIC) + "]"]))
    report = import_corpus("discourse", tmp_path / "t.ndjson", tmp_path / "out", key_file=tmp_path / "key")
    assert report.posts == 1 and report.bad_lines == 2


def test_no_pickle_is_opened(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "utterances.jsonl").write_text(json.dumps(UTTERANCE))
    (folder / "info-bin.p").write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    opened = []
    watching = [True]

    def audit(event, arguments):
        if watching[0] and event in ("open", "pickle.find_class") and ".p" in str(arguments[0])[-2:]:
            opened.append(arguments)

    sys.addaudithook(audit)
    report = import_corpus("convokit", folder, tmp_path / "out", key_file=tmp_path / "key")
    watching[0] = False
    assert opened == [] and any("left unopened" in each for each in report.sentences)


def test_a_link_in_the_folder_is_not_followed_out_of_it(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    for name in ("posts.parquet", "import.json", "identities.parquet", "bad_lines.csv"):
        (out / f"{name}.partial").symlink_to(victim)
        (out / name).symlink_to(victim)
    (tmp_path / "RC_x").write_text(json.dumps(COMMENT) + "\n{")
    import_corpus("reddit", tmp_path / "RC_x", out, key_file=tmp_path / "key")
    assert victim.read_text() == "mine" and not (out / "posts.parquet").is_symlink()


def test_a_gigabyte_in_700_bytes_of_bzip2_is_never_held(tmp_path):
    packer = bz2.BZ2Compressor()
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(500)) + packer.flush()
    (tmp_path / "bomb.bz2").write_bytes(packed)
    assert len(packed) < 2_000
    tracemalloc.start()
    with pytest.raises(ValueError, match="decompression bomb"):
        for _ in blocks(tmp_path / "bomb.bz2"):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "piece", ["<a ", "<x/", "<a b='", "<!--", "</", "&#", "<script></scr", " ", "<p x=\"'>"]
)
def test_a_megabyte_of_broken_html_is_read_in_seconds(piece):
    assert isinstance(words_of(piece * (10**6 // len(piece)) + "<b>"), str)


def test_a_table_has_days_with_minutes_and_chooses_rows(tmp_path):
    rows = [
        ("a", "", "x", "2020-01-01", 5, "one"),
        ("b", "a", "y", "2020-01-02", 4, "one"),
        ("c", "", "z", "", 1, "two"),
    ]
    pl.DataFrame(rows, schema=["id", "up", "who", "date", "minute", "room"], orient="row").write_csv(
        tmp_path / "t.csv"
    )
    mapping = parse_mapping("id=id,parent=up,author=who,day=date,minute=minute")
    options = {"mapping": mapping, "key_file": tmp_path / "key"}
    report = import_corpus("table", tmp_path / "t.csv", tmp_path / "out", where={"room": "one"}, **options)
    assert report.bad_lines == 0 and any("1 row was not chosen" in each for each in report.sentences)
    assert pl.read_parquet(report.posts_file)["minute"].to_list() == [0, 1439]
    with pytest.raises(ValueError, match="no row with room=three"):
        import_corpus("table", tmp_path / "t.csv", tmp_path / "o", where={"room": "three"}, **options)
    with pytest.raises(ValueError, match="no column 'rom'"):
        import_corpus("table", tmp_path / "t.csv", tmp_path / "o", where={"rom": "one"}, **options)
