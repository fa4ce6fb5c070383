"""Policies of an information commons: who may bargain, close, be paid and be asked to account."""
