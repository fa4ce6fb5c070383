"""Questions about a forum: acts of moderators, threads side by side, and recorded threads lived again."""
