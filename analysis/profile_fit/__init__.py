"""A forum's base rates from its posts: one file a family of estimators, each number marked by its origin."""

from windtunnel.analysis.profile_fit.fit import fit_profile

__all__ = ["fit_profile"]
