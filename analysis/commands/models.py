"""`windtunnel models`: weights of the embedded model, which are known by name and how to get one."""

import argparse
from collections.abc import Mapping
from typing import Any

from windtunnel.analysis.terminal.ending import OK
from windtunnel.analysis.terminal.printing import print_json


def describe(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("list", "pull"))
    parser.add_argument(
        "name", nargs="?", default="", help="of a model in the list, to pull; default: the smallest"
    )
    parser.add_argument("--json", action="store_true")


def call(asked: argparse.Namespace) -> int:
    from windtunnel.agents.llm.weights import known_models, pull

    if asked.what == "pull":
        print(f"Weights: {pull(asked.name)}")
        return OK
    if asked.name:
        raise ValueError(f"models list takes no name; did you mean windtunnel models pull {asked.name}?")
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
