"""How a member decides: every mind turns situations into rows of option log-probabilities."""
