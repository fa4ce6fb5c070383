"""Programs to copy from: `python -m windtunnel.examples.plain_mesa_pairs PAIRS.csv`."""
