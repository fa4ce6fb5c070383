"""Policies against misinformation: what detectors do with what they find, and who may write what."""
