"""Policies of a commons: institutions and interventions, each one file; several together are one treatment."""
