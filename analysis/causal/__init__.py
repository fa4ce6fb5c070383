"""The causal core: pairs of twins in, probabilities of necessity and sufficiency with intervals and bounds out."""
