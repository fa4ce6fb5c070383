"""How stakeholders come to a decision."""
