"""A community of another kind than the ones we ship, as a package of its own: a pond, a policy, an outcome."""
