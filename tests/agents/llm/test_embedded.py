"""The real small model in this process: right log-probabilities, equal to the last bit however it is asked."""

import json
import math
import urllib.request

import pytest

from windtunnel.agents.llm.backends.embedded import embedded_server
from windtunnel.agents.llm.client import OpenAIModel
from windtunnel.agents.llm.reading.letters import first_token
from windtunnel.agents.llm.request import Answer, Request

QUESTIONS = [
    Request(
        "You are a member of an online forum.",
        "What a member can do:\nA) reads on\nB) answers calmly\nC) answers with an insult\nThe situation:\n"
        f"{post}\n{member}\nWhat does the member do? Answer with one letter.",
        "ABC",
    )
    for post in ("The post is friendly.", "The post is insulting.")
    for member in ("The member is patient.", "The member has a short temper.", "The member is new here.")
]


@pytest.fixture
def address(embedded):
    return embedded


def asking(address, **options):
    return OpenAIModel(
        **{
            "base_url": address,
            "model": "SmolLM2",
            "endpoint": "completions",
            "template": "server",
            "top": 200,
            "concurrency": 1,
            **options,
        }
    )


def test_answers_are_equal_to_the_last_bit_in_any_order_alone_or_together(address):
    forward = asking(address).ask(QUESTIONS)
    assert all(isinstance(answer, Answer) and answer.floored == 0 for answer in forward)
    assert len({answer.logp for answer in forward}) == len(QUESTIONS)
    logp = [answer.logp for answer in forward]
    assert [asking(address).ask([one])[0].logp for one in QUESTIONS[::-1]][::-1] == logp
    assert [answer.logp for answer in asking(address, batch=3, concurrency=2).ask(QUESTIONS)] == logp


def test_the_letters_probabilities_are_those_of_the_whole_vocabulary(address):
    model = asking(address)
    (answer,) = model.ask(QUESTIONS[:1])
    body = {
        "prompt": model._template.render(QUESTIONS[0]),
        "max_tokens": 1,
        "temperature": 0,
        "logprobs": 49152,
    }
    call = urllib.request.Request(
        f"{address}/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(call) as reply:
        tokens = first_token(json.loads(reply.read())["choices"][0])
    assert len(tokens) == 49152
    assert sum(math.exp(value) for _, value in tokens) == pytest.approx(
        1, abs=1e-3
    )  # llama.cpp adds up in float32
    bare = dict(tokens)
    assert [
        math.exp(value) >= math.exp(bare[letter]) - 1e-12
        for letter, value in zip("ABC", answer.logp, strict=True)
    ]
    assert 0.05 < answer.mass < 1


def test_tokens_are_counted_and_the_template_is_the_model_s_own(address):
    model = asking(address)
    (answer,) = model.ask(QUESTIONS[:1])
    assert 40 < answer.tokens_in < 120 and answer.tokens_out == 1
    assert "<|im_start|>assistant" in model.identity.template


def test_a_question_that_is_too_long_is_unanswered_with_the_reason(address):
    (reply,) = asking(address, max_retries=0).ask([QUESTIONS[0]._replace(user="word " * 3000)])
    assert reply.stage == "ask" and "context" in reply.reason


def test_a_file_that_is_no_model_is_refused(tmp_path):
    pytest.importorskip("xllamacpp")
    wrong = tmp_path / "wrong.gguf"
    wrong.write_bytes(b"not a model")
    with pytest.raises(ValueError, match="cannot load"), embedded_server(wrong):
        pass
