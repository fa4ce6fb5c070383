"""Odd habits of servers that say something wrong in silence if they are believed: each is a right answer or one sentence."""

import json
import math

import pytest

from tests.replying_server import replying
from windtunnel.agents.llm.opening import open_model
from windtunnel.agents.llm.reading.answers import body_of, choices_by_index
from windtunnel.agents.llm.reading.letters import NO_LOGPROBS, first_token, letter_of, read_letters
from windtunnel.agents.llm.reading.replies import Unreadable, said
from windtunnel.agents.llm.request import Request
from windtunnel.agents.llm.settings import read_settings

QUESTION = Request("A forum.", "What now?", "ABC")


# --- log-probabilities ---


@pytest.mark.parametrize(
    ("values", "whole"),
    [((0.0, 0.0, 0.0), "3.00"), ((-0.1, -0.1, -0.1), "2.71"), ((-0.5, -0.5, -3.0), "1.26")],
)
def test_chances_that_add_up_to_more_than_one_are_none(values, whole):
    with pytest.raises(Unreadable, match=rf"add up to {whole} \(llm.choice=sampled"):
        read_letters(zip("ABC", values, strict=True), "ABC")


def test_the_rounding_of_16_bits_is_no_excess():
    assert read_letters([("A", 0.0005), ("B", -5.0), ("C", -6.0)], "ABC").floored == 0


def test_a_letter_of_minus_infinity_is_impossible_and_not_as_likely_as_the_last():
    answer = read_letters([("A", -0.7), ("B", -0.8), ("C", -math.inf)], "ABC")
    assert answer.logp[2] == -9999.0 and answer.floored == 0


def test_one_candidate_says_nothing_of_the_other_letters():
    with pytest.raises(Unreadable, match=f"{NO_LOGPROBS} of more than one token"):
        read_letters([("A", -0.7)], "ABC")


def test_letters_that_a_short_list_leaves_out_share_what_is_left():
    answer = read_letters([("A", math.log(0.6)), ("B", math.log(0.3))], "ABCD")
    assert [round(math.exp(value), 6) for value in answer.logp] == [0.6, 0.3, 0.05, 0.05]
    assert answer.floored == 2


# --- answers that broke off ---

CHOICE = {"index": 0, "message": {"content": "A"}, "logprobs": {"content": []}}


@pytest.mark.parametrize("read", [said, first_token])
def test_an_answer_that_the_server_says_broke_off_is_none(read):
    broken = CHOICE | {"finish_reason": "error", "error": {"message": "upstream died"}}
    with pytest.raises(Unreadable, match="broke off: upstream died"):
        read(broken)
    with pytest.raises(Unreadable, match="broke off$"):
        read(CHOICE | {"finish_reason": "error"})


def test_a_stream_that_ends_in_an_error_is_no_answer():
    events = [{"choices": [{"index": 0, "delta": {"content": "A"}}]}, {"error": {"message": "upstream died"}}]
    body = body_of("\n\n".join(f"data: {json.dumps(event)}" for event in events).encode())
    with pytest.raises(Unreadable, match="upstream died"):
        choices_by_index(body, 1)


@pytest.mark.parametrize(
    "sent",
    [": busy\n\n: busy\n\nB", "event: message\nid: 7\nretry: 10\ndata: B\n\n", ":\ndata: B\n\ndata: [DONE]"],
)
def test_comments_and_names_of_events_are_passed_over(sent):
    body = {"choices": [{"index": 0, "message": {"content": "A"}}]}
    assert said(body_of(sent.replace("B", json.dumps(body)).encode())["choices"][0]) == "A"


@pytest.mark.parametrize(
    ("sent", "reason"), [(b"\x1f\x8b\x08\xff", "bytes that are neither JSON nor text"), (b"", "nothing$")]
)
def test_what_is_no_json_is_told_without_being_shown_as_garbage(sent, reason):
    with pytest.raises(Unreadable, match=reason):
        body_of(sent)


@pytest.mark.parametrize(
    "content", [{"type": "text", "text": "B"}, [{"type": "text", "text": {"value": "B", "annotations": []}}]]
)
def test_a_content_of_one_part_or_with_its_value_apart_is_read(content):
    assert said({"message": {"content": content}}) == "B"


# --- letters among words ---

ANSWERS = {
    "Antwort: B": "B", "Réponse : B": "B", "答案：B": "B", "A: B": "B", "Not: A": None, "~~A~~ B": "B",
    "I can't choose A, so B": None, "I would never pick A": None, "A? No, B.": None, '{"A": 0.2, "B": 0.8}': None,
    "I would rather choose A": "A", "B (not A)": "B", '{"answer": "B"}': "B", "\u200bB": "B", "В": None, "Ⓑ": "B",
}  # fmt: skip


@pytest.mark.parametrize("text", ANSWERS)
def test_what_is_denied_doubted_struck_out_or_weighed_is_not_chosen(text):
    assert letter_of(text, "ABC") == ANSWERS[text]


# --- addresses ---


def test_where_a_server_sends_us_is_said_without_a_key(monkeypatch):
    monkeypatch.setenv("OWN_KEY", "sk-of-mine")
    to = {"Location": "https://me:sk-of-mine@far.example/v1/?key=sk-of-mine"}
    with replying(lambda body: (308, "", to)) as (_, address):
        base = {
            "kind": "openai",
            "model": "m",
            "base_url": f"{address}/v1",
            "store": "none",
            "key_env": "OWN_KEY",
        }
        model = open_model(read_settings(base))
        reason = model.ask([QUESTION])[0].reason
        model.close()
    assert "(status 308, to https://far.example/v1/)" in reason and "sk-of-mine" not in reason
