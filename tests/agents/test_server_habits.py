"""What servers do that is not in the book: each habit is found out before a run, told, and gone on with, or explained."""

import json
import math
import re
from typing import Any

import pytest

from tests.replying_server import replying
from windtunnel.agents.llm.opening import open_model
from windtunnel.agents.llm.probe import probed
from windtunnel.agents.llm.request import Answer, Request
from windtunnel.agents.llm.settings import read_settings
from windtunnel.agents.minds.base import Unanswered

USER = "What you can do:\nA) reads on\nB) votes the post up\nC) answers calmly\nWhat now? Answer with one letter."
QUESTION = Request("You are in a forum about gardens.", USER, "ABC")
WORDS = Request("You are in a forum.", "Write the words of this post.", "", 5, 40)
LIKELY = [("A", -0.7), ("B", -1.3), ("C", -1.9), ("The", -5.0)]


def says(text: object, **more: Any) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": text, **more}, "finish_reason": "stop"}


def listed(pairs: list[tuple[str, float]] = LIKELY, **first: Any) -> dict[str, Any]:
    top = [{"token": token, "logprob": value, "bytes": None} for token, value in pairs]
    one = {"token": pairs[0][0], "logprob": pairs[0][1], "bytes": None, "top_logprobs": top, **first}
    return {**says(pairs[0][0]), "logprobs": {"content": [one]}}


def refuses(message: str, status: int = 400, **more: Any) -> tuple[int, Any]:
    return status, {"error": {"message": message, "type": "invalid_request_error", **more}}


def tokens(body: dict[str, Any]) -> int:
    return body.get("max_tokens") or body.get("max_completion_tokens") or 10**6


def found(reply, tmp_path, path: str = "/v1", words: Request | None = None, **options: Any):
    """What the probe makes of a server, what it says, and how the questions of a run then fare."""
    said: list[str] = []
    with replying(reply, "m", "m-large") as (server, address):
        base = {"kind": "openai", "model": "m", "base_url": address + path, "max_retries": 0, "samples": 6}
        made = read_settings(base | {"store": str(tmp_path / "a.sqlite")} | options)
        settings = probed(made, QUESTION, said.append, words)
        probing = len(server.calls)
        model = open_model(settings)
        replies = model.ask([QUESTION._replace(user=USER.replace("now", "next")), WORDS])
        model.close()
        return settings, " / ".join(said), replies, server.calls[probing:]


def shares(answer: Answer | Unanswered) -> list[float]:
    assert isinstance(answer, Answer), answer
    return [round(math.exp(value), 3) for value in answer.logp]


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


# --- letters among tokens ---


@pytest.mark.parametrize("mark", ["\u2581", "\u0120", " ", "\n", "\u010a", "\u2581\u2581", "(", "**", '"'])
def test_letters_are_read_through_the_marks_of_tokenizers(mark, tmp_path):
    _, _, replies, _ = found(
        lambda body: listed([(mark + token, value) for token, value in LIKELY]), tmp_path
    )
    assert shares(replies[0]) == [0.497, 0.273, 0.15]


def test_bytes_and_numbered_tokens_are_read_where_their_bytes_are_told(tmp_path):
    spelt = [
        {"token": f"token_id:{place}", "logprob": value, "bytes": list(token.encode())}
        for place, (token, value) in enumerate(LIKELY)
    ]
    one = {"token": "token_id:0", "logprob": -0.7, "top_logprobs": spelt}
    _, _, replies, _ = found(lambda body: {**says("A"), "logprobs": {"content": [one]}}, tmp_path)
    assert shares(replies[0]) == [0.497, 0.273, 0.15]
    raw = [(f"<0x{ord(token):02X}>" if len(token) == 1 else token, value) for token, value in LIKELY]
    _, _, replies, _ = found(lambda body: listed(raw), tmp_path / "b")
    assert shares(replies[0]) == [0.497, 0.273, 0.15]


def test_a_space_before_the_letter_is_looked_through(tmp_path):
    def reply(body):
        first = {"token": "\u2581", "logprob": -0.1, "top_logprobs": [{"token": "\u2581", "logprob": -0.1}]}
        return {
            **says(" A"),
            "logprobs": {"content": [first, *listed()["logprobs"]["content"]][: tokens(body)]},
        }

    settings, said, replies, _ = found(reply, tmp_path)
    assert settings.choice == "logprobs" and "at least 4 tokens" in said
    assert shares(replies[0]) == [round(math.exp(-0.1 + value), 3) for _, value in LIKELY[:3]]


