"""Home: the communities, runs, sweeps, searches and questions of the folder, and the jobs that run now."""

import time
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from windtunnel.analysis.numbers_in_words import is_whole
from windtunnel.analysis.terminal.shell import pasted
from windtunnel.analysis.view.contents import COMMUNITY, RUN, SEARCH, SWEEP, Thing, contents, told
from windtunnel.analysis.view.pages.jobs import LISTED
from windtunnel.analysis.view.rendering import render
from windtunnel.analysis.view.routing import Tab, get
from windtunnel.analysis.view.site import site_of

TAB = Tab("Home", "/", 10)
SHOWN = 50
"""Rows of a page of the list."""
KINDS = {COMMUNITY: "communities", RUN: "runs", SWEEP: "sweeps", SEARCH: "searches"}


def show(request: Request) -> Response:
    """The list, with the words and the kind that are looked for, and the jobs."""
    site = site_of(request)
    words = request.query_params.get("words", "").strip()[:200]
    kind = request.query_params.get("kind", "")
    found = [thing for thing in contents(site.folder) if kind not in KINDS or thing.kind == kind]
    found = [thing for thing in found if _matches(thing, words)]
    page = page_number(request)
    listed = found[(page - 1) * SHOWN : page * SHOWN]
    return render(
        request,
        "home.html",
        title="Home",
        command=pasted("windtunnel", "view", site.shown),
        rows=[(thing, told(thing), _link(thing), when_words(thing.when)) for thing in listed],
        count=len(found),
        page=page,
        pages=max(-(-len(found) // SHOWN), 1),
        words=words,
        kind=kind,
        kinds=KINDS,
        jobs=site.jobs.newest(LISTED),
    )


def _matches(thing: Thing, words: str) -> bool:
    """Whether each of the words is in the name or, failing that, in what the list says."""
    lower = words.lower().split()
    if all(word in thing.name.lower() for word in lower):
        return True
    said = f"{thing.name} {told(thing).words}".lower()
    return all(word in said for word in lower)


def _link(thing: Thing) -> str:
    page = {COMMUNITY: "/community", RUN: "/run", SWEEP: "/sweep", SEARCH: "/searched"}[thing.kind]
    return f"{page}?out={quote(thing.name)}"


def page_number(request: Request) -> int:
    """The page of a list that is asked for, from 1 on."""
    given = request.query_params.get("page", "1")
    return max(int(given), 1) if is_whole(given) and len(given) < 7 else 1


def when_words(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


ROUTES = [get("/", show)]
