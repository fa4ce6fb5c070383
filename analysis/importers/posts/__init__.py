"""Posts of whichever format gathered into columns, and numbered: who answers what, in which thread, at which minute."""
