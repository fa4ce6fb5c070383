"""Policies of a knowledge gap."""
