"""Several servers, their rates and pauses, and the breaker: who is asked when, and when nobody is any more."""

import threading
import time

import pytest

from tests.waiting import PATIENCE_S
from windtunnel.agents.llm.client import OpenAIModel
from windtunnel.agents.llm.connection.pace import Pace, claim
from windtunnel.agents.llm.connection.servers import REST_S, Breaker, Server, Servers, forget_breakers
from windtunnel.agents.llm.request import Answer, Request
from windtunnel.agents.minds.base import Unanswered

NOWHERE = "http://127.0.0.1:9/v1"


def question(words: object) -> Request:
    return Request("A forum.", f"What now, {words}?", "ABCD")


@pytest.fixture(autouse=True)
def _fresh():
    forget_breakers()
    yield
    forget_breakers()


def model(base_url: str, **options) -> OpenAIModel:
    settings = {"model": "m", "max_retries": 0, "timeout": PATIENCE_S, "top": 27, "digest": "d"}
    return OpenAIModel(base_url=base_url, **(settings | options))


def test_servers_of_one_model_share_the_questions_and_the_answers_are_those_of_one(server):
    asked = [question(number) for number in range(40)]
    alone = model(server).ask(asked)
    both = model(f"{server},{server.replace('127.0.0.1', 'localhost')}")
    assert [one.logp for one in both.ask(asked)] == [one.logp for one in alone]
    assert all(one.busy == 0 for one in both._servers.all)


def test_what_one_server_cannot_answer_the_next_one_does(server):
    asking = model(f"{NOWHERE},{server}", concurrency=2)
    assert all(isinstance(reply, Answer) for reply in asking.ask([question(n) for n in range(20)]))


def test_servers_that_may_hold_different_models_are_refused(server):
    with pytest.raises(ValueError, match=r"llm.digest"):
        model(f"{server},{NOWHERE}", digest="")


def test_after_some_failed_calls_in_a_row_every_further_question_is_unanswered_at_once(server):
    asking = model(server, give_up_after=3, concurrency=1)
    replies = asking.ask([question(f"BROKEN {number}") for number in range(50)])
    assert {type(reply) for reply in replies} == {Unanswered} and asking.counts.snapshot()["calls"] == 3
    assert "given up after 3 failed calls in a row" in replies[-1].reason and "500" in replies[-1].reason
    (later,) = model(server, give_up_after=3).ask([question("fine")])  # the next block of the same run
    assert isinstance(later, Unanswered)
    forget_breakers()  # the next run
    assert isinstance(model(server, give_up_after=3).ask([question("fine")])[0], Answer)


def test_a_failure_now_and_then_breaks_nothing(server):
    asking = model(server, give_up_after=2, concurrency=1)
    replies = asking.ask([question(f"{number} {'BROKEN' if number % 2 else 'fine'}") for number in range(9)])
    assert [type(reply) for reply in replies] == [Answer, Unanswered] * 4 + [Answer]


def test_a_breaker_lets_one_call_through_after_its_rest():
    now = [0.0]
    breaker = Breaker(2, clock=lambda: now[0])
    breaker.failed("x")
    assert breaker.refusal() == ""
    breaker.failed("y")
    assert "after 2 failed calls" in breaker.refusal() and "y" in breaker.refusal()
    now[0] = REST_S
    assert [bool(breaker.refusal()) for _ in range(3)] == [False, True, True]
    breaker.worked()
    assert breaker.refusal() == ""
    never = Breaker(0)
    never.failed("x")
    assert never.refusal() == ""


def test_no_server_ever_has_more_calls_than_its_concurrency():
    servers = Servers([Server(name, None, Breaker(0)) for name in "abc"], 2)
    most, lock = [0], threading.Lock()

    def work() -> None:
        for _ in range(30):
            taken = servers.take()
            assert isinstance(taken, Server)
            with lock:
                most[0] = max(most[0], taken.busy)
            servers.give(taken)

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most[0] <= 2 and all(one.busy == 0 for one in servers.all)


def test_moments_are_claimed_one_interval_apart_by_all_who_share_the_file(tmp_path):
    path = tmp_path / "pace" / "x"
    assert [claim(path, 6.0, lambda: 100.0) for _ in range(4)] == [0, 6, 12, 18]
    assert claim(path, 6.0, lambda: 200.0) == 0
    assert claim(path, 6.0, lambda: -1e6) == 0, "a clock set back by days is no reason to wait for days"
    path.write_text("garbage")
    assert claim(path, 6.0, lambda: 5.0) == 0


def test_attempts_leave_at_the_rate_that_was_set(server, tmp_path, monkeypatch):
    monkeypatch.setenv("WINDTUNNEL_CACHE", str(tmp_path))
    asking = model(server, requests_per_minute=1200, concurrency=8)
    began = time.monotonic()
    asking.ask([question(number) for number in range(11)])
    assert time.monotonic() - began >= 10 * 60 / 1200


def test_a_pause_that_a_server_asks_of_one_thread_holds_all(tmp_path):
    pace = Pace("x", None, tmp_path)
    pace.hold(0.2)
    pace.hold(1e9)  # beyond all patience: the call fails instead
    began = time.monotonic()
    pace.wait()
    assert 0.19 <= time.monotonic() - began < 60
