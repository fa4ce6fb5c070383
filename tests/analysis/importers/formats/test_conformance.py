"""Three conversations in seven formats come in as the same posts, which are those of the truth file."""

import csv
import re
from datetime import datetime

import polars as pl
import pytest

from windtunnel.analysis.importers import import_corpus

SOURCES = {
    "reddit": ("reddit", ""),
    "convokit": ("convokit", "convokit"),
    "discourse": ("discourse", "discourse"),
    "mastodon statuses": ("mastodon", "mastodon-statuses.ndjson"),
    "mastodon outbox": ("mastodon", "activitystreams-outbox.json"),
    "bluesky threads": ("bluesky", "bluesky-getPostThread.json"),
    "bluesky jetstream": ("bluesky", "bluesky-jetstream.ndjson"),
}
BLUESKY_CHARACTERS = 300


@pytest.fixture(scope="module")
def truth(shared):
    with (shared / "data/fixtures-one-corpus-many-formats/truth.csv").open(
        newline="", encoding="utf-8"
    ) as file:
        return sorted(csv.DictReader(file), key=lambda row: row["created_at"])


@pytest.fixture(scope="module")
def bring_in(shared, tmp_path_factory):
    place = tmp_path_factory.mktemp("formats")

    def bring_in(source):
        format, path = SOURCES[source]
        report = import_corpus(
            format,
            shared / "data/fixtures-one-corpus-many-formats" / path,
            place / source,
            key_file=place / "key",
        )
        assert report.bad_lines == 0 and report.acts == {}
        return pl.read_parquet(report.posts_file)

    return bring_in


@pytest.mark.parametrize("source", SOURCES)
def test_each_format_gives_the_truth_up_to_its_own_loss(bring_in, truth, source):
    posts = bring_in(source)
    number = {row["post_id"]: index for index, row in enumerate(truth, 1)}
    start = datetime.fromisoformat(truth[0]["created_at"])
    assert posts["parent"].to_list() == [number.get(row["parent_id"]) for row in truth]
    assert posts["kind"].to_list() == ["reply" if row["parent_id"] else "thread" for row in truth]
    assert posts["minute"].to_list() == [
        (datetime.fromisoformat(row["created_at"]) - start).total_seconds() // 60 for row in truth
    ]
    names = dict(zip((row["author"] for row in truth), posts["author"], strict=True))
    assert len(set(names.values())) == len(names) == posts["author"].n_unique(), "a bijection"
    assert posts["author"].to_list() == [names[row["author"]] for row in truth]
    threads = dict(zip((row["conversation_id"] for row in truth), posts["thread"], strict=True))
    assert posts["thread"].to_list() == [threads[row["conversation_id"]] for row in truth]
    assert len(set(threads.values())) == 3
    # Jetstream has no handles, so whom an @name means cannot be known there.
    called = {name: "<name>" for name in names} if source == "bluesky jetstream" else names
    for row, text in zip(truth, posts["text"], strict=True):
        said = row["text"][:BLUESKY_CHARACTERS].strip() if "bluesky" in source else row["text"]
        expected = re.sub(r"\b(u\d+)\b", lambda match: called.get(match[1], match[1]), said)
        expected = re.sub(r"@u\d{4}\b", "@<name>", expected)  # who wrote nothing here
        assert plain_of(text) == plain_of(expected)


def plain_of(text):
    """Both sides without addresses, which the import and the truth's own pseudonyms mark differently."""
    return re.sub(r"<(?:url|ip|email)>\S*|\S*(?:https?://|www\.)\S*", "<address>", text)


def test_the_same_texts_have_the_same_tones_in_every_format(bring_in):
    tones = {source: bring_in(source)["tone"].to_list() for source in SOURCES if "bluesky" not in source}
    assert len({tuple(each) for each in tones.values()}) == 1
