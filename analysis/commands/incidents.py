"""`windtunnel incidents`: what went wrong in a finished run or an imported community."""

from windtunnel.analysis.incidents.forum.command import call, describe

__all__ = ["call", "describe"]
