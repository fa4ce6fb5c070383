"""A commons: a few members live off one stock that grows back from what they leave."""
