"""Policies of a forum: what its moderators, its feed and its rules may do."""
