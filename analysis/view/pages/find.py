"""Find a thread of an imported community by what people know of it: an address, an id, a title, an author, a day, a number."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from windtunnel.analysis.importers.imported.addresses import is_address
from windtunnel.analysis.importers.imported.dates import date_words, start_of
from windtunnel.analysis.incidents.forum import lookup
from windtunnel.analysis.terminal.shell import pasted
from windtunnel.analysis.view.pages.batch import offered
from windtunnel.analysis.view.rendering import render
from windtunnel.analysis.view.routing import get
from windtunnel.analysis.view.site import site_of
from windtunnel.analysis.view.titles import titles_of

WAYS = {
    "source": "address or id in the source",
    "title": "words of the title",
    "author": "author's name",
    "date": "day, as 2024-01-05",
}
MOST = 100


def show(request: Request) -> Response:
    """The one thread that fits, or a list of those that do."""
    site, given = site_of(request), request.query_params
    out, words, way = given.get("out", ""), given.get("words", "").strip()[:500], given.get("way", "source")
    folder = site.path(out)
    if not words:
        raise ValueError("say what is looked for")
    name = words if is_address(words) else f"{way if way in lookup.WAYS else 'source'}:{words}"
    found = lookup.find(folder, name)
    if len(found) == 1:
        return RedirectResponse(_link(out, found[0]), 303)
    titles, start = titles_of(folder), start_of(folder)
    return render(
        request,
        "find.html",
        title=f"Threads that fit {words}",
        command=pasted("windtunnel", "incidents", site.shown_path(out), "--find", name),
        out=out,
        rows=[
            (one, one.title or titles.get(one.thread, ""), _link(out, one), date_words(one.minute, start))
            for one in found[:MOST]
        ],
        count=len(found),
        given=given,
        offered=offered(),
        member=words if way == "author" and not is_address(words) else "",
    )


def _link(out: str, one: lookup.Found) -> str:
    """The thread, and of a post the moment right after it."""
    at = "" if one.post is None else f"&at={one.post}#post-{one.post}"
    return f"/thread?out={quote(out)}&thread={one.thread}{at}"


ROUTES = [get("/find", show)]
