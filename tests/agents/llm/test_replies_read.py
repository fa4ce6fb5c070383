"""How the replies of servers are read: letters among tokens and words, thoughts left out, texts without their marks."""

import json
import math

import pytest

from tests.server_replies import LIKELY, found, listed, refuses, says, shares, tokens
from windtunnel.agents.minds.base import Unanswered

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
