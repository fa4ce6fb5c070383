"""From a file, packed or not and in whatever encoding, to its lines and the rows of a table."""
