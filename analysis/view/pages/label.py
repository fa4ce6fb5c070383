"""Label thirty posts: hear them yourself, one key each; how good the reader is shows as one goes."""

import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from windtunnel.analysis.numbers_in_words import is_whole
from windtunnel.analysis.terminal.shell import pasted
from windtunnel.analysis.tones.labelling import Labelling
from windtunnel.analysis.tones.labels import shares_words, words_of
from windtunnel.analysis.view.rendering import render
from windtunnel.analysis.view.routing import get, post
from windtunnel.analysis.view.site import Site, site_of

POSTS = 30
KEYS = {"civil": "1", "heated": "2", "hostile": "3", "skipped": "s"}
_ONE_AT_A_TIME = threading.Lock()
"""Two windows write one list of labels: each reads it anew and writes it whole."""


def show(request: Request) -> Response:
    """The next post, and what the labels so far say of the reader."""
    site, out = site_of(request), request.query_params.get("out", "")
    command = pasted("windtunnel", "label", site.shown_path(out))
    if not site.excerpts:
        site.path(out)
        return render(request, "label.html", title="Label posts", command=command, out=out, closed=True)
    work = _work(site, out)
    done = sum(label is not None for label in work.kept["labels"])
    place = work.place
    row, answered = (None, None) if place is None else work.shown(place)
    return render(
        request,
        "label.html",
        title="Label posts",
        command=command,
        out=out,
        closed=False,
        place=place,
        row=row,
        answered=answered,
        done=done,
        total=len(work.kept["posts"]),
        keys=KEYS,
        measured=words_of(work.measured()) if done else [],
        shares=shares_words(shares) if (shares := work.shares()) else "",
    )


def label(request: Request, form: Mapping[str, Any]) -> Response:
    """Keep one label, or take the last one back."""
    site, out = site_of(request), str(form.get("out", ""))
    _need_excerpts(site)
    said = str(form.get("label", ""))
    with _ONE_AT_A_TIME:
        work = _work(site, out)
        place = str(form.get("place", ""))
        if said == "undo":
            last = max((at for at, each in enumerate(work.kept["labels"]) if each is not None), default=None)
            if last is not None:
                work.label(last, None)
        elif said in KEYS:
            if not is_whole(place) or int(place) >= len(work.kept["posts"]):
                raise ValueError("this post is none of those to label: open the page again")
            if str(work.kept["posts"][int(place)]) != str(form.get("post", "")):
                raise ValueError("other posts were drawn meanwhile: open the page again")
            work.label(int(place), said)
        else:
            raise ValueError("choose civil, heated, hostile or skip")
    return RedirectResponse(f"/label?out={quote(out)}", 303)


def tell(request: Request, form: Mapping[str, Any]) -> Response:
    """Give the labels to the record: certain tones, a better reader for the others, the profile fitted again."""
    site, out = site_of(request), str(form.get("out", ""))
    _need_excerpts(site)
    with _ONE_AT_A_TIME:
        work = _work(site, out)
        if not any(label not in (None, "skipped") for label in work.kept["labels"]):
            raise ValueError("label a post first")
        work.tell()
    return RedirectResponse(f"/community?out={quote(out)}", 303)


def _work(site: Site, out: str) -> Labelling:
    return Labelling(site.path(out), POSTS)


def _need_excerpts(site: Site) -> None:
    if not site.excerpts:
        raise ValueError("labelling shows what members wrote: start `windtunnel view` with --excerpts")


ROUTES = [get("/label", show), post("/label", label), post("/label/tell", tell)]
