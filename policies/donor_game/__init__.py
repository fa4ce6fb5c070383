"""Policies of a donor game: what donors know, may do, and how a generation becomes the next."""
