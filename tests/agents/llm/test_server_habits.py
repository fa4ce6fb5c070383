"""What servers do that is not in the book: each habit is found out before a run, told, and gone on with, or explained."""

import re
from typing import Any

import pytest

from tests.replying_server import replying
from tests.server_replies import LIKELY, QUESTION, USER, WORDS, found, listed, refuses, says, shares
from windtunnel.agents.llm.opening import open_model
from windtunnel.agents.llm.settings import read_settings
from windtunnel.agents.minds.base import Unanswered

# --- what a server takes ---

UNSUPPORTED = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
ONLY_ONE = "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported."


def has_no(field: str, refusal: tuple[int, Any], otherwise: Any = None):
    return lambda body: refusal if field in body else (otherwise or listed())


TAKES = {
    "max_completion_tokens": (
        has_no("max_tokens", refuses(UNSUPPORTED, param="max_tokens")),
        "max_completion_tokens in",
    ),
    "its own temperature": (
        lambda body: refuses(ONLY_ONE, param="temperature") if body.get("temperature", 1) != 1 else listed(),
        "no temperature",
    ),
    "a refusal that names nothing": (has_no("temperature", (400, "Bad Request")), "no temperature"),
    "five candidates": (
        lambda body: (
            refuses("Invalid value for 'top_logprobs': must be less than or equal to 5.")
            if body["top_logprobs"] > 5
            else listed()
        ),
        "the 5 likeliest tokens",
    ),
    "vLLM's own limit of candidates": (
        lambda body: (
            refuses("Requested sample logprobs of 20, which is greater than max allowed: 8")
            if body["top_logprobs"] > 8
            else listed()
        ),
        "the 8 likeliest tokens",
    ),
    "no system role": (
        lambda body: refuses("System role not supported") if len(body["messages"]) > 1 else listed(),
        "the system's words before the user's",
    ),
    "sixteen tokens at least": (
        lambda body: (
            refuses(
                "Invalid 'max_tokens': integer below minimum value. Expected a value >= 16, but got 1 instead."
            )
            if body["max_tokens"] < 16
            else listed()
        ),
        "at least 16 tokens",
    ),
    "pydantic's 422": (
        has_no(
            "temperature",
            (
                422,
                {
                    "detail": [
                        {
                            "type": "extra_forbidden",
                            "loc": ["body", "temperature"],
                            "msg": "Extra inputs are not permitted",
                            "input": 0,
                        }
                    ]
                },
            ),
        ),
        "no temperature",
    ),
    "an error with status 200": (
        has_no("temperature", (200, {"error": "temperature is not supported"})),
        "no temperature",
    ),
    "a supported list that names the others": (
        has_no(
            "temperature", refuses("Unknown field temperature. Supported: max_tokens, logprobs, n, seed.")
        ),
        "no temperature",
    ),
}


@pytest.mark.parametrize("habit", TAKES)
def test_what_a_server_does_not_take_is_found_out_told_and_left_out(habit, tmp_path):
    reply, told = TAKES[habit]
    settings, said, replies, calls = found(reply, tmp_path)
    assert settings.choice == "logprobs" and told in said
    assert shares(replies[0]) == [0.497, 0.273, 0.15]
    assert len(calls) == 2, "a run sends nothing that is refused"


COUNTS = {
    "403 on log-probabilities": refuses("You are not allowed to request logprobs from this model", 403),
    "404 that names nothing": refuses("No endpoints found that can handle the requested parameters.", 404),
    "422": (422, {"detail": [{"loc": ["body", "logprobs"], "msg": "Extra inputs are not permitted"}]}),
    "500": refuses("logprobs are not supported by this engine", 500),
    "none sent": says("B"),
    "null": {**says("B"), "logprobs": None},
    "numbers of tokens": listed([("token_id:32", -0.1), ("token_id:33", -3.0)]),
}


@pytest.mark.parametrize("habit", COUNTS)
def test_without_log_probabilities_that_can_be_read_answers_are_counted(habit, tmp_path):
    settings, said, replies, _ = found(has_no("logprobs", COUNTS[habit], says("B")), tmp_path)
    assert settings.choice == "sampled" and "6 answers to each question are counted" in said
    assert shares(replies[0]) == [0.111, 0.778, 0.111]


def test_a_server_that_takes_next_to_nothing_is_asked_for_answers_all_the_same(tmp_path):
    def reply(body):
        if "max_tokens" in body:
            return refuses(UNSUPPORTED, param="max_tokens", code="unsupported_parameter")
        if body.get("temperature", 1) != 1:
            return refuses(ONLY_ONE, param="temperature")
        if "logprobs" in body:
            return refuses("You are not allowed to request logprobs from this model", 403)
        return says("C")

    settings, said, replies, calls = found(reply, tmp_path)
    assert settings.choice == "sampled" and "max_completion_tokens" in said and "no temperature" in said
    assert shares(replies[0])[2] > 0.7 and all("temperature" not in call for call in calls)


