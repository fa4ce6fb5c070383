"""Readers of an encyclopedia in one language, of which other languages know more."""
