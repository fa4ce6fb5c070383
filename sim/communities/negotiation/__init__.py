"""Negotiation among stakeholders: which optional measures a public design gets, within a budget."""
