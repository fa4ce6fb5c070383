"""Kinds of incident, a module for each family of communities."""
