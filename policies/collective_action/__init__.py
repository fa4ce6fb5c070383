"""Policies of collective action: what a platform does against planted signals, and what collectives do to agree."""
