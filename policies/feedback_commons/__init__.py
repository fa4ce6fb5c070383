"""Actions for a feedback commons: the 26 of "The Future of Open Human Feedback", a file a theme, and specialised models."""
