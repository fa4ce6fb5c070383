"""Models without log-probabilities: answers counted, one probe that finds out, and refusals before a run."""

import json
import math
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from windtunnel.agents.llm.connection.probe import probed
from windtunnel.agents.llm.opening import open_model
from windtunnel.agents.llm.reading.letters import letter_of
from windtunnel.agents.llm.reading.replies import Unreadable
from windtunnel.agents.llm.request import Answer, Request
from windtunnel.agents.llm.sampled import SampledModel, counted
from windtunnel.agents.llm.settings import LLMSettings, read_settings
from windtunnel.agents.minds.llm import LLMMind

QUESTION = Request("A forum.", "What now?", "ABC")


class Hosted(ThreadingHTTPServer):
    """A chat server without log-probabilities; `shares` are the chances of its answers."""

    shares: dict[str, float]
    heeds_n: bool | None
    calls: list[dict[str, Any]]


class Handler(BaseHTTPRequestHandler):
    server: Hosted

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls.append(body)
        number = body.get("n") or 1
        if body.get("logprobs") and self.server.heeds_n is not True:
            return self.send(400, {"error": {"message": "logprobs are not supported by this model"}})
        if number > 1 and self.server.heeds_n is None:
            return self.send(400, {"error": {"message": "n must be 1"}})
        number = number if self.server.heeds_n else 1
        said = random.Random(len(self.server.calls)).choices(
            list(self.server.shares), list(self.server.shares.values()), k=number
        )
        choices = [
            {"index": place, "message": {"role": "assistant", "content": text}, "finish_reason": "length"}
            for place, text in enumerate(said)
        ]
        usage = {"prompt_tokens": 10, "completion_tokens": number}
        self.send(
            200, {"choices": choices, "usage": usage, "model": body["model"], "object": "chat", "id": "x"}
        )

    def send(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def hosted(heeds_n: bool | None = True, **shares: float) -> Iterator[tuple[Hosted, str]]:
    server = Hosted(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.shares, server.heeds_n, server.calls = shares or {"A": 0.7, "B": 0.3}, heeds_n, []
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()


def settings(address: str, store: object, **options: Any) -> LLMSettings:
    base = {"kind": "openai", "model": "m", "base_url": address, "store": str(store), "max_retries": 0}
    return read_settings(base | options)


def test_answers_are_counted_with_one_more_for_every_letter():
    answer = counted(["A"] * 7 + ["B"] * 2, "ABC")
    assert np.allclose(np.exp(answer.logp), [8 / 12, 3 / 12, 1 / 12]) and answer.mass == pytest.approx(1)
    half = counted(["A", None], "AB")
    assert np.allclose(np.exp(half.logp), [1 / 3, 1 / 6]) and half.mass == pytest.approx(0.5)
    with pytest.raises(Unreadable, match="none of 2 answers"):
        counted([None, None], "AB")


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("A", "A"),
        (" B.", "B"),
        ("(C)", "C"),
        ("**A**\nBecause", "A"),
        ("Apple", None),
        ("D", None),
        ("", None),
    ]
    + [(None, None), ("the A", None), ("a", "A"), ("a member", None)],
)
def test_only_a_letter_that_stands_alone_in_front_is_an_answer(text, letter):
    assert letter_of(text, "ABC") == letter


@pytest.mark.parametrize(("heeds_n", "calls"), [(True, 1), (False, 12), (None, 13)])
def test_k_answers_are_had_from_servers_that_heed_n_ignore_it_or_refuse_it(heeds_n, calls):
    with hosted(heeds_n) as (server, address):
        model = SampledModel(samples=12, base_url=address, model="m", max_retries=0)
        (answer,) = model.ask([QUESTION])
        assert isinstance(answer, Answer) and len(server.calls) == calls == model.counts.snapshot()["calls"]
        assert answer.tokens_out == 12 and answer.mass == pytest.approx(1)
        whole = [round(math.exp(value) * 15) for value in answer.logp]
        assert sum(whole) == 15 and whole[2] == 1
        model.ask([QUESTION])
        assert len(server.calls) == (2 * calls if heeds_n is not None else calls + 12), "it is learnt once"
        assert all(call["temperature"] == 1 and call["max_tokens"] == 1 for call in server.calls)
        model.close()


