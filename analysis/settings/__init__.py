"""What a user may set, how it is written, and what is wrong with it: the parts of `windtunnel.analysis.configuration`."""
