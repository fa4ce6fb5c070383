"""A search of a policy's parameters under a goal: its best trials, and how the best one does on communities that it has not seen."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.sweeps.search_words import told
from windtunnel.analysis.terminal.shell import pasted
from windtunnel.analysis.view.contents import read
from windtunnel.analysis.view.rendering import render
from windtunnel.analysis.view.routing import get
from windtunnel.analysis.view.site import site_of


def show(request: Request) -> Response:
    """The answer; of a search that has not ended, that it has not and the job that it belongs to."""
    site = site_of(request)
    folder = Folder(site.path(request.query_params.get("out", "")))
    name = site.name_of(folder.path)
    job = next(iter(site.jobs.about(kind="search", out=name)), None)
    if not folder.search.is_file() and job is None:
        raise ValueError(
            f"there is no finished search {name[:80]!r} in this folder: Home lists those that there are"
        )
    found = read(folder.search) if folder.search.is_file() else None
    said, trial, again = None, "", ""
    if found is not None:
        try:
            said = told(found)
            trial, again = found["best"]["folder"], found["confirmed"]["folder"]
        except (KeyError, TypeError, IndexError):
            raise ValueError(
                f"the search.json of {name} is not one that `windtunnel optimise` writes"
            ) from None
    return render(
        request,
        "searched.html",
        title="What the search found" if found else "A search that has not ended",
        command=job.command
        if job
        else pasted("windtunnel", "optimise", "...", f"out={site.shown_path(name)}"),
        job=job,
        said=said,
        runs=[
            (words, quote(f"{name}/{one}"))
            for words, one in (("the best trial", trial), ("the best on other communities", again))
            if one
        ],
    )


ROUTES = [get("/searched", show)]
