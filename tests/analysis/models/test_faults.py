"""A server with faults: whatever it does, a run's events are those without faults, or it failed and says why."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.waiting import PATIENCE_S
from windtunnel.agents.llm import client
from windtunnel.analysis.configuration import Plan, compose, plan
from windtunnel.analysis.models.serving import serving
from windtunnel.analysis.runs.run_card import events_digest
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import Run, run

SERVER = Path(__file__).resolve().parents[2] / "fault_server.py"
FAULTS = (
    *("busy", "cut", "drip", "empty", "error", "gateway", "html", "huge", "nan", "reset"),
    *("schema", "shuffled", "told", "truncated"),
)
LLM = {
    "kind": "openai",
    "model": "m",
    "digest": "d",
    "template": "plain",
    "timeout": PATIENCE_S,
    "concurrency": 8,
    "batch": 6,
    "max_retries": 4,
    "top": 27,
    "store": "none",
}


@contextmanager
def fault_server(die_after: int = 0) -> Iterator[str]:
    command = [sys.executable, str(SERVER), str(die_after)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        yield process.stdout.readline().strip()
        process.stdin.close()


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with fault_server() as address:
        yield address


@pytest.fixture(scope="module")
def planned() -> Plan:
    words = "mind=llm llm=fake prompt=archetype policy=thread_lock community.size=40 draws=1 seeds=1 steps=6"
    return plan(compose(words.split()))


@pytest.fixture(scope="module")
def talking() -> Plan:
    words = "mind=llm llm=fake prompt=member policy=thread_lock community.size=60 draws=1 seeds=1 steps=6"
    return plan(compose(words.split()))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "BACKOFF_S", 0.02)
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.03, raising=False)


def outcome(planned: Plan, base_url: str, endpoint: str, **changes: object) -> list[Run]:
    settings = LLM | {"base_url": base_url, "endpoint": endpoint} | changes
    with serving(planned.experiment, settings, planned.probe) as experiment:
        blocks = list(run(experiment, make_mind, pairs_a_block=2))
    return sorted((one for block in blocks for one in block.runs), key=lambda one: one.unit)


@pytest.fixture(scope="module")
def quiet(server: str, planned: Plan) -> dict[str, list[Run]]:
    return {
        endpoint: outcome(planned, f"{server}/none/0/0/v1", endpoint) for endpoint in ("chat", "completions")
    }


def timeout(fault: str) -> float:
    """Seconds to wait for an answer: short for the one fault that only they end, else more than a busy machine takes."""
    return 0.5 if fault == "drip" else PATIENCE_S


def digest(runs: list[Run]) -> str:
    return events_digest(one.events_sha256 for one in runs)


def check(found: list[Run], expected: list[Run]) -> None:
    """Every run is as without faults, or failed with stage and reason."""
    for one, other in zip(found, expected, strict=True):
        if one.status == "ok":
            assert one.events_sha256 == other.events_sha256
        else:
            assert (
                one.stage
                and one.stage.split(",")[0] in ("ask", "read", "words")
                and len(one.reason or "") > 10
            )


@pytest.mark.parametrize("endpoint", ["chat", "completions"])
@pytest.mark.parametrize("fault", FAULTS)
def test_under_each_fault_now_and_then_a_run_is_what_it_is_without(server, planned, quiet, fault, endpoint):
    found = outcome(planned, f"{server}/{fault}/0.15/1/v1", endpoint, timeout=timeout(fault))
    check(found, quiet[endpoint])
    assert digest(found) == digest(quiet[endpoint]) or any(one.status == "failed" for one in found)
    assert {one.status for one in quiet[endpoint]} == {"ok"}


@pytest.mark.parametrize("endpoint", [pytest.param("chat", marks=pytest.mark.slow), "completions"])
@pytest.mark.parametrize("fault", FAULTS)
def test_under_each_fault_at_every_attempt_no_action_is_made_up(server, planned, quiet, fault, endpoint):
    changes = {"max_retries": 0, "timeout": timeout(fault), "give_up_after": 3}
    found = outcome(planned, f"{server}/{fault}/1/0/v1", endpoint, **changes)
    check(found, quiet[endpoint])
    harmless = fault == "shuffled"
    assert {one.status for one in found} == {"ok" if harmless else "failed"}


@pytest.fixture(scope="module")
def quiet_talk(server: str, talking: Plan) -> dict[bool, list[Run]]:
    return {
        seeded: outcome(talking, f"{server}/none/0/0/v1", "completions", seeded=seeded)
        for seeded in (False, True)
    }


@pytest.mark.parametrize("seeded", [False, True])
@pytest.mark.parametrize("fault", FAULTS)
def test_no_fault_changes_a_word_of_what_members_write(server, talking, quiet_talk, fault, seeded):
    assert all(one.events["text"].drop_nulls().len() > 5 for one in quiet_talk[seeded])
    changes = {"timeout": timeout(fault), "seeded": seeded}
    check(outcome(talking, f"{server}/{fault}/0.2/2/v1", "completions", **changes), quiet_talk[seeded])


def test_words_lost_at_every_attempt_fail_the_runs(server, talking, quiet_talk):
    found = outcome(talking, f"{server}/truncated/1/0/v1", "chat", max_retries=1, give_up_after=0)
    assert {one.status for one in found} == {"failed"}
    assert {str(one.stage).split(",")[0] for one in found} == {
        "words"
    }  # opening posts come before any choice


@pytest.mark.parametrize("endpoint", ["chat", "completions"])
def test_a_sudden_death_fails_the_runs_with_a_reason(planned, quiet, endpoint):
    with fault_server(die_after=5) as address:
        found = outcome(planned, f"{address}/none/0/0/v1", endpoint, max_retries=1)
    check(found, quiet[endpoint])
    assert "failed" in {one.status for one in found}


def test_a_key_in_a_server_s_own_error_is_not_repeated(server, planned, monkeypatch):
    monkeypatch.setenv("FAULT_KEY", "sk-in-an-error")
    found = outcome(planned, f"{server}/told/1/0/v1", "chat", key_env="FAULT_KEY", max_retries=0)
    assert found[0].reason and "overloaded" in found[0].reason and "sk-in" not in found[0].reason
