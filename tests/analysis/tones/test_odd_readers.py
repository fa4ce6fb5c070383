"""Readers that give what no reader should: each is told in one sentence; and who somebody is never makes a post uncivil by itself."""

from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest
import yaml

from windtunnel.analysis.tones import english, features, reader, registry

THIRD = yaml.safe_load(
    (Path(__file__).parents[2] / "fixtures" / "tones" / "third_kinds.yaml").read_text("utf-8")
)


class Whole:
    name, version, languages, error = "odd", "1", (), None
    base = np.array([0.8, 0.15, 0.05])

    def read(self, texts):
        return np.tile(self.base, (len(texts), 1))


@pytest.mark.parametrize(
    "given",
    [
        [[0.5, 0.6, -0.1]],
        [[0.5, 0.6, 0.2]],
        [[np.inf, 0.0, 0.0]],
        [[0.5, 0.5]],
        [0.5, 0.3, 0.2],
        [[0.5, 0.3, 0.2], [1.0]],
        [["civil", "heated", "hostile"]],
        None,
        {},
    ],
)
def test_what_is_no_probability_is_said(given):
    with pytest.raises(ValueError, match="the reader odd gives no probabilities: it must give one row"):
        reader.checked(given, 1, "odd")


def test_a_row_with_a_nan_is_unread_and_all_others_stay():
    found = reader.checked([[0.5, 0.3, 0.2], [np.nan, 0.5, 0.5]], 2, "odd")
    assert reader.unread(found).tolist() == [False, True]


@pytest.mark.parametrize(
    ("lacking", "given", "said"),
    [
        ("languages", None, "has no languages"),
        ("read", None, "has no read"),
        ("base", [0.9, 0.1], "its base must be three numbers"),
        ("base", [1.0, 0.5, -0.5], "its base must be three numbers"),
        ("base", "civil", "its base must be three numbers"),
        ("base", None, "has no base"),
        ("languages", "en", "says languages 'en': give a tuple of codes"),
        ("languages", ("english",), "give a tuple of codes"),
        ("error", (0.8, 0.8, 10, "mine"), r"give None, and it is examined, or Error\("),
        ("read", "no", "must have a name and a version as text, and a method read"),
        ("version", 2, "must have a name and a version as text"),
    ],
)
def test_a_reader_that_lacks_something_is_refused_by_name(monkeypatch, lacking, given, said):
    class Odd(Whole):
        def __getattribute__(self, name):
            if name == lacking and given is None:
                raise AttributeError(name)
            return given if name == lacking else super().__getattribute__(name)

    point = EntryPoint("odd", "odd:Odd", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    monkeypatch.setattr(registry.plugins, "load", lambda kind, point, wrong: Odd)
    with pytest.raises(ValueError, match=f"the reader of tones 'odd' .*{said}"):
        registry.reader("odd")


def test_a_whole_reader_of_another_package_is_taken(monkeypatch):
    point = EntryPoint("odd", "odd:Whole", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    monkeypatch.setattr(registry.plugins, "load", lambda kind, point, wrong: Whole)
    assert registry.reader("odd").name == "odd"


ODD = [
    "", " ", "\n\n", "> only what you said", "```\nkill -9 1\n```", "https://a.example/b", "🙂🙂", "@ann", "?!?!", "...",
    "a" * 100_000, "you " * 25_000, "מה שלומך today my friend", "مرحبا hello there all", "‮evil text‬", "\x00\x01", "ｆｕｌｌ ｗｉｄｔｈ", "1 2 3",
]  # fmt: skip


@pytest.mark.parametrize("name", ["words", "english"])
def test_odd_posts_get_probabilities_or_none(name):
    found = reader.read(registry.reader(name), ODD)
    known = found[~reader.unread(found)]
    assert np.allclose(known.sum(axis=1), 1) and (known >= 0).all() and (known <= 1).all()
    assert np.array_equal(found, reader.read(registry.reader(name), ODD), equal_nan=True)


def test_a_post_that_says_who_somebody_is_and_no_more_is_no_less_civil_than_a_civil_one():
    texts = ["I am gay.", "Deaf since birth.", "You people are vermin, all gays.", "I am tall."]
    assert features.tells_who(english.prepare(texts).table).tolist() == [True, True, False, False]
    for sentences in (THIRD["identity words"]["civil"], texts[:2]):
        prepared = english.prepare(sentences)
        said = 1 - english.probabilities(english.parameters(), prepared)[:, reader.CIVIL]
        alone = features.tells_who(prepared.table)
        assert alone.any() and said[alone].max() <= english.parameters().civil + 1e-9
        assert said.max() < 0.5


def test_a_reader_of_another_package_that_fails_is_named_in_one_sentence(monkeypatch):
    class Failing(Whole):
        def read(self, texts):
            raise KeyError("weights")

        def __init__(self, needed=None):
            pass

    with pytest.raises(ValueError, match="the reader odd failed in its read: KeyError: 'weights'"):
        reader.read(Failing(), ["Thanks for that answer."])
    point = EntryPoint("odd", "odd:Odd", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])
    monkeypatch.setattr(registry.plugins, "load", lambda kind, point, wrong: lambda needed: None)
    with pytest.raises(ValueError, match="cannot be made by odd:Odd.. without arguments: TypeError"):
        registry.reader("odd")


def test_a_tone_that_was_nowhere_where_a_reader_was_fitted_stays_at_nothing():
    moved = reader.at_base(
        np.array([[0.5, 0.5, 0.0]]), np.array([0.5, 0.5, 0.0]), np.array([0.9, 0.09, 0.01])
    )
    assert moved[0].round(3).tolist() == [0.909, 0.091, 0.0]
