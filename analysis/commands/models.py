"""`windtunnel models`: weights of the embedded model, which are known by name and how to get one."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.analysis.terminal.printing import print_json


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("list", "pull", "probe"))
    parser.add_argument(
        "words",
        nargs="*",
        metavar="NAME or llm.KEY=VALUE",
        help="pull: a model of the list (default: the smallest); probe: which model is asked one question, as llm=openai "
        "llm.base_url=… llm.model=…",
    )
    parser.add_argument("--json", action="store_true")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.agents.llm.model_files.weights import known_models, pull

    if asked.what == "probe":
        return _probed(asked.words)
    if len(asked.words) > 1:
        raise ValueError(f"models {asked.what} takes one name, not {len(asked.words)}")
    name = asked.words[0] if asked.words else ""
    if asked.what == "pull":
        print(f"Weights: {pull(name)}")
        return OK
    if name:
        raise ValueError(f"models list takes no name; did you mean windtunnel models pull {name}?")
    rows = known_models()
    if asked.json:
        print_json(rows)
        return OK
    for row in rows:
        print("\n".join(told(row)))
    print(
        "Get one: windtunnel models pull NAME; use it: llm=embedded llm.model=NAME. Any other GGUF file: llm.weights.path=FILE, "
        "or llm.weights.repo=OWNER/NAME llm.weights.file=FILE of the hub. Memory of those not loaded here: their size and more."
    )
    return OK


def _probed(words: Sequence[str]) -> int:
    """Ask the model the neutral question of a forum; `ValueError` says what it answered instead of letters."""
    from windtunnel.agents.llm.opening import open_model
    from windtunnel.agents.llm.settings import read_settings
    from windtunnel.agents.minds.base import Unanswered
    from windtunnel.analysis.configuration import compose, plan
    from windtunnel.analysis.models.serving import serving

    if others := [word for word in words if not word.startswith(("llm=", "llm."))]:
        raise ValueError(f"{others[0]!r} is no setting of a model: give llm=NAME and llm.KEY=VALUE")
    if not any(word.startswith("llm=") for word in words):
        raise ValueError(
            "say which model is asked: llm=embedded, or llm=openai with llm.base_url and llm.model"
        )
    made = plan(compose(["mind=llm", "prompt=archetype", *words]))
    assert made.probe is not None  # mind=llm has one
    with serving(made.experiment, made.llm, made.probe) as experiment:
        settings = read_settings(experiment.mind["llm"])
        model = open_model(settings)
        try:
            (reply,) = model.ask([made.probe.question])
        finally:
            model.close()
    if isinstance(reply, Unanswered):
        raise ValueError(f"{settings.model or 'the model'} did not answer: {reply.reason}")
    print(
        plain(
            f"{settings.model or 'The model'} answers; the letters had {reply.mass:.0%} of its answer to a neutral question."
        )
    )
    return OK


def told(row: Mapping[str, Any]) -> list[str]:
    """The lines of one model."""
    here = "loaded here" if row["loaded_here"] else "not loaded here"
    memory = (
        f"{row['memory_mb']} MB of memory" if row["memory_mb"] else f"memory above {_size(row['size_mb'])}"
    )
    facts = [_parameters(row["parameters_millions"]), _size(row["size_mb"]), memory, row["licence"], here]
    if row["cached"]:
        facts.append("in the cache")
    return [row["name"], f"  {', '.join(facts)}", f"  {row['repo']} {row['file']}", f"  {row['source']}"]


def _size(megabytes: int) -> str:
    return f"{megabytes} MB" if megabytes < 1000 else f"{megabytes / 1000:.3g} GB"


def _parameters(millions: int) -> str:
    return f"{millions} million parameters" if millions < 1000 else f"{millions / 1000:g} billion parameters"
