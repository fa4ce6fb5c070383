"""A reader of unknown error counts for what it shows on our sentences: one that cannot tell tones makes and takes no incident."""

from importlib.metadata import EntryPoint

import numpy as np
import polars as pl
import pytest

from windtunnel.agents.llm.costs.counts import Counts
from windtunnel.agents.llm.request import Answer, Identity
from windtunnel.analysis.cli import main
from windtunnel.analysis.tones import english, examined, registry
from windtunnel.analysis.tones.hearing import ORDINARY
from windtunnel.analysis.tones.reader import CIVIL

FILE = "id,parent,author,time,text\n"
RUDE, CALM = "You stupid idiot, shut up and get lost.", "Thanks, that works for me."


def answers(text):
    """Always in rage, whatever is said."""
    return [0.02, 0.08, 0.9]


def guesses(text):
    rng = np.random.default_rng(sum(text.encode()))
    return rng.dirichlet([0.4, 0.4, 0.4])


def contrary(text):
    return (
        [0.9, 0.08, 0.02]
        if any(word in text.lower() for word in ("idiot", "stupid", "you"))
        else [0.02, 0.08, 0.9]
    )


class Reader:
    name, version, languages, error = "other", "1", ("en",), None
    base = np.array([0.4, 0.3, 0.3])

    def __init__(self, says):
        self.says = says

    def read(self, texts):
        return np.array([self.says(text) for text in texts]).reshape(len(texts), 3)


@pytest.fixture
def csv(tmp_path):
    """A calm thread and one in which somebody is insulted again and again."""
    lines = [
        f"{thread}{at},{'' if at == 0 else f'{thread}{at - 1}'},w{at % 4},{1_600_000_000 + 60 * at},"
        f'"{RUDE if thread == "x" and at % 2 else CALM}"'
        for thread in "xy"
        for at in range(10)
    ]
    (tmp_path / "posts.csv").write_text(FILE + "\n".join(lines) + "\n")
    return tmp_path / "posts.csv"


def bring(monkeypatch, csv, says):
    entry = EntryPoint("other", "anywhere:Other", registry.GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda self: lambda: Reader(says))
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry] if group == registry.GROUP else [])
    monkeypatch.chdir(csv.parent)
    named = "id=id,parent=parent,author=author,time=time,text=text"
    assert main(["import", "table", str(csv), "mine", "--map", named, "--reader", "other", "--no-fit"]) == 0
    return csv.parent / "mine"


@pytest.mark.parametrize("says", [answers, guesses, contrary])
def test_a_reader_no_better_than_base_rates_makes_no_incident(monkeypatch, csv, capsys, says):
    out = bring(monkeypatch, csv, says)
    assert "it cannot tell tones" in capsys.readouterr().out
    posts = pl.read_parquet(out / "posts.parquet")
    assert posts["tone"].unique().to_list() == ["civil"]
    assert np.allclose(posts["hostile"], ORDINARY[2])
    assert main(["incidents", str(out)]) == 0
    assert "escalation-" not in capsys.readouterr().out


def test_a_reader_that_tells_tones_is_taken_for_what_it_showed(monkeypatch, csv, capsys):
    def says(text):
        ours = english.EnglishReader().read([text])[0]
        return [1 - ours[1:].sum() / 4, ours[1] / 4, ours[2] / 4]

    found = examined.examine(Reader(says).read)
    assert found.tells and found.low > 0.5
    assert says(RUDE)[0] > 0.7, "by itself it calls nothing uncivil"
    out = bring(monkeypatch, csv, says)
    assert "its answers count for as much" in " ".join(capsys.readouterr().out.split())
    posts = pl.read_parquet(out / "posts.parquet")
    rude = posts["text"].str.contains("idiot")
    assert posts.filter(rude)["hostile"].min() > 10 * posts.filter(~rude)["hostile"].max()


class Model:
    def __init__(self, says):
        self.identity, self.counts, self.says = Identity(model="says"), Counts(), says

    def ask(self, requests):
        return [Answer(tuple(np.log(self.says(request.user.split("<<<")[1])))) for request in requests]

    def close(self):
        pass


@pytest.mark.parametrize("says", [answers, contrary])
def test_a_language_model_that_cannot_tell_tones_changes_no_incident(monkeypatch, csv, capsys, says):
    monkeypatch.chdir(csv.parent)
    named = "id=id,parent=parent,author=author,time=time,text=text"
    main(["import", "table", str(csv), "mine", "--map", named, "--no-fit"])
    main(["incidents", "mine"])
    before, said = pl.read_parquet("mine/posts.parquet"), capsys.readouterr().out
    assert "escalation" in said
    monkeypatch.setattr("windtunnel.agents.llm.opening.open_model", lambda running: Model(says))
    assert main(["read", "mine", "1", "2", "llm=fake"]) == 0
    assert "it cannot tell tones, and nothing was changed" in capsys.readouterr().out
    main(["incidents", "mine"])
    assert capsys.readouterr().out.splitlines()[-4:] == said.splitlines()[-4:]
    after = pl.read_parquet("mine/posts.parquet")
    assert after["tone"].equals(before["tone"])
    assert np.allclose(after["hostile"], before["hostile"], atol=1e-6)


def test_of_many_readers_that_guess_hardly_one_passes_and_that_one_counts_for_little():
    rng = np.random.default_rng(0)
    found = [examined.examine(lambda texts: rng.dirichlet([1, 1, 1], len(texts))) for _ in range(200)]
    passed = [each for each in found if each.tells]
    assert len(passed) <= 4
    loud = np.array([[0.05, 0.15, 0.8]])
    assert all(1 - each.applied(loud)[0, CIVIL] < 0.5 for each in passed)


def test_the_examination_is_by_sentences_of_each_tone_and_its_limits_are_those_of_the_auc():
    texts, tones = examined.questions()
    assert len(texts) > 60 and np.bincount(tones, minlength=3).min() >= 8 and len(set(texts)) == len(texts)
    blind = examined.examine(lambda texts: np.tile([0.5, 0.3, 0.2], (len(texts), 1)))
    assert blind.auc == 0.5 and not blind.tells
    silent = examined.examine(lambda texts: np.full((len(texts), 3), np.nan))
    assert not silent.tells and np.isnan(silent.applied(np.full((1, 3), np.nan))).all()
    one = np.eye(3)[tones] * 0.94 + 0.02
    perfect = examined.examine(lambda texts: one)
    assert perfect.auc == 1 and perfect.tells
    worth = perfect.applied(one)
    assert (worth[:, CIVIL] > 0.5).tolist() == (tones == 0).tolist()
