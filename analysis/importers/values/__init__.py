"""What one value of a record means: nothing at all, an id or a name, a number, an object and what is inside it."""
