"""A real vLLM server, with a tiny random Llama: started by us, equal to transformers, used by a run, gone afterwards.

Run by `make test-vllm`, which names an interpreter with vLLM in WINDTUNNEL_VLLM_PYTHON.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from windtunnel.agents.llm.opening import open_model, serving
from windtunnel.agents.llm.request import Answer, Request
from windtunnel.agents.llm.settings import read_settings
from windtunnel.analysis.cli import main
from windtunnel.analysis.terminal.ending import OK

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(900)]
ROOT = Path(__file__).parents[3]
SERVE_ARGS = "--dtype float32 --gpu-memory-utilization 0.1"
QUESTIONS = [
    Request(
        "You are a member of an online forum. Members read a feed of posts and answer each other.",
        "What a member can do:\nA) reads on\nB) answers calmly\nC) answers with an insult\nThe situation:\n"
        f"The thread has {number} posts.\nWhat does the member do? Answer with one letter.",
        "ABC",
    )
    for number in range(12)
]
BY_TRANSFORMERS = """
import json, sys, torch
from transformers import AutoModelForCausalLM, AutoTokenizer
folder, asked = sys.argv[1], json.load(sys.stdin)
tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder).float().eval()
rows = []
for system, user, letters, *_ in asked:
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    words = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    tokens = tokenizer(words, add_special_tokens=False, return_tensors="pt").input_ids
    with torch.no_grad():
        logp = model(tokens).logits[0, -1].log_softmax(-1)
    rows.append([float(logp[tokenizer.convert_tokens_to_ids(letter)]) for letter in letters])
print(json.dumps(rows))
"""


@pytest.fixture(scope="module")
def python() -> str:
    found = os.environ.get("WINDTUNNEL_VLLM_PYTHON", "")
    if not Path(found).is_file():
        pytest.skip("WINDTUNNEL_VLLM_PYTHON names no interpreter: make test-vllm sets it")
    return found


@pytest.fixture(scope="module")
def model(python: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("models") / "tiny-llama"
    subprocess.run([python, str(ROOT / "tests" / "tiny_llama.py"), str(folder)], check=True)
    return str(folder)


@pytest.fixture(scope="module")
def ready(python: str, model: str):
    settings = {"kind": "vllm", "model": model, "python": python, "serve_args": SERVE_ARGS, "store": "none"}
    before = _servers()
    more = {"endpoint": "completions", "top": 200, "batch": 8, "timeout": 120}
    with serving(read_settings(settings | more)) as running:
        yield running
        started = _servers() - before
        assert len(started) >= 2, "the server and its engine run while the block does"
    assert not _servers() & started, "and leave nothing behind"


def _servers() -> set[str]:
    """The numbers of vLLM's processes that live on this machine; ended ones that wait to be reaped do not count."""
    listed = subprocess.run(
        ["ps", "-eo", "pid,stat,args"], capture_output=True, text=True
    ).stdout.splitlines()
    marks = ("vllm_command.py serve", "VLLM::")
    found = [line.split() for line in listed if any(mark in line for mark in marks)]
    return {pid for pid, state, *_ in found if not state.startswith("Z")}


def test_answers_are_those_of_transformers_under_the_tokenizer_s_own_template(python, model, ready):
    asked = open_model(ready)
    answers = asked.ask(QUESTIONS)
    assert all(isinstance(answer, Answer) and answer.tokens_out == 1 for answer in answers)
    told = subprocess.run(
        [python, "-c", BY_TRANSFORMERS, model],
        input=json.dumps(QUESTIONS),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()[-1]
    worst = max(
        abs(ours - theirs)
        for answer, row in zip(answers, json.loads(told), strict=True)
        for ours, theirs in zip(answer.logp, row, strict=True)
    )
    print(f"largest difference to transformers: {worst:.2g}", file=sys.stderr)
    assert worst < 1e-3 and sum(answer.floored for answer in answers) == 0
    assert "<|im_start|>" in asked.identity.template and "<s>" not in asked.identity.template


def test_chat_and_completions_agree_and_shared_beginnings_are_cached(ready):
    asked = open_model(ready.model_copy(update={"batch": 1}))  # of several prompts, one alone is told
    first = asked.ask(QUESTIONS)
    before = asked.counts.snapshot()
    again = asked.ask(QUESTIONS)
    after = asked.counts.snapshot()
    chat = open_model(ready.model_copy(update={"endpoint": "chat"})).ask(QUESTIONS)
    for other in (again, chat):
        for one, two in zip(first, other, strict=True):
            assert one.logp == pytest.approx(two.logp, abs=1e-3)
    cached = after["tokens_cached"] - before["tokens_cached"]
    total = after["tokens_in"] - before["tokens_in"]
    print(f"cached of a repeated question: {cached / total:.2f}", file=sys.stderr)
    assert cached / total > 0.5


def test_words_come_as_json_in_one_call_without_seeds(ready):
    asked = open_model(ready)
    replies = asked.ask([Request(one.system, one.user, "", nonce, 40) for nonce, one in enumerate(QUESTIONS)])
    texts = [one.text for one in replies if isinstance(one, Answer)]
    print(f"{len(texts)} of {len(replies)} texts, the first {texts[:1]}", file=sys.stderr)
    assert texts and all(isinstance(one, Answer) or one.stage == "words" for one in replies)
    assert asked._structured, "vLLM takes our schema"


def test_a_run_is_decided_by_the_managed_server(python, model, tmp_path, capsys):
    before = _servers()
    words = f"mind=llm llm=vllm llm.model={model} llm.python={python} llm.store={tmp_path}/answers.sqlite llm.least_mass=0"
    size = "prompt=archetype community.size=30 steps=3 draws=2 seeds=1 dowhy=false parallel.jobs=1"
    arguments = [f"llm.serve_args='{SERVE_ARGS}'", f"out={tmp_path}/out"]
    assert main(["run", *words.split(), *size.split(), *arguments]) == OK
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest["failed"] == 0 and manifest["llm"]["calls"] > 0
    assert manifest["llm"]["model"] == "tiny-llama" and len(manifest["llm"]["weights_sha256"]) == 64
    assert "vLLM: ready after" in capsys.readouterr().err
    assert _servers() <= before
