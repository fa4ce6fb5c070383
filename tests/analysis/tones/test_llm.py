"""A language model reads threads that are asked about: by its letters' weights, once a post, and tones set by hand stay."""

import numpy as np
import polars as pl
import pytest

from windtunnel.agents.llm.costs.counts import Counts
from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.llm.request import Answer, Identity
from windtunnel.agents.minds.base import Unanswered
from windtunnel.analysis.cli import main
from windtunnel.analysis.commands.read import with_readings
from windtunnel.analysis.tones.llm import LlmReader


class Says:
    """Gives every question the same answer, and keeps the questions."""

    def __init__(self, answer):
        self.identity, self.counts, self.answer, self.asked = Identity(model="says"), Counts(), answer, []

    def ask(self, requests):
        self.asked += requests
        return [self.answer] * len(requests)

    def close(self):
        pass


@pytest.fixture
def mine(tmp_path, import_rows):
    rows = [
        {
            "id": f"{thread}{at}",
            "parent": None if at == 0 else f"{thread}0",
            "author": f"w{at}",
            "time": 1_600_000_000 + 60 * at,
            "text": f"Words {thread} {at}",
        }
        for thread in "xy"
        for at in range(4)
    ]
    return import_rows(tmp_path, rows)


def test_the_letters_weights_are_the_probabilities_and_no_answer_is_unread():
    model = Says(Answer((np.log(0.2), np.log(0.1), np.log(0.1))))
    found = LlmReader(model).read(["> you fool\nKindly wait", "Hello"])
    assert found.tolist() == [pytest.approx([0.5, 0.25, 0.25])] * 2
    assert "fool" not in model.asked[0].user and "Kindly wait" in model.asked[0].user
    assert [request.letters for request in model.asked] == ["ABC"] * 2
    assert np.isnan(LlmReader(Says(Unanswered("model", "asleep"))).read(["Hello"])).all()
    assert LlmReader(FakeModel()).read([]).shape == (0, 3)


def test_only_the_threads_asked_about_are_read_again(mine, capsys):
    before = pl.read_parquet(mine / "posts.parquet")
    assert main(["read", str(mine), "2", "llm=fake"]) == 0
    said = capsys.readouterr().out
    assert "llm (fake, prompt 1) read 4 posts" in said and "not measured" in said
    after = pl.read_parquet(mine / "posts.parquet")
    assert after.filter(pl.col("thread") == 1)["tone"].equals(before.filter(pl.col("thread") == 1)["tone"])
    assert after["heated"].is_not_null().to_list() == [thread == 2 for thread in after["thread"]]
    assert main(["read", str(mine), "2", "llm=fake"]) == 0
    assert pl.read_parquet(mine / "posts.parquet").equals(after)


def test_tones_set_by_hand_and_posts_without_an_answer_stay(mine):
    posts = pl.read_parquet(mine / "posts.parquet")
    told = with_readings(posts, [0, 2], np.array([[np.nan] * 3, [0.1, 0.2, 0.7]]))
    assert told["tone"].to_list() == [*posts["tone"][:2], "hostile", *posts["tone"][3:]]
    posts.with_columns(labelled=pl.lit(True)).select(
        *posts.drop("text").columns, "labelled", "text"
    ).write_parquet(mine / "posts.parquet")
    assert main(["read", str(mine), "1", "llm=fake"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["llm=fake"], "say which threads"),
        (["9", "llm=fake"], "has no thread 9"),
        (["1"], "say which model is to read"),
        (["1", "llm=fake", "steps=3"], "'steps=3' is no setting of the model"),
        (["1", "llm=openai", "llm.model=m", "llm.base_url=http://192.0.2.1/v1"], "allow_remote_text"),
    ],
)
def test_a_mistake_is_one_sentence_and_changes_nothing(mine, capsys, words, said):
    before = (mine / "posts.parquet").read_bytes()
    assert main(["read", str(mine), *words]) == 2
    assert said in capsys.readouterr().err
    assert (mine / "posts.parquet").read_bytes() == before
