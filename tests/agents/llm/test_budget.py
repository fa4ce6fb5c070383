"""Prices and budgets: what a model costs, and that no question is asked which the budget has no room for."""

import multiprocessing
from pathlib import Path

import pytest
import yaml

from windtunnel.agents.llm.costs.budget import Budgeted, Ledger
from windtunnel.agents.llm.costs.prices import Price, price_of, tokens_of
from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.llm.opening import open_model
from windtunnel.agents.llm.request import Answer, Request
from windtunnel.agents.llm.settings import LLMSettings, read_settings
from windtunnel.agents.minds.base import Unanswered

CONF = Path(__file__).parents[3] / "conf"
QUESTIONS = [Request("s" * 40, f"{number:<40}", "AB") for number in range(10)]
PRICE = Price(1_000_000.0, 0.0, "USD", "")  # one unit a token in
FAR = {"kind": "openai", "base_url": "https://api.example.org/v1"}


def settings(**options: object) -> LLMSettings:
    return read_settings(FAR | {"model": "gpt-4o-mini"} | options)


class Metered(FakeModel):
    """A fake whose server counts `more` tokens a question."""

    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.tokens, self.asked = tokens, 0

    def ask(self, requests):
        self.asked += len(requests)
        self.counts.add(tokens_in=self.tokens * len(requests))
        return super().ask(requests)


def test_the_price_comes_from_the_settings_this_machine_or_the_table():
    table = yaml.safe_load((CONF / "prices.yaml").read_text())["models"]
    mini = price_of(settings())
    assert mini is not None and (mini.tokens_in, mini.tokens_out) == (0.15, 0.6) and "2026-03" in mini.source
    assert price_of(settings(model="openai/GPT-4o-2024-08-06")).tokens_in == table["gpt-4o*"]["in"]
    assert price_of(settings(price_in=3.0))[:2] == (3.0, 0.0)
    assert price_of(settings(model="nobody-knows")) is None
    assert price_of(settings(base_url="http://127.0.0.1:8000/v1"))[:2] == (0.0, 0.0)
    assert price_of(settings(base_url="http://127.0.0.1:1/v1,https://far.example.org/v1"))[0] == 0.15
    assert price_of(read_settings({"kind": "embedded"})).source == "this machine"


def test_every_price_of_the_table_is_reached_by_its_own_pattern():
    table = yaml.safe_load((CONF / "prices.yaml").read_text())["models"]
    for pattern, row in table.items():
        found = price_of(settings(model=pattern.replace("*", "-x")))
        assert found is not None and found[:2] == (row["in"], row["out"]) and pattern in found.source


def test_tokens_of_a_question_are_its_characters_by_four():
    assert tokens_of(QUESTIONS[0], settings()) == (20, 1)
    assert tokens_of(QUESTIONS[0], settings(choice="sampled", samples=7, answer_tokens=3)) == (20, 21)


def test_only_what_the_budget_has_room_for_is_asked():
    inner = Metered(tokens=20)
    model = Budgeted(inner, settings(budget=100.0), PRICE)
    replies = model.ask(QUESTIONS)
    assert [isinstance(reply, Answer) for reply in replies] == [True] * 5 + [False] * 5
    assert inner.asked == 5
    lost = replies[-1]
    assert isinstance(lost, Unanswered) and lost.stage == "budget" and "5 questions more" in lost.reason
    assert all(isinstance(reply, Unanswered) for reply in model.ask(QUESTIONS[5:]))
    assert model.ask([]) == []


def test_a_reservation_is_corrected_by_what_the_server_counted():
    cheap = Budgeted(Metered(tokens=10), settings(budget=100.0), PRICE)
    assert sum(isinstance(reply, Answer) for reply in cheap.ask(QUESTIONS[:4])) == 4  # 40 spent, not 80
    assert sum(isinstance(reply, Answer) for reply in cheap.ask(QUESTIONS[4:])) == 3
    dear = Budgeted(Metered(tokens=60), settings(budget=100.0), PRICE)
    assert sum(isinstance(reply, Answer) for reply in dear.ask(QUESTIONS[:2])) == 2  # 120 spent
    assert sum(isinstance(reply, Answer) for reply in dear.ask(QUESTIONS[2:])) == 0


def _spend(path: str) -> int:
    ledger = Ledger(path)
    try:
        return sum(ledger.reserve([1.0], 30.0) for _ in range(25))
    finally:
        ledger.close()


def test_processes_share_one_ledger_and_never_spend_more_together(tmp_path):
    path = str(tmp_path / "spent.sqlite")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert sum(pool.map(_spend, [path] * 2)) == 30
    assert Ledger(path).spent() == 30.0


def test_a_budget_for_a_model_that_nobody_has_a_price_for_is_refused(tmp_path):
    with pytest.raises(ValueError, match="set llm.price_in and llm.price_out"):
        open_model(settings(model="nobody-knows", budget=1.0, store=str(tmp_path / "a.sqlite")))
