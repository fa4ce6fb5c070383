"""Back end: who answers in the place of members, a probe with its answer, the store of answers, the budget."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from windtunnel.analysis.folder import Folder
from windtunnel.analysis.terminal.shell import pasted
from windtunnel.analysis.view import backend
from windtunnel.analysis.view.rendering import render
from windtunnel.analysis.view.routing import Tab, get, post
from windtunnel.analysis.view.site import site_of

TAB = Tab("Back end", "/back-end", 90)


def show(request: Request) -> Response:
    """The settings, and the probes so far."""
    site = site_of(request)
    found = backend.read(site.folder)
    words = backend.words(found)
    return render(
        request,
        "back_end.html",
        title="Back end",
        command=pasted("windtunnel", "models", "probe", *[word for word in words if word.startswith("llm")])
        if words
        else "",
        found=found,
        kinds=backend.KINDS,
        words=words,
        key_there=bool(found["key_env"]) and found["key_env"] in os.environ,
        store=_store(found),
        probes=[(job, job.output().strip()) for job in site.jobs.about(kind="probe")[:5]],
    )


def keep(request: Request, form: Mapping[str, Any]) -> Response:
    """Keep the settings; they are checked as a run checks them."""
    site = site_of(request)
    found = backend.checked(form)
    folder = Folder(site.folder)
    folder.write_json(site.folder / backend.FILE, found)
    return RedirectResponse("/back-end", 303)


def probe(request: Request, form: Mapping[str, Any]) -> Response:
    """Ask the model one question, as a job."""
    site = site_of(request)
    words = [word for word in backend.words(backend.read(site.folder)) if word.startswith("llm")]
    if not words:
        raise ValueError("the rules of the community answer by themselves: choose a model first")
    jobs = site.jobs
    for job in jobs.about(kind="probe"):
        if job.words == ["models", "probe", *words] and not job.is_open:
            jobs.forget(job.name)
    job = jobs.add(
        ["models", "probe", *words],
        f"probe of {words[0].removeprefix('llm=')}",
        {"kind": "probe", "page": "/back-end", "back": "/back-end"},
    )
    return RedirectResponse(f"/jobs/{job.name}", 303)


def _store(found: Mapping[str, str]) -> dict[str, Any]:
    """Where answers are kept, and how large that is."""
    from windtunnel.agents.llm.cache import default_store

    path = Path(found["store"]).expanduser() if found["store"] not in ("", "none") else default_store()
    return {"path": str(path), "bytes": path.stat().st_size if path.is_file() else None}


ROUTES = [get("/back-end", show), post("/back-end", keep), post("/back-end/probe", probe)]