def test_candidates_come_as_a_mapping_or_a_list_too(tmp_path):
    shapes = [
        {"content": [{"token": "A", "logprob": -0.7, "top_logprobs": dict(LIKELY)}]},
        {"tokens": ["A"], "token_logprobs": [-0.7], "top_logprobs": [dict(LIKELY)]},
        {"top_logprobs": [[{"token": token, "logprob": value} for token, value in LIKELY]]},
    ]
    for place, shape in enumerate(shapes):
        _, _, replies, _ = found(
            lambda body, shape=shape: {**says("A"), "logprobs": shape}, tmp_path / str(place)
        )
        assert shares(replies[0]) == [0.497, 0.273, 0.15]


# --- thoughts ---

THOUGHT = "A member in this situation would hardly insult anyone."
THINKERS = {
    "the template opens": THOUGHT + "\n</think>\n\nC",
    "tags": f"<think>\n{THOUGHT}\n</think>\n\nC",
    "thinking": f"<thinking>{THOUGHT}</thinking>C",
    "twice": f"<think>{THOUGHT}</think>\n<think>B?</think>\n**C**",
    "harmony": f"<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>C<|return|>",
    "harmony without its marks": f"analysis{THOUGHT.replace('A ', 'The ')}assistantfinalC",
    "brackets": f"[THINK]{THOUGHT}[/THINK]C",
    "triangles": f"◁think▷{THOUGHT}◁/think▷C",
    "an answer in tags": f"<think>{THOUGHT}</think><answer>C</answer>",
    "named at the end": f"{THOUGHT} So the answer is **C**.",
    "boxed": f"<think>{THOUGHT}</think>The final answer is \\boxed{{C}}",
    "seed": f"<seed:think>{THOUGHT}</seed:think>C<|im_end|>",
}


@pytest.mark.parametrize("habit", THINKERS)
def test_thoughts_are_no_answer_wherever_they_end(habit, tmp_path):
    options = {"choice": "sampled", "answer_tokens": 200}
    _, _, replies, _ = found(lambda body: says(THINKERS[habit]), tmp_path, **options)
    assert shares(replies[0]) == [0.111, 0.111, 0.778]


@pytest.mark.parametrize("habit", THINKERS)
def test_a_model_that_thinks_is_not_read_by_its_first_token(habit, tmp_path):
    """Its first token may be the "A" of a sentence. The setting that the refusal names was tried, and works."""

    def reply(body):
        whole = THINKERS[habit]
        said = whole if tokens(body) > 100 else " ".join(whole.split()[: tokens(body)])[: 5 * tokens(body)]
        return {**says(said), "finish_reason": "stop" if said == whole else "length"}

    with pytest.raises(ValueError, match=r"Set llm.choice=sampled llm.answer_tokens=1000.*tried"):
        found(reply, tmp_path)
    _, _, replies, _ = found(reply, tmp_path, choice="sampled", answer_tokens=1000)
    assert shares(replies[0])[2] > 0.7


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning", "thinking"])
def test_thoughts_in_a_field_of_their_own_are_left_out_and_need_room(field, tmp_path):
    def reply(body):
        room = tokens(body) > 100
        return {
            **says("C" if room else None, **{field: THOUGHT}),
            "finish_reason": "stop" if room else "length",
        }

    with pytest.raises(ValueError, match="llm.answer_tokens=1000"):
        found(reply, tmp_path)
    _, _, replies, _ = found(reply, tmp_path, choice="sampled", answer_tokens=300)
    assert shares(replies[0])[2] > 0.7


def test_a_whole_answer_that_a_server_files_under_its_thoughts_is_read(tmp_path):
    def reply(body):
        return says(None, reasoning_content="C" if "response_format" not in body else '{"text": "Fine."}')

    _, _, replies, _ = found(reply, tmp_path, choice="sampled", answer_tokens=200)
    assert shares(replies[0])[2] > 0.7 and replies[1].text == "Fine."


def test_a_limit_that_is_too_small_for_thoughts_is_raised_by_the_advice(tmp_path):
    said = "Could not finish the message because max_tokens or model output limit was reached. Please try again with higher max_tokens."

    def reply(body):
        if "logprobs" in body:
            return refuses("You are not allowed to request logprobs from this model", 403)
        return refuses(said) if tokens(body) < 100 else says("C")

    with pytest.raises(ValueError, match=r"Could not finish .*llm.answer_tokens=1000.*tried"):
        found(reply, tmp_path)
    _, _, replies, _ = found(reply, tmp_path, choice="sampled", answer_tokens=1000)
    assert shares(replies[0])[2] > 0.7


