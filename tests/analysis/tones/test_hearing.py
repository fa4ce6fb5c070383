"""The tones of a whole record: who reads, what stays unread, and what goes into a profile."""

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.importers import import_corpus
from windtunnel.analysis.profile_fit.moderation import count_tones
from windtunnel.analysis.tones.hearing import ORDINARY, decided, heard_again, quick
from windtunnel.analysis.tones.proxy import proxy_name, proxy_tone, starting_score
from windtunnel.analysis.tones.registry import reader

MAPPING = {"id": "id", "parent": "parent", "author": "who", "time": "when", "text": "text"}
WORDS = {
    "a": "Who is here?",
    "b": "Du bist doch ein widerlicher Lügner, halt die Fresse.",
    "c": "I am gay.",
    "d": "You are a stupid, disgusting idiot, shut up and get lost.",
    "e": "> you stupid disgusting idiot\nPlease be kind.",
}


@pytest.fixture
def record(tmp_path):
    lines = [
        f'{name},{"" if name == "a" else "a"},w{name},{number},"{text}"'
        for number, (name, text) in enumerate(WORDS.items())
    ]
    path = tmp_path / "posts.csv"
    path.write_text("\n".join(["id,parent,who,when,text", *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("name", [None, "words", "english"])
def test_an_import_leaves_other_languages_unread_and_counts_them(record, tmp_path, name):
    report = import_corpus(
        "table", record, tmp_path / "out", mapping=MAPPING, key_file=tmp_path / "key", reader=name
    )
    posts = pl.read_parquet(report.posts_file)
    assert posts["tone"].to_list() == ["civil", None, "civil", "hostile", "civil"]
    assert any(note.startswith("1 post is in a language that no reader here reads") for note in report.notes)
    assert ("heated" in posts.columns) == (name != "words")
    assert ("english 4" in report.tone_source) == (name != "words")


def test_of_a_large_record_the_better_reader_reads_what_the_fast_one_suspects(record, tmp_path, monkeypatch):
    from windtunnel.analysis.tones import hearing

    record.write_text(record.read_text() + "f,a,wf,5,Fuck this driver; replace it and it works.\n")
    monkeypatch.setattr(hearing, "SMALL", 3)
    report = import_corpus("table", record, tmp_path / "out", mapping=MAPPING, key_file=tmp_path / "key")
    posts = pl.read_parquet(report.posts_file)
    assert posts["tone"].to_list() == ["civil", None, "civil", "hostile", "civil", "civil"]
    assert posts["heated"].is_not_null().to_list() == [False, False, False, True, False, True]
    assert "what it suspects read again by english 4" in report.tone_source


def test_a_reader_that_there_is_not_is_refused_before_the_record_is_read(tmp_path):
    with pytest.raises(ValueError, match="no reader of tones is called 'englisch'; there are"):
        import_corpus("table", tmp_path / "nowhere.csv", tmp_path / "out", mapping=MAPPING, reader="englisch")


def test_a_post_is_heated_or_hostile_from_even_odds_at_ordinary_shares():
    table = decided(np.array([[0.51, 0.3, 0.19], [0.49, 0.3, 0.21], [0.2, 0.1, 0.7], [np.nan] * 3]))
    assert table["tone"].to_list() == ["civil", "heated", "hostile", None]
    assert table["hostile"].to_list()[3] is None
    chunk = pl.DataFrame(
        {"text": ["Thanks a lot, that is very kind.", None, "You are a disgusting liar and an idiot."]}
    )
    found = heard_again([(10, chunk)], reader("english"))
    assert found["row"].to_list() == [10, 12] and found["tone"].to_list() == ["civil", "hostile"]
    assert found["heated"][0] + found["hostile"][0] < 1 - ORDINARY[0]


def test_the_fast_reader_drops_quotes_and_identity_only_where_its_rule_would_call_a_tone():
    texts = [
        "I am gay.",
        "My two mums are lesbians",
        "You gay idiot, shut up",
        "> you idiot, shut up\nThanks for asking",
    ]
    assert quick(texts) == ["civil", "civil", "hostile", "civil"]
    assert quick([]) == []


@pytest.mark.parametrize(("scores", "start"), [([0, 0, 1, 5], 0), ([1, 1, 0, 7], 1), ([3, 4], 1), ([], 1)])
def test_scores_are_read_against_the_score_that_posts_start_with(scores, start):
    rows = {"kind": ["reply"] * len(scores), "status": ["visible"] * len(scores), "score": scores}
    posts = pl.DataFrame(
        {**rows, "controversial": [False] * len(scores)}, schema_overrides={"score": pl.Int64}
    )
    assert starting_score(posts) == start and f"start at {start}" in proxy_name(start)
    if scores:
        tones = (
            posts.with_columns(pl.Series("score", [start] * len(scores)))
            .select(proxy_tone(start))
            .to_series()
        )
        assert tones.to_list() == ["civil"] * len(scores)


def test_votes_and_removals_are_not_mixed_with_tones_that_were_read(tmp_path):
    path = tmp_path / "posts.csv"
    path.write_text(
        "id,parent,who,when,text,points,state\na,,x,0,Who is here?,1,visible\nb,a,y,1,,-9,removed\nc,a,z,2,Me and my dog.,-9,visible\n"
    )
    mapping = {**MAPPING, "score": "points", "status": "state"}
    report = import_corpus("table", path, tmp_path / "out", mapping=mapping, key_file=tmp_path / "key")
    assert pl.read_parquet(report.posts_file)["tone"].to_list() == ["civil", None, "civil"]
    assert "proxy" not in report.tone_source


def test_a_profile_counts_expected_shares_and_sure_tones_whole():
    posts = pl.DataFrame(
        {
            "kind": ["reply"] * 4,
            "role": ["member"] * 4,
            "status": ["visible"] * 4,
            "tone": ["civil", "heated", "hostile", None],
            "heated": [0.2, 0.5, None, None],
            "hostile": [0.1, 0.1, None, None],
        }
    )
    kept = count_tones(posts).kept
    assert kept == pytest.approx({"civil": 1.1, "heated": 0.7, "hostile": 1.2})
