"""Tones set by hand in odd files: each gives the labels that it holds, or one sentence, and then nothing is written."""

import polars as pl
import pytest

from windtunnel.analysis.importers import import_corpus

MAPPING = {role: role for role in ("id", "parent", "author", "time", "text")}
ROWS = [
    {
        "id": f"a{at}",
        "parent": None if at == 0 else "a0",
        "author": f"w{at % 5}",
        "time": 1_600_000_000 + 600 * at,
        "text": f"Thanks for the answer, number {at}.",
    }
    for at in range(8)
]


def bring(place, content, **more):
    pl.DataFrame(ROWS).write_csv(place / "posts.csv")
    (place / "labels.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    files = {"mapping": MAPPING, "key_file": place / "key", "reader": "words"}
    return import_corpus(
        "table", place / "posts.csv", place / "mine", labels=place / "labels.csv", **files, **more
    )


def by_hand(place):
    names = dict(enumerate((row["id"] for row in ROWS), 1))
    posts = pl.read_parquet(place / "mine" / "posts.parquet").filter("labelled")
    return {names[post]: tone for post, tone in posts.select("post", "tone").iter_rows()}


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfpost,tone\na1,hostile\na2,civil\n",
        "post,tone\na1,hostile\na2,civil\n".encode("utf-16"),
        "post;tone\r\na1;hostile\r\na2;civil\r\n",
        " Post ,TONE\na1,HOSTILE\na2, Civil \n",
        "post,tone,heated,hostile\na1,hostile,0.2,1.9\na2,civil,,\n",
        "post,tone\na1,hostile\na2,civil\na2,civil\n",
        "post,tone\na1,hostile\na2,\na3,0.93\n,civil\na4,rude\nzz,civil\na2,civil\n",
    ],
)
def test_what_can_be_used_is_used(tmp_path, content):
    report = bring(tmp_path, content)
    assert by_hand(tmp_path) == {"a1": "hostile", "a2": "civil"}
    assert not any("two labels" in said for said in report.sentences)


def test_of_two_labels_the_later_counts_and_that_is_said(tmp_path):
    report = bring(tmp_path, "post,tone\na1,hostile\na1,civil\na2,heated\na2,civil\na2,civil\n")
    assert by_hand(tmp_path) == {"a1": "civil", "a2": "civil"}
    assert any("2 posts have two labels that differ in --labels" in said for said in report.sentences)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("post,tone\n", "has no label that can be used: it has no rows; give"),
        (
            "post,tone\na1,rude\na2,0.7\n,civil\n",
            "2 × a tone that is none of civil, heated, hostile; 1 × no post",
        ),
        ("post,heated,hostile\na1,0.2,0.9\n", "has the columns post, heated, hostile; give a table of tones"),
        (
            "post,tone\nzz,civil\nyy,civil\n",
            "of another record: none of its 2 labels is for a post of this one",
        ),
    ],
)
def test_what_holds_no_label_of_this_record_is_one_sentence(tmp_path, content, said):
    with pytest.raises(ValueError, match=said) as told:
        bring(tmp_path, content)
    assert "\n" not in str(told.value) and not (tmp_path / "mine").exists()
