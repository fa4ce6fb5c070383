"""`windtunnel why`: would this incident have happened otherwise?"""

from windtunnel.analysis.why.forum.command import call, describe

__all__ = ["call", "describe"]
