"""Readers of tones: what they promise, what they were measured at, and the traps that they must not fall into."""

from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from windtunnel.analysis.tones import english, reader, registry, training
from windtunnel.analysis.tones.decoded import decoded
from windtunnel.analysis.tones.words import WordsReader

FIXTURES = Path(__file__).parents[2] / "fixtures" / "tones"
KINDS = yaml.safe_load((FIXTURES / "kinds.yaml").read_text("utf-8"))
MORE = yaml.safe_load((FIXTURES / "more_kinds.yaml").read_text("utf-8"))
LATER = [
    yaml.safe_load((FIXTURES / f"{name}_kinds.yaml").read_text("utf-8"))
    for name in ("third", "fourth", "fifth", "sixth")
]
SHARED = Path(__file__).parents[4] / "shared" / "data" / "github-incivility" / "comments.parquet"


@pytest.mark.parametrize("name", ["words", "english"])
def test_a_reader_gives_probabilities_and_leaves_other_languages_unread(name):
    found = reader.read(
        registry.reader(name), ["You stupid idiot!", "Du bist doch ein Vollidiot, ehrlich.", "ok", ""]
    )
    assert reader.unread(found).tolist() == [False, True, False, False]
    assert np.allclose(found[[0, 2, 3]].sum(axis=1), 1)
    assert found[0, reader.CIVIL] < found[2, reader.CIVIL]
    assert reader.read(registry.reader(name), []).shape == (0, 3)


def test_who_somebody_is_says_nothing_about_the_tone():
    reads = english.EnglishReader()
    uncivil = 1 - reads.read(KINDS["identity words"]["civil"])[:, reader.CIVIL]
    assert uncivil.max() < 1 - reads.base[reader.CIVIL]
    one, other = reads.read(["I am gay and I live in Leeds.", "I am Muslim and I live in Leeds."])
    assert np.array_equal(one, other)


def test_rude_words_in_code_are_read_as_they_are_meant():
    said = english.EnglishReader().read(["🖕", "f*** you", "you 1d10t", "s t f u", "kys"])
    assert (said[:, reader.CIVIL] < 0.5).all()
    same = "Mail bob@example.org, port 8080, 0x1f, v1.0b5, **bold** and _also_ b2b, e 2 e; a b c, No. 5!"
    assert decoded(same) == same and decoded("Stupid!") == "Stupid!" and decoded("**crap**") == "**crap**"


def test_who_somebody_is_says_nothing_in_the_second_suite_either():
    uncivil = 1 - english.EnglishReader().read(MORE["identity words"]["civil"])[:, reader.CIVIL]
    assert (uncivil > 0.5).sum() == 0


def test_the_better_reader_gets_more_of_every_civil_trap_right_than_words_but_hedges():
    for kind, by_tone in KINDS.items():
        if "civil" not in by_tone or kind == "hedges and disagreement":
            continue
        said = [
            each.read(by_tone["civil"])[:, reader.CIVIL] > 0.5
            for each in (english.EnglishReader(), WordsReader())
        ]
        assert said[0].sum() > said[1].sum(), kind


def test_no_sentence_of_the_tests_is_among_those_that_the_reader_is_fitted_on():
    ours = {sentence.lower() for sentence in training.own_texts()[0]}
    tested = [
        text.strip().lower()
        for suite in (KINDS, MORE, *LATER)
        for kind in suite.values()
        for texts in kind.values()
        for text in texts
    ]
    assert len(set(tested)) == len(tested) > 450 and not ours & set(tested)
    assert (
        all(len(texts) >= 20 for kind in MORE.values() for texts in kind.values())
        and MORE.keys() == KINDS.keys()
    )


def test_shares_of_another_place_are_found_again():
    rng = np.random.default_rng(0)
    tone = rng.choice(3, size=20_000, p=[0.95, 0.04, 0.01])
    heard = rng.normal(np.array([0.0, 1.5, 3.0])[tone], 1.0)
    base = np.array([0.6, 0.3, 0.1])
    likely = np.exp(-0.5 * (heard[:, None] - np.array([0.0, 1.5, 3.0])) ** 2) * base
    said = likely / likely.sum(axis=1, keepdims=True)
    found = reader.estimated_base(said, base)
    assert np.abs(found - [0.95, 0.04, 0.01]).max() < 0.01
    assert np.abs(said.mean(axis=0) - [0.95, 0.04, 0.01]).max() > 0.1


def test_a_reader_of_another_package_is_found_and_an_unknown_one_is_refused(monkeypatch):
    class Shouts:
        name, version, languages, error = "shouts", "1", (), None
        base = np.array([0.5, 0.5, 0.0])

        def read(self, texts):
            return np.array([[0, 1, 0] if text.isupper() else [1, 0, 0] for text in texts], float)

    monkeypatch.setattr(EntryPoint, "load", lambda self: Shouts)
    entry = EntryPoint("shouts", "anywhere:Shouts", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry] if group == registry.GROUP else [])
    found = reader.read(registry.reader("shouts"), ["HALT DOCH DEN MUND", "danke schön für alles"])
    assert reader.tones(found) == ["heated", "civil"]
    with pytest.raises(
        ValueError, match="no reader of tones is called 'shout'; there are english, shouts, words"
    ):
        registry.reader("shout")


def test_a_reader_that_cannot_be_loaded_is_told_with_its_package(monkeypatch):
    entry = EntryPoint("shouts", "nothing_such:Shouts", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry] if group == registry.GROUP else [])
    with pytest.raises(
        ValueError, match=r"the reader of tones shouts .* cannot be loaded: ModuleNotFoundError"
    ):
        registry.reader("shouts")


def test_what_is_no_probability_is_refused():
    with pytest.raises(ValueError, match="the reader mine gives no probabilities"):
        reader.checked(np.array([[0.5, 0.1, 0.1]]), 1, "mine")
    with pytest.raises(ValueError, match="add up to 1"):
        reader.checked(np.array([[1.0, 0.0]]), 1, "mine")


def test_the_kept_numbers_are_what_was_fitted(tmp_path):
    texts = ["You fool!", "Thanks a lot.", "Shut up, idiot", "Good idea"] * 6
    tone = np.array([1, 0, 2, 0] * 6)
    posts = english.prepare(texts)
    fitted = training.fit(posts, tone, np.repeat(np.arange(6), 4), None)
    fitted.write(tmp_path / "numbers.npz")
    kept = english.Parameters.read(tmp_path / "numbers.npz")
    assert np.abs(english.probabilities(kept, posts) - english.probabilities(fitted, posts)).max() < 0.01


@pytest.mark.skipif(not SHARED.is_file(), reason="needs the labelled comments")
def test_threads_that_were_not_fitted_on_are_read_about_as_well_as_stated():
    from sklearn.metrics import roc_auc_score

    known = training.labelled(pl.read_parquet(SHARED))
    rows, left = training.folds(known.thread, 3, seed=1)[0]
    posts = english.prepare(known.texts)
    found = english.probabilities(
        training.fit(posts.take(rows), known.tone[rows], known.thread[rows], None), posts.take(left)
    )
    assert roc_auc_score(known.tone[left] > 0, 1 - found[:, reader.CIVIL]) > 0.74
    assert np.abs(found.mean(axis=0) - np.bincount(known.tone[left], minlength=3) / len(left)).max() < 0.06
