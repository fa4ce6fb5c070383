"""Policies of companion chat: what a companion replies, for how long, and who replies in its place."""
