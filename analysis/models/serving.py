"""The language model behind a run: started before it, stopped after it, whatever happens."""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from windtunnel.agents.minds.codes import count_questions
from windtunnel.analysis.models.asking import Probe
from windtunnel.analysis.models.calibration_file import check_model
from windtunnel.analysis.terminal.ending import plain
from windtunnel.sim.experiment import Experiment
from windtunnel.sim.minds import is_learned, make_mind

MOST_ARCHETYPES = 512
"""Personas x bins x option sets of `prompt: archetype`; more would not be shared by enough members."""
OPTION_SETS = 3
"""Everything on offer, and two kinds of less: an allowance, since what is on offer is known once a run has met it."""


@contextmanager
def serving(experiment: Experiment, llm: Mapping[str, Any], probe: Probe | None) -> Iterator[Experiment]:
    """The experiment with its mind ready to ask: a server is up, and a budget has its ledger, while the block lasts.

    `ValueError` if the probe was not answered so that a run could be trusted; without a probe no model is asked.
    """
    if probe is None:
        yield experiment
        return
    from windtunnel.agents.llm.connection.probe import probed
    from windtunnel.agents.llm.opening import open_model
    from windtunnel.agents.llm.opening import serving as server
    from windtunnel.agents.llm.settings import LLMSettings

    with (
        server(LLMSettings.model_validate(dict(llm))) as running,
        tempfile.TemporaryDirectory(prefix="windtunnel-") as folder,
    ):
        if running.budget is not None:
            running = running.model_copy(update={"ledger": str(Path(folder) / "spent.sqlite")})
        settings = probed(running, probe.question, _say, probe.words)
        if experiment.mind.get("calibration"):
            model = open_model(settings)
            try:
                check_model(experiment.mind["calibration"], model.identity)
            finally:
                model.close()
        yield replace(experiment, mind={**experiment.mind, "llm": settings.model_dump()})


def archetype_questions(experiment: Experiment) -> int:
    """How many archetype questions this experiment's members could come to ask, at the most."""
    scenes = experiment.builder().scenes(experiment.raised())
    if is_learned(experiment.mind["name"]):
        scenes = scenes[:1]  # its phases ask alike
    return sum(count_questions(scene, OPTION_SETS, experiment.mind["permute"]) for scene in scenes)


def check_llm(experiment: Experiment, llm: Mapping[str, Any], *, reach: bool) -> None:
    """`ValueError` if the model's settings, the choice model or the number of archetype questions cannot work.

    With `reach` a server's address and key must be there too; no question is asked.
    """
    from windtunnel.agents.llm.opening import check_vllm, open_model
    from windtunnel.agents.llm.settings import read_settings

    settings = read_settings(llm)
    if reach and settings.kind == "vllm" and not settings.base_url:
        check_vllm(settings)
    elif reach and settings.kind != "embedded":
        open_model(settings).close()
    make_mind(replace(experiment, mind={**experiment.mind, "llm": {"kind": "fake", "store": "none"}})).close()
    if experiment.mind["prompt"] == "archetype":
        count = archetype_questions(experiment)
        if count > MOST_ARCHETYPES:
            raise ValueError(
                f"these policies make {count} kinds of situation; prompt=archetype takes {MOST_ARCHETYPES} at most: "
                "leave out a policy that tells members something, or set prompt=member"
            )


def _say(sentence: str) -> None:
    print(f"windtunnel: {plain(sentence)}", file=sys.stderr)
