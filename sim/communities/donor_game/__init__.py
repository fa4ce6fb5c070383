"""A donor game over generations: who gives gets nothing back from the one it gave to, but may from others."""
