"""`windtunnel view`: communities, runs and questions of one folder as pages in a browser, on this machine.

`app` puts the application together, `security` says who may ask, `jobs` runs commands that go on without us, `pages/` has one
file a page and `templates/` its template. A page calls what the command line calls, and names the command that does the same.
"""
