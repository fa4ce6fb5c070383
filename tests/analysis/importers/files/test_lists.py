"""Whatever is in a list of labels or of moderators' acts, or in a table: rows counted and listed, or one sentence."""

import csv
import io
import json
import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from windtunnel.analysis.importers import import_corpus, parse_mapping
from windtunnel.analysis.importers.files.lines import MAX_RATIO, RATIO_FROM
from windtunnel.analysis.importers.files.parquet_weight import weight
from windtunnel.analysis.importers.files.sheets import columns_of, sheet_rows

MAPPING = parse_mapping("id=id,parent=parent,author=who,time=at,text=say")
POSTS = "id,parent,who,at,say\na,,Ann,1600000000,Thanks.\nb,a,Bob,1600000060,You idiot.\nc,b,Ann,1600000120,Well.\n"
COLUMNS = {
    "labels": ["post", "tone"],
    "mod_log": ["act", "post", "thread", "member", "time", "minute", "actor"],
    "table": ["id", "parent", "who", "at", "say"],
}
FAMILIAR = [
    "a",
    "b",
    "c",
    "Ann",
    "civil",
    "hostile",
    "lock",
    "ban",
    "1600000060",
    "2020-09-13",
    "",
    "-1e308",
    "nan",
    "=1+1",
]
CELLS = (
    st.sampled_from(FAMILIAR) | st.text(max_size=8) | st.from_regex(r"[0-9a-f\-:T+.]{1,30}", fullmatch=True)
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | CELLS | st.sampled_from([10**400, -(10**18)]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(CELLS, inner, max_size=3),
    max_leaves=5,
)


def as_csv(rows: list[list[str]]) -> bytes:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue().encode("utf-8", "surrogatepass")


def contents(columns: list[str]) -> st.SearchStrategy[tuple[str, bytes]]:
    """Names and contents of files: any bytes, and tables with the right columns but any cells."""
    header = b",".join(name.encode() for name in columns) + b"\n"
    ends = st.sampled_from([".csv", ".tsv", ".ndjson", ".parquet", ""])
    cells = st.lists(st.lists(CELLS, min_size=len(columns) - 1, max_size=len(columns) + 1), max_size=6)
    records = st.lists(st.dictionaries(st.sampled_from(columns), VALUES), max_size=6)
    return st.one_of(
        st.tuples(ends, st.binary(max_size=200)),
        st.tuples(st.just(".csv"), st.binary(max_size=200).map(lambda tail: header + tail)),
        st.tuples(st.just(".csv"), cells.map(lambda rows: as_csv([columns, *rows]))),
        st.tuples(st.just(".csv"), st.lists(st.lists(CELLS, max_size=3), max_size=3).map(as_csv)),
        st.tuples(st.just(".ndjson"), records.map(lambda rows: "\n".join(map(json.dumps, rows)).encode())),
    )


@st.composite
def damaged_parquet(draw: st.DrawFn, columns: list[str]) -> tuple[str, bytes]:
    """A good file with a few bytes of it changed, most often in its footer."""
    file = io.BytesIO()
    pl.DataFrame({name: ["a", "b", "civil"] * 20 for name in columns}).write_parquet(file)
    content = bytearray(file.getvalue())
    for _ in range(draw(st.integers(1, 4))):
        content[-draw(st.integers(1, len(content)))] = draw(st.integers(0, 255))
    return ".parquet", bytes(content[: draw(st.integers(len(content) - 2, len(content)))])


@pytest.mark.parametrize("what", COLUMNS)
@given(data=st.data())
@settings(max_examples=60)
def test_any_list_ends_in_rows_counted_and_listed_or_in_one_sentence(tmp_path, tree, what, data):
    (tmp_path / "key").write_text("ab" * 32)
    (tmp_path / "posts.csv").write_text(POSTS)
    ending, content = data.draw(st.one_of(contents(COLUMNS[what]), damaged_parquet(COLUMNS[what])))
    path = tmp_path / f"given{ending}"
    path.write_bytes(content)
    before = tree(tmp_path)
    options = {} if what == "table" else {what: path}
    source = path if what == "table" else tmp_path / "posts.csv"
    try:
        report = import_corpus(
            "table", source, tmp_path / "out", mapping=MAPPING, key_file=tmp_path / "key", **options
        )
    except ValueError as error:
        assert type(error) is ValueError and str(error) and "\n" not in str(error)
    else:
        listed = pl.read_csv(report.bad_lines_file).height if report.bad_lines_file else 0
        assert report.bad_lines == listed == sum(report.bad_reasons.values())
        assert what == "table" or report.posts == 3
    assert tree(tmp_path) == before
    path.unlink()


def test_a_name_with_a_line_end_inside_a_value_breaks_no_sentence(tmp_path):
    (tmp_path / "posts.csv").write_text(POSTS)
    (tmp_path / "labels.ndjson").write_text('{"post": null, "tone": null}\n{"post": {"\\n": null}}')
    with pytest.raises(ValueError, match="map one of post.") as told:
        import_corpus("table", tmp_path / "posts.csv", tmp_path / "out", mapping=MAPPING, labels=tmp_path / "labels.ndjson",
                      key_file=tmp_path / "key")  # fmt: skip
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("content", [b"(\xb5/\xfd", b"\x1f\x8b\x08"])
def test_a_list_packed_and_broken_off_at_its_head_is_one_sentence(tmp_path, content):
    (tmp_path / "posts.csv").write_text(POSTS)
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(ValueError, match="labels.csv: .*(breaks off|not )"):
        import_corpus(
            "table",
            tmp_path / "posts.csv",
            tmp_path / "out",
            mapping=MAPPING,
            key_file=tmp_path / "key",
            labels=tmp_path / "labels.csv",
        )


def test_each_row_of_a_list_is_used_or_a_fault(tmp_path):
    (tmp_path / "posts.csv").write_text(POSTS)
    (tmp_path / "labels.csv").write_text("post,tone\na,civil\nb,rude\n,civil\nz,civil\nc\n")
    (tmp_path / "acts.csv").write_text(
        "act,post,time\nlock,a,1600000060\n,a,1\nwarn,a,yesterday\nban,z,1600000060\n"
    )
    report = import_corpus(
        "table",
        tmp_path / "posts.csv",
        tmp_path / "out",
        mapping=MAPPING,
        key_file=tmp_path / "key",
        labels=tmp_path / "labels.csv",
        mod_log=tmp_path / "acts.csv",
    )
    assert report.acts == {"lock": 1} and any(
        "1 act of moderators is about nothing" in each for each in report.sentences
    )
    assert report.bad_reasons == {
        "no act": 1,
        "time is neither a number of seconds nor an ISO date and time": 1,
        "a tone that is none of civil, heated, hostile": 1,
        "no post": 1,
        "1 cell where the header has 2": 1,
        "a label for a post that is not in the record": 1,
    }


def read(path, columns, max_bytes=50 * 10**9):
    return sum(1 for _ in sheet_rows(path, columns, max_bytes))


@pytest.mark.timeout(120)
def test_parquet_bombs_are_refused_before_they_unpack(tmp_path):
    path = tmp_path / "bomb.parquet"
    bombs = {
        "one text of a megabyte for each row": pl.DataFrame({"id": ["x" * 2**20] * 200}),
        "zeros": pl.DataFrame({"id": pl.zeros(2**25, pl.Int64, eager=True)}),
        "no values in very many rows": pl.DataFrame(
            {"id": pl.Series([None], dtype=pl.String).new_from_index(0, 2**27)}
        ),
    }
    for name, bomb in bombs.items():
        bomb.write_parquet(path)
        with pytest.raises(ValueError, match="decompression bomb"):
            read(path, ["id"])
        assert path.stat().st_size < 2**20, name
    pl.DataFrame({"id": [["a"]]}).write_parquet(path)
    with pytest.raises(ValueError, match="lists or structures in the column 'id'"):
        read(path, ["id"])


@pytest.mark.parametrize("compression", ["uncompressed", "snappy", "zstd", "gzip", "lz4"])
def test_the_weight_of_a_parquet_file_is_that_of_its_pages(tmp_path, compression):
    path, rows = tmp_path / "t.parquet", 30_000
    table = pl.DataFrame(
        {"id": range(rows), "say": [f"text {number}" for number in range(rows)], "other": 1.5}
    )
    table.write_parquet(path, compression=compression, row_group_size=10_000, data_page_size=20_000)
    both, one = weight(path, ["id", "say"]), weight(path, ["id"])
    assert both.rows == rows == one.rows
    assert 8 * rows <= one.unpacked < 9 * rows and one.unpacked < both.unpacked
    size = table.select("id", "say").write_parquet(tmp_path / "u.parquet", compression="uncompressed")
    assert size is None and 0.9 < both.unpacked / (tmp_path / "u.parquet").stat().st_size < 1.1
    assert weight(path, []) == (rows, 0) and RATIO_FROM > MAX_RATIO
    assert read(path, ["id", "say"]) == rows


def test_a_damaged_parquet_file_is_one_sentence_and_no_panic_of_the_reader_is_seen(tmp_path, capfd):
    path, rng = tmp_path / "t.parquet", random.Random(1)
    pl.DataFrame({"id": ["a", "b"] * 500, "at": range(1000)}).write_parquet(path, row_group_size=200)
    good, refused = path.read_bytes(), 0
    for _ in range(400):
        damaged = bytearray(good)
        for _ in range(rng.randint(1, 4)):
            damaged[-rng.randint(1, len(good) if rng.random() < 0.3 else 900)] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            columns_of(path, "a table", 10**9)
            read(path, ["id", "at"])
        except ValueError as error:
            refused += 1
            assert "\n" not in str(error)
    assert refused > 100 and capfd.readouterr().err == ""


@pytest.mark.parametrize("tail", [b"", b"PAR1", b"\xff\xff\xff\xffPAR1", b"\0" * 8 + b"PAR1"])
def test_a_footer_that_makes_no_sense_is_said_so(tmp_path, tail):
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1" + b"\0" * 20 + tail)
    with pytest.raises(ValueError, match="no sense"):
        weight(path, ["id"])
