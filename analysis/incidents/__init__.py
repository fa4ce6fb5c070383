"""Incidents: what went wrong in a simulated run or in an imported community, where, when, and to whom."""
