"""Users who each talk with an AI companion, turn by turn, and what its replies do to what they hold to be true."""
