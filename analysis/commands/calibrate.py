"""`windtunnel calibrate`: fit a language model to base rates and published shifts."""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from windtunnel.analysis import configuration
from windtunnel.analysis.terminal.ending import OK, plain
from windtunnel.sim.minds import asks_a_model

SETTINGS = True


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description = "Ask a language model about kinds of situation; write a file for mind.calibration=FILE. Settings as for run."
    parser.epilog = "Of its own: profile=NAME (short for community.profile), leave_out=[OP01a] (cases not to fit to), gap=true (also run the policy by archetype and by member), out=FILE.yaml. Example: windtunnel calibrate llm=embedded profile=reddit-feminism out=calibration.yaml"
    parser.add_argument("words", nargs="*", metavar="key=value")


def call(asked: argparse.Namespace) -> int:
    """Fit alpha and beta for the model, community and orders that the settings name, and write the file."""
    from windtunnel.analysis.model_commands import calibrate as fitting
    from windtunnel.analysis.model_commands.calibration_words import calibration_lines
    from windtunnel.analysis.models.calibration_file import write_calibration

    own, words = _own_words(asked.words, ("leave_out", "gap"))
    words = [f"community.{word}" if word.startswith("profile=") else word for word in words]
    config = configuration.compose(["mind=llm", *words])
    plan = configuration.plan(config)
    if not asks_a_model(plan.experiment.mind):
        raise ValueError(f"mind={plan.experiment.mind['name']} asks no language model: leave mind out")
    if plan.experiment.mind.get("calibration"):
        raise ValueError("mind.calibration names a finished calibration: leave it out to make one")
    if own.get("gap", "false") not in ("true", "false"):
        raise ValueError(f"gap is {own['gap']!r}: write gap=true or gap=false")
    cases = [case.strip() for case in own.get("leave_out", "").strip("[]").split(",") if case.strip()]
    found = fitting.calibrate(plan, leave_out=cases, say=lambda line: print(line, file=sys.stderr))
    if own.get("gap") == "true":
        found = fitting.with_gap(plan, found, lambda line: print(line, file=sys.stderr))
    path = _calibration_path(config["out"], found)
    write_calibration(path, found)
    for line in calibration_lines(found):
        print(plain(line))
    print(f"Calibration: {path}; use it with mind.calibration={path}")
    return OK


def _own_words(words: Sequence[str], names: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """The words that set `names`, by name, and the others."""
    own = {name: value for name, _, value in (word.partition("=") for word in words) if name in names}
    return own, [word for word in words if word.partition("=")[0] not in names]


def _calibration_path(out: str | None, found: dict[str, Any]) -> Path:
    """`out` if it names a yaml file, else a file in that folder; without `out` one named after model and profile."""
    if out is None:
        name = f"{found['model']['name']}-{found['profile']['name']}.yaml"
        return Path("outputs") / "calibration" / re.sub(r"[^A-Za-z0-9._-]+", "-", name)
    path = Path(out)
    return path if path.suffix in (".yaml", ".yml") else path / "calibration.yaml"
