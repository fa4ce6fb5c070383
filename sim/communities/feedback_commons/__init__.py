"""A feedback commons: people rate what models answer, models get better by it where they do, and firms share the ratings or not."""
