"""The forward form of learned members: rates and choices from which whole weeks can be simulated."""

from windtunnel.analysis.learned.forward.fit import fit_forward, fitted_law

__all__ = ["fit_forward", "fitted_law"]
