"""A file a format, each with what is special about it; which format a record is in; and the one that we write."""
