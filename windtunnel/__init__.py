"""Would this policy have prevented that? Paired simulations of communities, with necessity and sufficiency.

from windtunnel import compare, run
run("policy=slow_mode", "draws=4", "seeds=2", "dowhy=false", out="outputs/slow")
run("policy=thread_lock", "draws=4", "seeds=2", "dowhy=false", out="outputs/lock")
compare(["outputs/slow", "outputs/lock"]).table
"""

from typing import TYPE_CHECKING, Any

__all__ = ["compare", "read", "run"]

if TYPE_CHECKING:
    from windtunnel.analysis import compare, read, run
else:

    def __getattr__(name: str) -> Any:
        """Loaded when asked for, so that `windtunnel --help` stays quick."""
        if name in __all__:
            from windtunnel import analysis

            return getattr(analysis, name)
        raise AttributeError(f"module 'windtunnel' has no attribute {name!r}")
