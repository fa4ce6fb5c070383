"""The language model behind a run: started before it, stopped after it, whatever happens."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from analysis.configuration import Plan
from sim.experiment import Experiment


@contextmanager
def serving(plan: Plan) -> Iterator[Experiment]:
    """The plan's experiment with its mind ready to ask: a server is up while the block lasts."""
    if plan.experiment.mind["name"] != "llm":
        yield plan.experiment
        return
    from agents.llm.settings import open_model, read_settings
    from agents.llm.settings import serving as server

    with server(read_settings(plan.llm)) as settings:
        open_model(settings).close()  # a missing key or store is said before anything runs
        yield replace(plan.experiment, mind={**plan.experiment.mind, "llm": settings.model_dump()})


def merged(records: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The records of many blocks' minds as one: counts added, smallest of `*_min`, the rest from the first."""
    out: dict[str, Any] = {}
    for record in records:
        for key, value in record.items():
            counts = isinstance(value, int | float) and not isinstance(value, bool)
            if key not in out or not counts:
                out.setdefault(key, value)
            elif key.endswith("_min"):
                out[key] = min(out[key], value)
            elif key not in ("beta", "permute", "letter_mass_mean"):
                out[key] += value
    return out
