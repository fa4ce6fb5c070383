"""Weights of a model: which can be had by name, where they lie, and what they must be."""
