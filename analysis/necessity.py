"""The formulas of necessity and sufficiency under the name that scripts rely on; they stand in `causal/necessity.py`."""

from windtunnel.analysis.causal.necessity import (
    combined_bounds,
    experimental_bounds,
    monotone_estimates,
    paired_estimates,
)

__all__ = ["combined_bounds", "experimental_bounds", "monotone_estimates", "paired_estimates"]
