"""Times: what a cell says, in which unit a column counts, and which clock it was."""
