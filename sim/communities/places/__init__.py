"""Several places with authors who may write in more than one: who writes how much, where, and in whose words."""
