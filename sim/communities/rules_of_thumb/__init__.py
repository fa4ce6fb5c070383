"""Rules of thumb: people meet everyday situations, see whether an act is all right there, and do it or not."""
