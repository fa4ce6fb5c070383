"""Counts on real records against counts by hand, in polars and Python's own patterns on the source, not on the import."""

import re

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.causal.intervals import share
from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.rules.loading import WORDS, YAML, load, load_text
from windtunnel.analysis.rules.replaying import replay

HOSTILE = ("insulting", "vulgarity", "threat", "identity attack/name-calling")


def without_addresses(text):
    """An import takes them out."""
    return re.sub(r"https?://[^\s)\]]+", "", text or "")


def brought_in(place, path, mapping, **more):
    import_corpus(
        "table", path, place / "mine", mapping=mapping, key_file=place / "key", reader="words", **more
    )
    return place / "mine"


@pytest.fixture(scope="module")
def bikes(shared, tmp_path_factory):
    names = {"id": "post_id", "parent": "parent_id", "thread": "conversation_id", "author": "author"}
    names |= {"time": "created_at", "kind": "kind", "text": "text", "title": "title", "other_id": "source_id"}
    place, folder = tmp_path_factory.mktemp("bikes"), shared / "data" / "stackexchange-bicycles-meta"
    return brought_in(place, folder / "posts.parquet", names, mod_log=folder / "mod_events.parquet")


@pytest.fixture(scope="module")
def bikes_source(shared):
    return pl.read_parquet(shared / "data" / "stackexchange-bicycles-meta" / "posts.parquet").sort(
        "created_at"
    )


@pytest.fixture(scope="module")
def feminism(shared, tmp_path_factory):
    names = {"id": "post_id", "parent": "parent_id", "thread": "conversation_id", "author": "author"}
    names |= {"minute": "minute", "kind": "kind", "status": "status", "score": "score"}
    place = tmp_path_factory.mktemp("feminism")
    return brought_in(place, shared / "data" / "reddit-feminism-2017h2" / "posts.parquet", names)


@pytest.fixture(scope="module")
def feminism_source(shared):
    return pl.read_parquet(shared / "data" / "reddit-feminism-2017h2" / "posts.parquet").sort(
        "minute", maintain_order=True
    )


def test_a_list_of_words_on_bicycles_meta(bikes, bikes_source):
    words = ["helmet", "spam", "off topic", "brakes"]
    found = replay(load_text("\n".join(words), "x", WORDS), bikes)
    pattern = re.compile(rf"(?:^|\W|\b)({'|'.join(words)})(?:$|\W|\b)", re.IGNORECASE | re.DOTALL)
    whole = [
        f"{title or ''}\n{without_addresses(text)}"
        for title, text in bikes_source.select("title", "text").iter_rows()
    ]
    by_hand = sum(bool(pattern.search(text)) for text in whole)
    assert found.touched == by_hand > 100
    both = bikes_source.select(pl.concat_str(pl.col("title", "text").fill_null("")).str.strip_chars())
    assert found.unjudged == (both.to_series() == "").sum()
    assert sum(word.posts for word in found.words) == by_hand


def test_words_of_titles_and_of_comments_by_others_on_bicycles_meta(bikes, bikes_source):
    rule = "{title (includes): question, action: report}\n---\n{type: comment, body: ['should', must], author: {is_submitter: false}}"
    found = replay(load_text(rule, "x", YAML), bikes)
    opener = pl.col("kind").is_in(["question"])
    first = pl.col("author").filter(opener).first().over("conversation_id")
    rows = bikes_source.with_columns(first=first, opener=opener)
    titles = rows.filter("opener")["title"].str.to_lowercase()
    assert found.rules[0].posts == titles.str.contains("question", literal=True).sum() > 50
    others = rows.filter(~pl.col("opener") & (pl.col("author") != pl.col("first")))["text"].to_list()
    assert found.rules[1].posts == sum(
        bool(re.search(r"\b(should|must)\b", without_addresses(one), re.I)) for one in others
    )


def test_earlier_acts_of_moderators_on_bicycles_meta(bikes):
    """Authors whose posts moderators had removed before; by hand from the two tables, one post at a time."""
    found = replay(load_text("author: {removed_before: '> 0'}", "x", YAML), bikes)
    posts, acts = (pl.read_parquet(bikes / f"{name}.parquet") for name in ("posts", "moderation"))
    gone = acts.filter(pl.col("act") == "remove").join(posts.select("post", "author"), on="post")
    by_hand = posts.filter(
        pl.Series(
            [
                author is not None
                and bool(gone.filter(author=author).filter(pl.col("minute") < minute).height)
                for author, minute in posts.select("author", "minute").iter_rows()
            ]
        )
    )
    assert found.touches["post"].to_list() == by_hand["post"].to_list() != []


