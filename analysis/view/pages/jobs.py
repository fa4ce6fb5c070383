"""A job: how far it is, what it said, and stopping it or letting it go on."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from windtunnel.analysis.view.jobs import ERRORS, Job
from windtunnel.analysis.view.rendering import part, render
from windtunnel.analysis.view.routing import get, post
from windtunnel.analysis.view.site import site_of

END_POLLING = 286
LAST = 40
"""Lines of what a job said that are shown."""


def show(request: Request) -> Response:
    """One job; a finished one leads on to what it made."""
    job = site_of(request).jobs.one(request.path_params["name"])
    if job.about.get("page") and job.state == "done":
        return RedirectResponse(local(str(job.about["page"])), 303)
    return render(request, "job.html", title=job.title, command=job.command, job=job, said=said(job))


def progress(request: Request) -> Response:
    """How far a job is, as a piece of a page that asks again until it has ended."""
    job = site_of(request).jobs.one(request.path_params["name"])
    answer = part(request, "_progress.html", job=job, said=said(job))
    if not job.is_open:
        answer.headers["hx-refresh"] = "true"
    return answer


def listed(request: Request) -> Response:
    """The jobs as Home shows them."""
    return part(request, "_jobs.html", jobs=site_of(request).jobs.all()[:30])


def stop(request: Request, form: Mapping[str, Any]) -> Response:
    site_of(request).jobs.stop(request.path_params["name"])
    return RedirectResponse(f"/jobs/{request.path_params['name']}", 303)


def again(request: Request, form: Mapping[str, Any]) -> Response:
    site_of(request).jobs.again(request.path_params["name"])
    return RedirectResponse(f"/jobs/{request.path_params['name']}", 303)


def local(path: str) -> str:
    """A path of this server; Home for everything else."""
    return path if path.startswith("/") and not path.startswith("//") and "\\" not in path else "/"


def said(job: Job) -> list[str]:
    """The last lines that a job said."""
    try:
        text = (job.path / ERRORS).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.splitlines()[-LAST:]


ROUTES = [
    get("/jobs", listed),
    get("/jobs/{name}", show),
    get("/jobs/{name}/progress", progress),
    post("/jobs/{name}/stop", stop),
    post("/jobs/{name}/again", again),
]
