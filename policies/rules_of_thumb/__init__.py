"""Policies of a place that lives by rules of thumb."""
