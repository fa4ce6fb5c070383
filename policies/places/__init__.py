"""Policies of several places: who may write how much and where."""
