"""How a server is reached: what it takes, how fast, which of several, until when."""
