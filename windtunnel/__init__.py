"""Would this policy have prevented that? Paired simulations of communities, with necessity and sufficiency.

    from windtunnel import incidents, run, sweep, why
    found = run(policy="slow_mode", draws=8, seeds=2, dowhy=False)
    found.estimates["pn"], found.plot()
    cells = sweep(policy=["slow_mode", "thread_lock"], draws=8, seeds=2, dowhy=False, out="outputs/sweep")
    cells.table, cells.compare(smallest_effect=0.05).sentences
    bad = incidents("outputs/mine")
    print(why("outputs/mine", bad["id"][0], with_="rule_reminder", at="onset", replicates=40).sentences)

`run`, `sweep`, `compare`, `read`, `estimate`, `incidents`, `why` and `replay` do what the command line's words of that name do; each tells
more under `help()`.
"""

from typing import TYPE_CHECKING, Any

from windtunnel.conf.plugin_folders import activate

__all__ = ["compare", "estimate", "incidents", "read", "replay", "run", "sweep", "why"]

_HOMES = {
    "compare": "comparison",
    "estimate": "library.pairs",
    "incidents": "library.incidents",
    "read": "library.runs",
    "replay": "library.rules",
    "run": "library.runs",
    "sweep": "library.sweeps",
    "why": "library.incidents",
}

activate()  # folders that `windtunnel plugins add` has noted

if TYPE_CHECKING:
    from windtunnel.analysis.comparison import compare
    from windtunnel.analysis.library.incidents import incidents, why
    from windtunnel.analysis.library.pairs import estimate
    from windtunnel.analysis.library.rules import replay
    from windtunnel.analysis.library.runs import read, run
    from windtunnel.analysis.library.sweeps import sweep
else:

    def __getattr__(name: str) -> Any:
        """Loaded when asked for, so that `windtunnel --help` stays quick."""
        from importlib import import_module

        if name == "__version__":
            from importlib.metadata import version

            return version("policy-windtunnel")
        if name in _HOMES:
            return getattr(import_module(f"windtunnel.analysis.{_HOMES[name]}"), name)
        raise AttributeError(f"module 'windtunnel' has no attribute {name!r}")

    def __dir__() -> list[str]:
        return [*globals(), *__all__]