def test_the_shares_come_near_the_model_s_own():
    with hosted(True, A=0.6, B=0.3, C=0.1) as (_, address):
        model = SampledModel(samples=1000, base_url=address, model="m")
        (answer,) = model.ask([QUESTION])
        assert np.allclose(np.exp(answer.logp), [0.6, 0.3, 0.1], atol=4 * math.sqrt(0.25 / 1000))
        model.close()


def test_an_answer_is_kept_for_its_number_of_samples_and_the_coupling_says_it(tmp_path, scene, batch):
    with hosted() as (server, address):
        for samples, asked in [(4, 1), (4, 1), (8, 2)]:
            made = settings(address, tmp_path / "a.sqlite", choice="sampled", samples=samples)
            model = open_model(made)
            model.ask([QUESTION])
            assert len(server.calls) == asked
            mind = LLMMind(model, scene)
            assert mind.coupling == mind.record()["coupling"] == f"sampled-{samples}"
            mind.close()


def test_without_a_store_nothing_is_sampled(tmp_path):
    with pytest.raises(ValueError, match="needs a store"):
        open_model(settings("http://127.0.0.1:1/v1", "none", choice="sampled"))


def test_one_probe_finds_out_that_answers_must_be_counted_and_says_so(tmp_path):
    said: list[str] = []
    with hosted(False) as (server, address):
        found = probed(settings(address, tmp_path / "a.sqlite", samples=5), QUESTION, said.append)
        assert found.choice == "sampled" and len(server.calls) == 1 + 5 + 4, (
            "and four that show a whole answer"
        )
        assert said and "5 answers to each question are counted" in said[0]
        probed(found, QUESTION, said.append)
        assert len(server.calls) == 10, "the probe's answer is kept"
        with pytest.raises(ValueError, match="set llm.choice to sampled or auto"):
            probed(settings(address, tmp_path / "b.sqlite", choice="logprobs"), QUESTION, said.append)


def test_a_probe_of_a_server_with_log_probabilities_keeps_them(tmp_path, server):
    said: list[str] = []
    found = probed(settings(server, tmp_path / "a.sqlite", top=27), QUESTION, said.append)
    assert found.choice == "logprobs" and "gives log-probabilities" in said[0]
    found = probed(settings(server, tmp_path / "a.sqlite", top=27, choice="logprobs"), QUESTION, said.append)
    assert len(said) == 1, "what was set needs no telling"


def test_a_model_that_does_not_answer_in_letters_is_refused_with_the_example(tmp_path):
    with (
        hosted(True, A=1.0, Hello=19.0) as (_, address),
        pytest.raises(ValueError, match=r"letters \(A .*What now\?.*llm.least_mass asks for 0.3"),
    ):
        made = settings(address, tmp_path / "a.sqlite", choice="sampled", samples=200, least_mass=0.3)
        probed(made, QUESTION, print)


def test_a_server_out_of_reach_is_left_for_the_runs_to_fail_at(tmp_path):
    made = settings("http://127.0.0.1:1/v1", tmp_path / "a.sqlite")
    assert probed(made, QUESTION, print).choice == "logprobs"


def test_questions_whose_letters_got_little_are_counted(scene, batch):
    from windtunnel.agents.llm.fake import FakeModel

    class Thin(FakeModel):
        def ask(self, requests):
            return [Answer((math.log(0.01),) * len(request.letters)) for request in requests]

    mind = LLMMind(Thin(), scene, least_mass=0.1)
    mind.decide([batch((0, 0, 0, (0, 1)), (0, 2, 0, (0, 1)))])
    assert mind.record()["thin"] == 2 and mind.record()["least_mass"] == 0.1
