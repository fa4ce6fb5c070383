"""What asking costs: tokens, prices, a budget, and counts for the manifest."""
