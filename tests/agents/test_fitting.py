"""Room: what a member recalls is bounded, a prompt stays within the context, and what was cut is counted."""

import json
import urllib.request

import numpy as np
import pytest

from windtunnel.agents.fitting import fitted, recalled
from windtunnel.agents.llm.costs.tokens import estimated_tokens, tokens_at_most
from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.minds.llm import LLMMind
from windtunnel.agents.prompt import fitted_member_request, member_request
from windtunnel.agents.situation import Line, Situations

POSTS = [Line("shown", f"- regular {number}: hostile, score -3, 2 h ago") for number in range(60)]
MEMORIES = [Line("memory", f"You recall: regular {number} gave you a civil answer.") for number in range(5)]
END = [Line("looking", "You are looking at the civil post of newcomer 4."), Line("member", "You are new.")]
ORDER = (0, 1, 2, 3)


def situations(batch, lines):
    made = batch((0, 0, 0, ORDER))
    return Situations(made.scene, made.features, made.options, made.persona, made.member, lambda row: lines)


def test_memories_are_kept_most_relevant_first_until_their_tokens_are_used_up():
    each = tokens_at_most(MEMORIES[0].text)
    assert recalled([*MEMORIES, *END], 2 * each) == [*MEMORIES[:2], *END]
    assert recalled([*MEMORIES, *END], 0) == END
    assert recalled([*POSTS, *MEMORIES, *END], 10**6) == [*POSTS, *MEMORIES, *END]


def test_the_oldest_posts_are_cut_first_then_the_least_relevant_memories():
    size = sum(tokens_at_most(line.text) for line in [*POSTS, *MEMORIES, *END])
    assert fitted([*POSTS, *MEMORIES, *END], size) == ([*POSTS, *MEMORIES, *END], 0)
    assert fitted([*POSTS, *MEMORIES, *END], size - 1) == ([*POSTS[1:], *MEMORIES, *END], 1)
    bare = sum(tokens_at_most(line.text) for line in [MEMORIES[0], *END])
    assert fitted([*POSTS, *MEMORIES, *END], bare) == ([MEMORIES[0], *END], 64)
    with pytest.raises(ValueError, match="raise llm.context"):
        fitted([*POSTS, *END], 3)


def test_no_prompt_outgrows_its_context_and_the_newest_posts_stay(scene, batch):
    told = situations(batch, [*POSTS, *MEMORIES, *END])
    for context in (300, 500, 900, 4096):
        request, cut = fitted_member_request(told, 0, ORDER, context=context)
        assert tokens_at_most(f"{request.system}\n{request.user}") <= context
        kept = [line for line in request.user.splitlines() if line.startswith("- regular")]
        assert kept == [line.text for line in POSTS[cut:]] and (cut > 0) == (context < 1500)
        assert fitted_member_request(told, 0, ORDER, context=context) == (request, cut)
    assert fitted_member_request(told, 0, ORDER)[0] == member_request(told, 0, ORDER)


def test_cuts_are_counted_in_the_record_and_a_question_without_room_fails_its_run_alone(scene, batch):
    mind = LLMMind(FakeModel(), scene, prompt="member", context=400)
    fine, long, short = mind.decide(
        [
            situations(batch, [*POSTS, *END]),
            situations(batch, [Line("member", "long words " * 30), *[Line("member", "more " * 80)] * 9]),
            situations(batch, END),
        ]
    )
    assert isinstance(fine, np.ndarray) and isinstance(short, np.ndarray)
    assert isinstance(long, Unanswered) and long.stage == "prompt"
    assert (
        0
        < mind.record()["cut"]
        == fitted_member_request(situations(batch, [*POSTS, *END]), 0, ORDER, context=400)[1]
    )


def test_the_cautious_count_is_no_smaller_than_the_embedded_model_s(scene, batch, embedded):
    def tokens(text: str) -> int:
        body = json.dumps({"content": text}).encode()
        call = urllib.request.Request(
            embedded.removesuffix("/v1") + "/tokenize", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(call) as reply:
            return len(json.loads(reply.read())["tokens"])

    request = member_request(situations(batch, [*POSTS, *MEMORIES, *END]), 0, ORDER)
    for text in (request.user, "漢字かな交じり文", "Привет, как дела?", "🙂🙃 12345 !!!"):
        assert tokens(text) <= tokens_at_most(text), text[:40]
    assert estimated_tokens("12345") == 2 and estimated_tokens("") == 0
