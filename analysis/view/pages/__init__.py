"""One page a file: each has `ROUTES`, and a `TAB` where it stands in the navigation. A new file is found by itself."""
