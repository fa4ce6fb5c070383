"""Habits of servers that nobody had tried: the chosen token listed apart (LMDeploy), limits named in a refusal, another model's name, other doors."""

import json
import math

import pytest

from tests.replying_server import replying
from tests.server_replies import LIKELY, found, listed, refuses, says, shares, tokens
from windtunnel.agents.llm.reading.letters import letter_of
from windtunnel.agents.llm.reading.offered import names_in, offered
from windtunnel.agents.llm.settings import read_settings
from windtunnel.agents.minds.base import Unanswered


def apart(said, value, others):
    """A reply whose list of candidates lacks the token that was said."""
    top = [{"token": token, "logprob": log} for token, log in others]
    return {**says(said), "logprobs": {"content": [{"token": said, "logprob": value, "top_logprobs": top}]}}


@pytest.mark.parametrize(
    ("value", "others", "wanted"),
    [
        (math.log(0.9), [("A", math.log(0.06)), ("C", math.log(0.03))], [0.06, 0.9, 0.03]),
        (
            math.log(0.5),
            [("\u0120B", math.log(0.5)), ("A", math.log(0.3)), ("C", math.log(0.2))],
            [0.3, 0.5, 0.2],
        ),
        (math.log(0.9), [("A", math.log(0.5)), ("B.", math.log(0.3)), ("C", math.log(0.2))], [0.5, 0.3, 0.2]),
    ],
)
def test_the_chosen_token_counts_where_it_is_listed_apart_and_once_where_it_is_spelt_otherwise(
    tmp_path, value, others, wanted
):
    _, _, replies, _ = found(lambda body: apart("B", value, others), tmp_path)
    assert shares(replies[0]) == pytest.approx(wanted, abs=1e-3)


LIMITS = {
    "max_tokens is too large: 200. This model supports at most 10 completion tokens, whereas you provided 200.": (
        "most",
        10,
    ),
    "Invalid value for max_tokens: must be less than or equal to 8": ("most", 8),
    "max_tokens must be greater than 1": ("least", 2),
    "max_tokens: expected a value > 3": ("least", 4),
    "Invalid 'max_tokens': expected a value >= 16, but got 1 instead.": ("least", 16),
}


@pytest.mark.parametrize("message", LIMITS)
def test_a_limit_of_tokens_that_a_refusal_names_is_kept(tmp_path, message):
    kind, number = LIMITS[message]

    def reply(body):
        asked = tokens(body)
        return refuses(message) if (asked > number if kind == "most" else asked < number) else says("B")

    settings, said, replies, calls = found(
        reply, tmp_path, choice="sampled", answer_tokens=200 if kind == "most" else 1
    )
    assert getattr(settings.takes, kind) == number and not isinstance(replies[0], Unanswered)
    assert f"{number} tokens" in said
    asked = [tokens(body) for body in calls]
    assert max(asked) <= number if kind == "most" else min(asked) >= number


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("m-2024-08-06", True),
        ("other/llama", True),
        ("m", False),
        ("models/m", False),
        ("/srv/models/M", False),
        ("/srv/models/m.gguf", False),
        ("m-2024.gguf", True),
        (None, False),
    ],
)
def test_another_model_in_the_reply_is_said_once(tmp_path, name, told):
    body = {"choices": [{"index": 0, **listed()}], "usage": {}, **({"model": name} if name else {})}
    _, said, _, _ = found(lambda _: body, tmp_path)
    assert said.count(f"the server answers as {name}") == told and said.count("answers as") == told


def test_unfit_log_probabilities_are_counted_instead_where_that_may_be_chosen(tmp_path):
    def reply(body):
        return {**listed([*LIKELY[:2], ("C", None)])} if "logprobs" in body else says("B")

    settings, said, replies, _ = found(reply, tmp_path)
    assert (
        settings.choice == "sampled"
        and "6 answers to each question are counted" in said
        and shares(replies[0])[1] > 0.5
    )
    with pytest.raises(ValueError, match="null as a log-probability") as refused:
        found(reply, tmp_path / "b", choice="logprobs")
    assert "TypeError" not in str(refused.value)


def test_fewer_candidates_are_asked_for_where_tgi_says_so(tmp_path):
    def reply(body):
        asked = body.get("top_logprobs", 0)
        return (
            (422, {"error": "Input validation error: `top_n_tokens` must be >= 0 and <= 5. Given: 20"})
            if asked > 5
            else listed()
        )

    settings, _, _, _ = found(reply, tmp_path)
    assert (settings.takes.top, settings.choice) == (5, "logprobs")


@pytest.mark.parametrize(
    ("body", "whose"),
    [
        (
            {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "B"}]},
            "Anthropic's messages",
        ),
        ({"object": "response", "output": [{"type": "message"}]}, "OpenAI's responses"),
        ({"candidates": [{"content": {"parts": [{"text": "B"}]}}]}, "Gemini's own"),
        ({"model": "m", "response": "B", "done": True}, "Ollama's own"),
        ({"content": "B", "tokens_predicted": 1}, "llama.cpp's own"),
    ],
)
def test_a_reply_of_another_interface_is_named(tmp_path, body, whose):
    _, _, replies, _ = found(lambda _: json.dumps(body), tmp_path)
    assert (
        f"a reply in the form of {whose}: llm.base_url needs an OpenAI-compatible address"
        in replies[0].reason
    )


def test_a_filtered_letter_and_a_tools_call_are_no_answers(tmp_path):
    for choice, why in (
        ({**says("A"), "finish_reason": "content_filter"}, "filter cut off"),
        ({**says(None), "message": {"role": "assistant", "tool_calls": [{"id": "1"}]}}, "the call of a tool"),
    ):
        with pytest.raises(ValueError, match=why):
            found(lambda _, choice=choice: choice, tmp_path, choice="sampled")


def test_letters_in_tags_are_letters():
    assert [
        letter_of(text, "ABC") for text in ("<b>B</b>", "<p>C) calmly</p>", "<answer>A</answer>", "a<b")
    ] == ["B", "C", "A", None]


@pytest.mark.parametrize(
    "body",
    [
        {"object": "list", "data": [{"id": "m"}, {"id": "n"}]},
        ["m", "n"],
        [{"id": "m"}, {"name": "n"}],
        {"models": [{"name": "m", "model": "m"}, {"name": "models/n"}]},
    ],
)
def test_lists_of_models_are_read_in_every_shape(body, monkeypatch):
    assert names_in(body) == ["m", "n"]
    with replying(lambda _: says("B")) as (server, address):
        monkeypatch.setattr(server.RequestHandlerClass, "do_GET", lambda handler: handler.send(200, body))
        assert offered(read_settings({"kind": "openai", "model": "m", "base_url": address + "/v1"})) == [
            "m",
            "n",
        ]
    assert names_in(None) == names_in({"data": 3}) == names_in("m") == []
