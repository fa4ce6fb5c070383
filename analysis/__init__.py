"""What the runs mean: outcomes, pairs, probabilities of necessity and sufficiency, reports and commands.

What a script calls stands in `windtunnel` itself; see `library/`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from windtunnel.analysis.comparison import compare as compare
    from windtunnel.analysis.library.runs import read as read
    from windtunnel.analysis.library.runs import run as run
else:

    def __getattr__(name: str) -> Any:
        """`from windtunnel.analysis import compare`, loaded when asked for, so that `windtunnel --help` stays quick."""
        if name == "compare":
            from windtunnel.analysis.comparison import compare

            return compare
        if name in ("run", "read"):
            from windtunnel.analysis.library import runs

            return getattr(runs, name)
        raise AttributeError(f"module 'windtunnel.analysis' has no attribute {name!r}")
