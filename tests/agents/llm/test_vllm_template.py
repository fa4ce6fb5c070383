"""The chat template of a vLLM server is read from the tokens it tells, without the mark it adds by itself."""

import pytest

from windtunnel.agents.llm.backends.vllm_template import vllm_template
from windtunnel.agents.llm.template import CHATML, template_messages


def server(begin: str, adds: bool, drops: str = ""):
    """What vLLM answers for a tokenizer of one token a character: code 1 is the mark that begins a text."""

    def tokens(words: str) -> list[int]:
        return [1 if letter == "\u0001" else ord(letter) for letter in words.replace("<s>", "\u0001")]

    def post(path: str, body: dict) -> dict:
        if path == "/detokenize":
            return {"prompt": "".join("<s>" if one == 1 else chr(one) for one in body["tokens"])}
        if "prompt" in body:
            return {"tokens": ([1] if adds else []) + tokens(body["prompt"])}
        assert body["messages"] == template_messages() and body["add_generation_prompt"]
        system, user = (part["content"] for part in body["messages"])
        words = begin + CHATML.before + system + CHATML.between + user + CHATML.after
        return {"tokens": tokens(words.replace(drops, "") if drops else words)}

    return post


@pytest.mark.parametrize(("begin", "adds"), [("", False), ("<s>", True)])
def test_the_template_is_the_tokenizer_s_and_a_mark_that_the_server_adds_is_left_to_it(begin, adds):
    assert vllm_template(server(begin, adds), "m") == CHATML


def test_a_mark_that_the_server_does_not_add_stays():
    assert vllm_template(server("<s>", False), "m") == CHATML._replace(before="<s>" + CHATML.before)


def test_a_template_without_the_system_s_words_is_refused():
    with pytest.raises(ValueError, match="set llm.template"):
        vllm_template(server("", False, drops=template_messages()[0]["content"]), "m")
