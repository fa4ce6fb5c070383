"""Misinformation: false and true messages spread on a network, are believed, answered, detected and acted on."""
