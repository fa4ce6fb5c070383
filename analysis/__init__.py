"""What the runs mean: outcomes, pairs, probabilities of necessity and sufficiency, reports and commands."""
