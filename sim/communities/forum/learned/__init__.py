"""A forum whose members come, look and write as a record of real ones did: `mind=learned`."""
