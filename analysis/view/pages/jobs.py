"""A job: how far it is, what it said, and stopping it or letting it go on."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from jinja2 import UndefinedError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from windtunnel.analysis.view.jobs import ERRORS, Job
from windtunnel.analysis.view.rendering import part, part_html, render
from windtunnel.analysis.view.routing import get, post, stream
from windtunnel.analysis.view.site import site_of
from windtunnel.analysis.view.streaming import Piece

LISTED = 30
"""Jobs that Home shows."""
LAST = 40
"""Lines of what a job said that are shown."""


def show(request: Request) -> Response:
    """One job; a finished one leads on to what it made."""
    job = site_of(request).jobs.one(request.path_params["name"])
    if job.about.get("page") and job.state == "done":
        return RedirectResponse(str(job.about["page"]), 303)
    return as_far_as_it_is(request, job)


def as_far_as_it_is(request: Request, job: Job) -> Response:
    """The page of a job that has no page of its own yet: its state and what it said."""
    return render(
        request,
        "job.html",
        title=job.title[:1].upper() + job.title[1:],
        command=job.command,
        job=job,
        said=said(job),
    )


def progress(request: Request) -> Response:
    """How far a job is, as a piece of a page; of one that has ended the page is loaded anew."""
    job = site_of(request).jobs.one(request.path_params["name"])
    answer = part(request, "_progress.html", job=job)
    if not job.is_open:
        answer.headers["hx-refresh"] = "true"
    return answer


def progress_stream(request: Request) -> Callable[[], Piece]:
    """The same piece, sent whenever it changes."""

    def look() -> Piece:
        job = site_of(request).jobs.one(request.path_params["name"])
        return Piece(part_html(request, "_progress.html", job=job), not job.is_open)

    return look


def listed(request: Request) -> Response:
    """The jobs as Home shows them."""
    return part(request, "_jobs.html", jobs=site_of(request).jobs.newest(LISTED))


def listed_stream(request: Request) -> Callable[[], Piece]:
    """The same list, sent whenever it changes, until none of them is open."""

    def look() -> Piece:
        jobs = site_of(request).jobs.newest(LISTED)
        return Piece(part_html(request, "_jobs.html", jobs=jobs), not any(job.is_open for job in jobs))

    return look


def stop(request: Request, form: Mapping[str, Any]) -> Response:
    site_of(request).jobs.stop(request.path_params["name"])
    return RedirectResponse(f"/jobs/{request.path_params['name']}", 303)


def again(request: Request, form: Mapping[str, Any]) -> Response:
    site_of(request).jobs.again(request.path_params["name"])
    return RedirectResponse(f"/jobs/{request.path_params['name']}", 303)


def of_output(page: Callable[[Request], Response]) -> Callable[[Request], Response]:
    """The page of what a job printed; a sentence where another version, or somebody else, wrote that."""

    @wraps(page)
    def shown(request: Request) -> Response:
        try:
            return page(request)
        except (KeyError, TypeError, AttributeError, IndexError, UndefinedError) as error:
            raise ValueError(
                "what this job printed is not what this version writes: let it be done again"
            ) from error

    return shown


def said(job: Job) -> list[str]:
    """The last lines that a job said."""
    try:
        text = (job.path / ERRORS).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.splitlines()[-LAST:]


ROUTES = [
    get("/jobs", listed),
    stream("/jobs/stream", listed_stream),
    get("/jobs/{name}", show),
    get("/jobs/{name}/progress", progress),
    stream("/jobs/{name}/stream", progress_stream),
    post("/jobs/{name}/stop", stop),
    post("/jobs/{name}/again", again),
]