def test_a_seed_that_is_refused_is_left_out_and_texts_are_kept_as_unseeded(tmp_path):
    def reply(body):
        if "seed" in body:
            return refuses("Unrecognized request argument supplied: seed")
        return says('{"text": "Fine."}') if "logprobs" not in body else listed()

    settings, said, replies, calls = found(reply, tmp_path, words=WORDS, seeded=True)
    assert "no seed" in said and replies[1].text == "Fine."
    assert not any("seed" in call for call in calls)
    model = open_model(settings)
    assert model.identity.words["seeded"] is False
    model.close()


def test_a_list_of_prompts_that_is_refused_is_asked_one_by_one_from_then_on(tmp_path):
    def reply(body):
        if len(body["prompt"]) > 1:
            return refuses("prompt must hold one text")
        return {"text": "A", "logprobs": {"top_logprobs": [dict(LIKELY)]}}

    with replying(reply) as (server, address):
        options = {
            "endpoint": "completions",
            "template": "plain",
            "batch": 8,
            "store": "none",
            "max_retries": 0,
        }
        model = open_model(
            read_settings({"kind": "openai", "model": "m", "base_url": address + "/v1"} | options)
        )
        for start in (0, 8):
            asked = [QUESTION._replace(user=f"{USER} {number}") for number in range(start, start + 8)]
            assert all(shares(answer)[0] == 0.497 for answer in model.ask(asked))
        sizes = [len(call["prompt"]) for call in server.calls]
        assert sizes[-8:] == [1] * 8 and max(sizes) == 8
        model.close()


# --- addresses, and the server's own words ---

LOST = {
    "no /v1, 404": ("", (404, "404 page not found"), r"404 page not found.*try http://127.0.0.1:\d+/v1"),
    "no /v1, an error with status 200": ("/", (200, {"error": "Unexpected endpoint or method. (POST /chat/completions)"}), "Unexpected endpoint.*/v1"),
    "a detail with status 200": ("/v1", (200, {"detail": "Not Found"}), "no choices but an error: Not Found"),
    "no such model": ("/v1", refuses("The model `m` does not exist", 404), "status 404: The model `m` does not exist"),
    "a page that asks to sign in": ("/v1", (200, "<html><head><title>Sign in</title></head></html>"), "no JSON but 'Sign in'"),
    "a gateway's page": ("/v1", (502, "<html><body><h1>502 Bad Gateway</h1></body></html>"), "status 502: 502 Bad Gateway"),
    "a list of errors": ("/v1", (400, [{"error": {"code": 400, "message": "API key not valid."}}]), "status 400: API key not valid."),
    "an error within an error": (
        "/v1",
        (400, {"error": {"message": "Provider returned error", "metadata": {"raw": '{"error": {"message": "context too small"}}'}}}),
        "Provider returned error: context too small",
    ),
    "a secret": ("/v1", (403, {"detail": "token Bearer sk-abcdef123456 is not for m"}), r"status 403\): token \*\*\* is not for m; if it wants a key, set llm.key_env"),
    "the question said again": ("/v1", (400, {"error": {"message": f"cannot answer {QUESTION.system}"}}), r"cannot answer \(our question\)"),
}  # fmt: skip


@pytest.mark.parametrize("habit", LOST)
def test_a_server_that_cannot_be_asked_is_quoted_with_advice(habit, tmp_path):
    path, reply, reason = LOST[habit]
    _, said, replies, _ = found(lambda body: reply, tmp_path, path)
    assert isinstance(replies[0], Unanswered)
    assert re.search(reason, replies[0].reason), replies[0].reason
    assert "sk-abcdef" not in replies[0].reason and "gardens" not in replies[0].reason
    assert "offers" not in said, "it offers m"


def test_a_model_that_a_server_does_not_know_is_set_beside_those_it_offers(tmp_path):
    _, said, replies, _ = found(lambda body: refuses("unknown model", 404), tmp_path, model="x")
    assert "llm.model is x; the server offers m, m-large" in said and isinstance(replies[0], Unanswered)


@pytest.mark.parametrize(
    "end", ["/v1", "/v1/", "/v1/chat/completions", "/v1/chat/completions/", "/v1/completions"]
)
def test_an_address_may_end_in_the_page_itself(end, tmp_path):
    with replying(lambda body: listed()) as (server, address):
        options = {"kind": "openai", "model": "m", "store": "none", "base_url": address + end}
        model = open_model(read_settings(options))
        assert shares(model.ask([QUESTION])[0])[0] == 0.497 and server.paths == ["/v1/chat/completions"]
        model.close()
