"""What the runs mean: outcomes, pairs, probabilities of necessity and sufficiency, reports and commands."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.comparison import compare as compare
else:

    def __getattr__(name: str) -> Any:
        """`from analysis import compare`, loaded when asked for, so that `windtunnel --help` stays quick."""
        if name == "compare":
            from analysis.comparison import compare

            return compare
        raise AttributeError(f"module 'analysis' has no attribute {name!r}")
