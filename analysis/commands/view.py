"""`windtunnel view`: the folder's communities, runs and questions as pages in a browser on this machine."""

import argparse
import contextlib
from pathlib import Path

from windtunnel.analysis.terminal.ending import OK


def describe(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The first line that is printed is the address; it opens once and for one browser. Ctrl-C ends the server; "
        "jobs that were begun go on, and the same command shows them."
    )
    parser.add_argument(
        "folder", nargs="?", default=".", help="where communities, runs and questions lie (.)"
    )
    parser.add_argument("--port", type=int, help="port (8710, or any that is free; 0: any that is free)")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at (127.0.0.1: this machine alone)"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another name by which browsers call it",
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    parser.add_argument(
        "--excerpts",
        action="store_true",
        help="show what members of imported communities wrote: other people's words",
    )
    parser.add_argument("--jobs", type=int, default=2, help="how many jobs run at once (2)")
    parser.add_argument(
        "--max-upload", type=int, default=2000, metavar="MB", help="size of an uploaded file (2000)"
    )


def call(asked: argparse.Namespace) -> int:
    from windtunnel.analysis.view.serve import serve
    from windtunnel.analysis.view.site import Site

    folder = Path(asked.folder)
    if not folder.is_dir():
        raise ValueError(f"{asked.folder} is no folder: give the one in which communities and runs lie")
    for name, value in (("--jobs", asked.jobs), ("--max-upload", asked.max_upload)):
        if value < 1:
            raise ValueError(f"{name} is {value}: give a number above 0")
    names = frozenset({*asked.allow_host, asked.host} - {"0.0.0.0", "::"})
    site = Site(
        folder,
        asked.folder,
        hosts=names,
        excerpts=asked.excerpts,
        most_uploaded=asked.max_upload * 1_000_000,
        at_once=asked.jobs,
    )
    with contextlib.suppress(KeyboardInterrupt):
        serve(site, asked.host, asked.port, browser=not asked.no_browser)
    if any(job.is_open for job in site.jobs.all()):
        print("Jobs go on; the same command shows them.")
    return OK
