"""Norm elicitation: people compare norms that some of them hold, and one of the norms becomes the rule."""
