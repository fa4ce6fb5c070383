"""Who decides: what a member is told (situation), what it may do (actions), and how it chooses (minds)."""
