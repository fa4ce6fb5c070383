"""What the command line says and hears: words, tables, progress, and how a command ends."""
