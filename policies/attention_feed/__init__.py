"""Policies of an attention feed: whose interest a ranking serves, and who may choose it."""
