"""Readers of a feed whose ranking weighs their interest against that of an advocate."""
