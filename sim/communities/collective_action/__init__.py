"""Members of collectives who change what they hand in to a platform that learns from it."""
