"""A sweep: its cells with their answers in a line each, and the comparisons that were written beside it."""

from urllib.parse import quote

import polars as pl
from starlette.requests import Request
from starlette.responses import Response

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.summary import one_line
from windtunnel.analysis.terminal.shell import pasted
from windtunnel.analysis.view.contents import read
from windtunnel.analysis.view.rendering import render
from windtunnel.analysis.view.routing import get
from windtunnel.analysis.view.site import site_of


def show(request: Request) -> Response:
    """The cells in the order of their names."""
    site = site_of(request)
    folder = site.path(request.query_params.get("out", ""))
    name = site.name_of(folder)
    cells = sorted(path for path in folder.iterdir() if path.is_dir() and Folder(path).manifest.is_file())
    begun = Folder(folder).cells_without_a_result()
    pages = sorted(path.name for path in folder.glob("*.html"))
    return render(
        request,
        "sweep.html",
        title=name,
        command=pasted("windtunnel", "compare", site.shown_path(name)),
        out=name,
        rows=[(cell.name, f"/run?out={quote(f'{name}/{cell.name}')}", _said(Folder(cell))) for cell in cells],
        begun=begun,
        pages=pages,
    )


def _said(cell: Folder) -> str:
    """The cell's answer in counts, or why there is none."""
    try:
        estimates = read(cell.estimates) if cell.estimates.is_file() else None
        return one_line(estimates, read(cell.manifest))
    except (OSError, ValueError, KeyError, TypeError, pl.exceptions.PolarsError):
        return "its files cannot be read: run it again"


ROUTES = [get("/sweep", show)]
