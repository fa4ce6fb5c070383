"""What the runs mean: outcomes, pairs, probabilities of necessity and sufficiency, reports and commands.

from windtunnel.analysis import compare, run
run("policy=slow_mode", "draws=4", "seeds=2", "dowhy=false", out="outputs/slow")
run("policy=thread_lock", "draws=4", "seeds=2", "dowhy=false", out="outputs/lock")
compare(["outputs/slow", "outputs/lock"]).table
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from windtunnel.analysis.calls import read as read
    from windtunnel.analysis.calls import run as run
    from windtunnel.analysis.comparison import compare as compare
else:

    def __getattr__(name: str) -> Any:
        """`from windtunnel.analysis import compare`, loaded when asked for, so that `windtunnel --help` stays quick."""
        if name == "compare":
            from windtunnel.analysis.comparison import compare

            return compare
        if name in ("run", "read"):
            from windtunnel.analysis import calls

            return getattr(calls, name)
        raise AttributeError(f"module 'windtunnel.analysis' has no attribute {name!r}")