def test_thoughts_that_never_end_are_said_with_what_may_help(tmp_path):
    with pytest.raises(
        ValueError, match="Switch its thinking off in the server, or raise llm.answer_tokens above"
    ):
        found(lambda body: {**says(f"<think>{THOUGHT}"), "finish_reason": "length"}, tmp_path)


# --- letters among words ---

ANSWERS = {
    "C": "C", "c": "C", "c)": "C", "C.": "C", "C)": "C", "(C)": "C", "**C**": "C", "Answer: C": "C", "answer: (C)": "C",
    "My choice is C.": "C", "I would choose C": "C", "The answer is C, as it is calm.": "C", "C\n\nThe post is calm.": "C",
    "C</s>": "C", "C<|im_end|>\n<|im_start|>user": "C", "C answers calmly": "C", "A) reads on": "A", "A reads on": "A",
    "answers calmly": "C", '{"answer": "C"}': "C", "Option C": "C", "<s>C": "C", "Answer: **B) votes the post up**": "B",
    "\uff23": "C", "A: C": "C", "A: reads on": "A", "C C C": "C", "A A A": "A", '["C"]': "C",
    "One would choose option C because it is calm.": "C", "Answer: A member would": None, "Answer: B or C": None,
    "`C`": "C", "C - answers calmly": "C",
    "A member would read on": None, "I think so": None, "I": None, "A or B": None, "A, B": None, "A/B": None, "D": None,
    "I'd say nothing": None, "A) reads on\nB) votes the post up\nC) answers calmly": None, "Sure!": None, "An answer": None,
}  # fmt: skip


@pytest.mark.parametrize("text", ANSWERS)
def test_what_an_answer_says_is_read_as_its_letter_or_as_none(text, tmp_path):
    options = {"choice": "sampled", "answer_tokens": 40, "least_mass": 0}
    if ANSWERS[text] is None:
        with pytest.raises(ValueError, match="does not begin its answer with an option's letter"):
            found(lambda body: says(text), tmp_path, **options)
        return
    _, _, replies, _ = found(lambda body: says(text), tmp_path, **options)
    assert shares(replies[0])["ABC".index(ANSWERS[text])] == 0.778


def test_a_content_in_parts_and_a_stream_that_nobody_asked_for_are_read(tmp_path):
    parts = [{"type": "thinking", "thinking": [{"text": "B?"}]}, {"type": "text", "text": "C"}]
    pieces = [
        {"delta": {"role": "assistant", "content": ""}},
        {"delta": {"content": "C"}},
        {"delta": {}, "finish_reason": "stop"},
    ]
    lines = [f"data: {json.dumps({'choices': [{'index': 0, **piece}]})}" for piece in pieces]
    for name, reply in {"parts": says(parts), "events": "\n\n".join([*lines, "data: [DONE]"])}.items():
        _, _, replies, _ = found(lambda body, reply=reply: reply, tmp_path / name, choice="sampled")
        assert shares(replies[0])[2] > 0.7


# --- texts ---


@pytest.mark.parametrize(
    "said",
    [
        f"{THOUGHT}</think>Fine.",
        f'<|channel|>analysis<|message|>{THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>{{"text": "Fine."}}',
        'Here is the post:\n```json\n{"text": "Fine."}\n```',
        'Sure!\n{"mood": "calm", "text": "Fine."} Anything else?',
        "Fine.<|im_end|>\n<|im_start|>user\nAnd?",
        "Fine.</s></s>",
        "<answer>Fine.</answer>",
        '{"text": "<think>Hm.</think>Fine."}',
    ],
)
def test_texts_are_read_without_thoughts_and_marks(said, tmp_path):
    _, _, replies, _ = found(lambda body: listed() if "logprobs" in body else says(said), tmp_path)
    assert replies[1].text == "Fine."


def test_a_text_that_was_refused_or_filtered_says_so(tmp_path):
    for name, choice, reason in [
        ("a", says(None, refusal="I can't help with that."), "a refusal: I can't help"),
        ("b", {**says(""), "finish_reason": "content_filter"}, "the server's filter"),
    ]:
        _, _, replies, _ = found(
            lambda body, c=choice: listed() if "logprobs" in body else c, tmp_path / name
        )
        assert isinstance(replies[1], Unanswered) and reason in replies[1].reason


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