def test_labels_of_github_threads_give_the_precision_and_recall_of_a_list(shared, tmp_path):
    rows = pl.read_parquet(shared / "data" / "github-incivility" / "comments.parquet").with_row_index("id")
    tone = pl.when(pl.col("label").is_null()).then(pl.lit("civil"))
    tone = tone.when(pl.col("label").is_in(HOSTILE)).then(pl.lit("hostile")).otherwise(pl.lit("heated"))
    rows = rows.with_columns(tone=tone)
    rows.write_parquet(tmp_path / "github.parquet")
    names = {"id": "id", "thread": "issue_id", "text": "text", "tone": "tone"}
    out = brought_in(tmp_path, tmp_path / "github.parquet", names)
    words = ["stupid", "shit", "fuck", "fucking", "crap", "idiot", "ridiculous"]
    found = replay(load_text("\n".join(words), "x", WORDS), out)
    text = rows["text"].fill_null("").str.to_lowercase()
    hit = text.str.contains(rf"(?:^|\W|\b)(?:{'|'.join(words)})(?:$|\W|\b)")
    hostile, uncivil = rows["tone"] == "hostile", rows["tone"] != "civil"
    known = rows["text"].is_not_null() & (rows["text"].str.strip_chars() != "")
    assert found.touched == hit.sum() > 40 and found.periods == ()
    for one, true in zip(found.agreements, (hostile, uncivil), strict=True):
        assert (one.of, one.true, one.right) == (known.sum(), (true & known).sum(), (hit & true).sum())
        assert one.precision == share((true & known).to_numpy(), hit.to_numpy(), rows["issue_id"].to_numpy())
        assert one.recall.est == pytest.approx((hit & true).sum() / (true & known).sum())
        assert one.precision.low < one.precision.est < one.precision.high


def test_rate_depth_hour_and_earlier_posts_on_r_feminism(feminism, feminism_source):
    rule = "depth: '> 4'\n---\nauthor: {posts_last_hour: '> 2'}\n---\n{hour: [2, 3], author: {posts_before: 0}}\n---\nthread: {replies_before: '> 40'}"
    found = {one.rule: one.posts for one in replay(load_text(rule, "x", YAML), feminism).rules}
    table = feminism_source.with_row_index("at").with_columns(
        minute=pl.col("minute").cast(pl.Int64) - pl.col("minute").min()
    )
    above = dict(table.select("post_id", "parent_id").iter_rows())
    openers = set(table.filter(pl.col("parent_id").is_null() & (pl.col("kind") == "submission"))["post_id"])

    def depth(post):
        steps = 0
        while post is not None and post not in openers:
            post, steps = above.get(post), steps + 1
        return None if post is None else steps

    assert found["rule 1"] == sum((depth(post) or 0) > 4 for post in table["post_id"]) > 1000
    written = {}
    often = new_at_night = 0
    for author, minute in table.select("author", "minute").iter_rows():
        if author is None:
            continue
        mine = written.setdefault(author, [])
        often += sum(minute - one < 60 for one in mine[-200:]) > 2
        new_at_night += not mine and minute // 60 % 24 in (2, 3)
        mine.append(minute)
    assert (found["rule 2"], found["rule 3"]) == (often, new_at_night) and often > 500 < new_at_night
    replies = table.filter(pl.col("kind") != "submission")
    before = table.with_columns(
        n=(pl.col("kind") != "submission").cast(pl.Int64).cum_sum().over("conversation_id")
        - (pl.col("kind") != "submission").cast(pl.Int64)
    )
    assert found["rule 4"] == before.filter(pl.col("n") > 40).height and replies.height > 10_000


def test_removals_on_r_feminism_are_counted_among_posts_whose_author_is_known(feminism, feminism_source):
    found = replay(load("slow_mode", {"hours": 1}), feminism)
    last, held = {}, []
    for author, minute in feminism_source.select("author", "minute").iter_rows():
        hit = author is not None and minute - last.get(author, -100) < 60
        held.append(hit)
        if author is not None and not hit:
            last[author] = minute
    gone = (
        feminism_source["status"]
        .is_in(["removed_by_mods", "removed_or_deleted", "gone_link_post"])
        .to_numpy()
    )
    (one,) = found.agreements
    known = feminism_source["author"].is_not_null().to_numpy()
    assert found.touched == sum(held) and found.unjudged == (~known).sum() == one.unjudged
    assert (one.of, one.true) == (known.sum(), (gone & known).sum())
    assert one.right == (np.array(held) & gone).sum()


def test_tones_that_were_guessed_from_removals_are_no_field_of_a_policy(feminism):
    with pytest.raises(ValueError, match="guessed from removals and votes, which are known only afterwards"):
        replay(load("remove_hostile"), feminism)


def test_a_policy_counts_each_tone_with_its_chance(bikes):
    found = replay(load("remove_hostile", {"detection": 0.5, "heated": 0.25, "false_positive": 0.0}), bikes)
    tones = pl.read_parquet(bikes / "posts.parquet").drop_nulls("text")["tone"]
    by_hand = 0.5 * (tones == "hostile").sum() + 0.25 * (tones == "heated").sum()
    assert found.expected and found.touched == pytest.approx(by_hand) and by_hand > 5
