"""The client against a real HTTP server: batching, retries, failures, and a key that never shows."""

import json
import math
import socket
import urllib.request

import pytest

from tests.fake_server import candidates
from tests.waiting import PATIENCE_S
from windtunnel.agents.llm.client import OpenAIModel
from windtunnel.agents.llm.request import Answer, Request
from windtunnel.agents.minds.base import Unanswered


def question(words: object) -> Request:
    return Request("A forum.", f"What now, {words}?", "ABCD")


def seen(server: str) -> dict[str, int]:
    with urllib.request.urlopen(f"{server}/seen") as reply:
        return json.loads(reply.read())["seen"]


def model(server: str, **options) -> OpenAIModel:
    return OpenAIModel(
        **{"base_url": server, "model": "m", "max_retries": 1, "timeout": PATIENCE_S, "top": 27, **options}
    )


def test_answers_come_in_the_order_of_the_questions_whatever_the_batching(server):
    asked = [question(number) for number in range(37)]
    options = {"endpoint": "completions", "template": "chatml"}
    one_by_one = model(server, batch=1, concurrency=1, **options).ask(asked)
    assert all(isinstance(answer, Answer) for answer in one_by_one)
    assert len({answer.logp for answer in one_by_one}) == 37
    for batch, concurrency in [(8, 1), (5, 4), (100, 2)]:
        batched = model(server, batch=batch, concurrency=concurrency, **options).ask(asked)
        assert [answer.logp for answer in batched] == [answer.logp for answer in one_by_one]
    assert model(server, batch=8, **options).ask(asked[::-1])[0].logp == one_by_one[-1].logp


def test_one_call_carries_a_batch_and_its_tokens_are_counted_once(server):
    asking = model(server, endpoint="completions", template="chatml", batch=10)
    asking.ask([question(number) for number in range(40)])
    counts = asking.counts.snapshot()
    assert (counts["calls"], counts["tokens_out"], counts["retries"], counts["invalid"]) == (4, 40, 0, 0)
    assert counts["tokens_in"] > 40


@pytest.mark.parametrize(
    ("endpoint", "prompt"),
    [("chat", "A forum.\nWhat now, 1?"), ("completions", "A forum.\n\nWhat now, 1?\nAnswer:")],
)
def test_chat_and_completions_read_the_letters_that_the_server_said(endpoint, prompt, server):
    (answer,) = model(server, endpoint=endpoint, template="plain").ask([question(1)])
    said = dict(candidates(prompt, 27))
    assert isinstance(answer, Answer)
    assert answer.logp == pytest.approx([said[letter] for letter in "ABCD"])
    assert answer.mass == pytest.approx(sum(math.exp(said[letter]) for letter in "ABCD"))


def test_the_server_s_own_template_is_used_and_part_of_the_identity(server):
    asking = model(server, endpoint="completions", template="server")
    asking.ask([Request("sys", "usr", "AB")])
    assert "prompt <s>sys</s><u>usr</u>" in seen(server)
    assert "<s>" in asking.identity.template


@pytest.mark.parametrize("endpoint", ["chat", "completions"])
def test_a_flaky_server_is_asked_again_and_the_retry_counted(server, endpoint):
    asking = model(server, endpoint=endpoint, template="chatml", max_retries=2)
    (answer,) = asking.ask([question(f"FLAKY {endpoint}")])
    assert isinstance(answer, Answer)
    assert asking.counts.snapshot()["retries"] == 1 and asking.counts.snapshot()["calls"] == 2


def test_a_question_that_gets_no_answer_leaves_its_neighbours_theirs(server):
    asked = [question(number) for number in range(5)] + [question("REFUSED")]
    replies = model(server, endpoint="completions", template="chatml", batch=6).ask(asked)
    assert [isinstance(reply, Answer) for reply in replies] == [True] * 5 + [False]
    assert replies[-1].stage == "ask" and "refused on purpose" in replies[-1].reason


@pytest.mark.parametrize(
    ("word", "reason"), [("GARBLED", "none of the letters ABCD"), ("NOLOGPROBS", "must support")]
)
def test_an_unreadable_answer_is_unanswered_after_the_retries_and_never_an_action(server, word, reason):
    asking = model(server, endpoint="completions", template="chatml", batch=4, max_retries=2)
    replies = asking.ask([question(1), question(word), question(2)])
    assert [type(reply) for reply in replies] == [Answer, Unanswered, Answer]
    assert replies[1].stage == "read" and reason in replies[1].reason
    counts = asking.counts.snapshot()
    assert (counts["invalid"], counts["retries"]) == (3, 2)


def test_a_broken_server_is_named_with_its_reason(server):
    (reply,) = model(server, max_retries=0).ask([question("BROKEN")])
    assert reply.stage == "ask" and "500" in reply.reason


def test_a_server_that_is_not_there_fails_the_batch_at_once_with_one_sentence():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
        asking = model(
            address, max_retries=0, concurrency=1
        )  # nobody else gets this port, and nobody listens
        replies = asking.ask([question(number) for number in range(200)])
    assert {reply.stage for reply in replies} == {"ask"}
    assert "is the server running" in replies[0].reason
    assert asking.counts.snapshot()["calls"] == 1


def test_the_key_is_sent_and_shown_nowhere(server, monkeypatch, capfd):
    key = "sk-secret-0123456789"
    monkeypatch.setenv("TUNNEL_TEST_KEY", key)
    asking = model(server, key_env="TUNNEL_TEST_KEY")
    (fine, refused) = asking.ask([question(1)]) + asking.ask([question("FORBIDDEN")])
    assert isinstance(fine, Answer)
    assert f"authorization Bearer {key}" in seen(server)
    assert "TUNNEL_TEST_KEY" in refused.reason and key not in refused.reason
    assert key not in repr(asking.identity) and key not in "".join(capfd.readouterr())


def test_no_other_key_of_the_environment_is_sent(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other-key")
    model(server).ask([question("plain")])
    assert not any("sk-other-key" in line for line in seen(server))


def test_a_missing_key_is_named_and_a_key_in_place_of_a_name_is_not_repeated(server, monkeypatch):
    monkeypatch.delenv("NOT_THERE", raising=False)
    with pytest.raises(ValueError, match="NOT_THERE is not set"):
        model(server, key_env="NOT_THERE")
    with pytest.raises(ValueError) as told:
        model(server, key_env="sk-secret-0123456789")
    assert "secret" not in str(told.value)


@pytest.mark.parametrize(
    "url", ["localhost:8000", "ftp://a/v1", "http://user:secret@a/v1", "http://a/v1?key=secret"]
)
def test_an_address_that_is_none_or_holds_a_password_is_refused(url):
    with pytest.raises(ValueError, match="llm.base_url") as told:
        model(url)
    assert "secret" not in str(told.value)
