"""Rules of moderation tried on a community's own record: what they would have touched, whose, and how often rightly."""
