"""Packages to begin with: a policy, an outcome, a community or a mind of one's own, from the files in `templates`."""
