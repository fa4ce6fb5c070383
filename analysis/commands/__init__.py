"""The commands, one file each: `describe` adds a command's words to a parser, `call` does it and gives an exit code."""
