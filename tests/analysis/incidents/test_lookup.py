"""A thread is found by what people know of it; without the key, or in an older folder, one sentence says so."""

import json

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.importers.imported.addresses import ids_in
from windtunnel.analysis.incidents.forum.lookup import find, resolve, titles_of

START = 1_704_412_800  # 2024-01-05 00:00 UTC


@pytest.fixture(scope="module")
def reddit(tmp_path_factory):
    """Three submissions on two days, with comments; the key lies in the folder's own place."""
    place = tmp_path_factory.mktemp("reddit")
    titles = {"x1": "Bike lanes in winter", "y2": "Bike thefts", "z3": "Saddles"}
    posts = [
        {
            "id": name,
            "author": f"Asker{at}",
            "title": title,
            "selftext": "text",
            "created_utc": START + at * 50_000,
        }
        for at, (name, title) in enumerate(titles.items())
    ]
    comments = [
        {
            "id": f"c{at}",
            "author": "Bobby" if at % 2 else "Cidric",
            "body": f"fuck you {at}",
            "link_id": "t3_x1",
        }
        | {"parent_id": "t3_x1" if at == 0 else f"t1_c{at - 1}", "created_utc": START + 60 * (at + 1)}
        for at in range(8)
    ]
    comments.append(comments[0] | {"id": "d", "author": "Bobby", "link_id": "t3_z3", "parent_id": "t3_z3"})
    for name, rows in (("RS_x", posts), ("RC_x", comments)):
        (place / name).write_text("\n".join(map(json.dumps, rows)))
    import_corpus(
        "reddit", place, place / "out", key_file=place / ".windtunnel" / "pseudonym.key", reader="words"
    )
    return place / "out"


@pytest.fixture
def home(reddit, monkeypatch):
    monkeypatch.chdir(reddit.parent)
    return reddit


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("https://www.reddit.com/r/bikes/comments/x1/bike_lanes/", "thread:1"),
        ("https://old.reddit.com/r/bikes/comments/x1/bike_lanes/c3/?context=3", "post:5"),
        ("https://redd.it/y2", "thread:3"),
        ("source:x1", "thread:1"),
        ("source:t1_c0", "post:2"),
        ("title:bike lanes", "thread:1"),
        ("title:SADDLES", "thread:2"),
        ("date:2024-01-06", "thread:2"),
    ],
)
def test_one_thread_or_post_is_found(home, name, place):
    rows = pl.read_parquet(home / "posts.parquet")
    words = {1: "Bike lanes", 2: "Saddles", 3: "Bike thefts"}
    named = {
        thread: rows.filter((pl.col("thread") == thread) & (pl.col("kind") == "thread"))["text"][0]
        for thread in rows["thread"].unique().to_list()
    }
    numbers = {
        number: next(t for t, text in named.items() if text.startswith(word))
        for number, word in words.items()
    }
    kind, _, number = place.partition(":")
    if kind == "thread":
        assert resolve(home, name) == f"thread:{numbers[int(number)]}"
    else:
        text = rows.filter(post=int(resolve(home, name).removeprefix("post:")))["text"][0]
        assert text == {"post:5": "fuck you 3", "post:2": "fuck you 0"}[place]


def test_several_are_named_and_a_member_across_threads_is_refused_with_the_reason(home):
    with pytest.raises(ValueError, match="2 threads fit 'title:bike'.*thread:.*“Bike"):
        resolve(home, "title:bike")
    with pytest.raises(
        ValueError, match="lived again thread by thread: ask about one of the threads .*thread:"
    ):
        resolve(home, "author:bobby")
    assert {one.posts for one in find(home, "author:Bobby")} == {4, 1}
    assert sorted(titles_of(home).values()) == ["Bike lanes in winter", "Bike thefts", "Saddles"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("source:nope", "no thread and no post"),
        ("https://www.reddit.com/r/x/comments/q9/t/", "no thread and no post"),
        ("title:submarine", "no thread in .* has a title"),
        ("author:Nobody", "nobody in .* bears the name"),
        ("date:2020-01-01", "nothing was written"),
        ("date:yesterday", "is no date"),
        ("date:2024-13-01", "is no day that there is"),
    ],
)
def test_what_is_not_there_is_said(home, name, said):
    with pytest.raises(ValueError, match=said):
        find(home, name)


def test_without_the_key_only_dates_and_numbers_can_be_asked(reddit, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("source:x1", "title:bike", "author:Bobby", "https://redd.it/x1"):
        with pytest.raises(ValueError, match="there is no key"):
            find(reddit, name)
    assert len(find(reddit, "date:2024-01-06")) == 1


def test_an_older_folder_is_told_what_to_do(reddit, tmp_path, monkeypatch):
    old = tmp_path / "old"
    old.mkdir()
    for name in ("posts.parquet", "identities.parquet"):
        (old / name).write_bytes((reddit / name).read_bytes())
    about = json.loads((reddit / "import.json").read_text())
    del about["start"]
    (old / "import.json").write_text(json.dumps(about))
    monkeypatch.chdir(reddit.parent)
    with pytest.raises(ValueError, match="imported by an earlier version: import the record again"):
        find(old, "title:bike")
    with pytest.raises(ValueError, match="does not say when its record began.*as 'day 12'"):
        find(old, "date:2024-01-05")
    assert len(find(old, "date:day 2")) == 1


def test_why_asks_about_an_address_and_at_a_date(home, capsys):
    words = [
        "why",
        str(home),
        "https://www.reddit.com/r/b/comments/x1/t/",
        "--lock",
        "--at",
        "2024-01-05T00:03",
    ]
    assert main([*words, "--replicates", "2", "--sensitivity", "0", "--json"]) == 0
    said = capsys.readouterr()
    assert "is thread:1" in said.err and json.loads(said.out)["at"] == 3


def test_a_run_is_asked_about_by_number(tmp_path, capsys):
    (tmp_path / "manifest.json").write_text("{}")
    assert main(["why", str(tmp_path), "title:bike", "--lock"]) == 2
    assert "a run's threads are asked about by number" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("address", "format", "ids"),
    [
        ("https://bicycles.meta.stackexchange.com/questions/12/a-title", "stackexchange", ["p12"]),
        (
            "https://bicycles.meta.stackexchange.com/questions/12/a-title/34#34",
            "stackexchange",
            ["p34", "p12"],
        ),
        ("https://x.stackexchange.com/a/34", "stackexchange", ["p34"]),
        ("https://x.stackexchange.com/questions/12/t#comment56_34", "stackexchange", ["c56", "p12"]),
        ("https://meta.discourse.org/t/a-slug/77/5", "discourse", ["topic 77 post 5", "topic 77"]),
        ("https://mastodon.social/@a/123", "mastodon", ["123"]),
        (
            "https://bsky.app/profile/did:plc:a/post/3k",
            "bluesky",
            ["at://did:plc:a/app.bsky.feed.post/3k", "/app.bsky.feed.post/3k"],
        ),
        ("https://forum.example/threads/88#p9", "table", ["p9", "88", "threads"]),
    ],
)
def test_addresses_of_each_platform(address, format, ids):
    assert ids_in(address, format)[: len(ids)] == ids
