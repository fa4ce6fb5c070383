"""Pieces of a page that are sent again whenever they change, as server-sent events; a page without script is loaded anew instead.

A browser holds six connections to one server. So that pages still come, a browser has `MOST` streams at once: another one ends the
oldest, whose browser comes back for it after `AGAIN_MS`.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from windtunnel.analysis.view.site import site_of

MOST = 4
AGAIN_MS = 2000
LOOK_EVERY_S = 0.5
SILENT_S = 15.0
"""After this long without a change a comment is sent, so that a connection that is gone is noticed."""


class Piece(NamedTuple):
    """A piece of a page as HTML, and whether it will not change any more."""

    html: str
    ended: bool


async def stream(request: Request, look: Callable[[], Piece]) -> Response:
    """The piece that `look` gives now and, as often as it changes, again; after the last one the event `end`.

    `look` is called in a thread of its own. `ValueError` from its first call is a page with that sentence.
    """
    if request.method == "HEAD":
        return Response(media_type="text/event-stream")
    first = await run_in_threadpool(look)
    return StreamingResponse(_events(request, look, first), media_type="text/event-stream")


async def _events(request: Request, look: Callable[[], Piece], piece: Piece) -> AsyncIterator[str]:
    site, told, silent = site_of(request), "", 0.0
    ended = site.streams.begin(MOST)
    try:
        yield f"retry: {AGAIN_MS}\n\n"
        while True:
            if piece.html != told:
                told, silent = piece.html, 0.0
                yield event("piece", told)
            elif silent >= SILENT_S:
                silent = 0.0
                yield ": still here\n\n"
            if piece.ended:
                yield event("end", "")
                return
            await asyncio.sleep(LOOK_EVERY_S)
            silent += LOOK_EVERY_S
            if ended.is_set() or site.ends():
                return
            try:
                piece = await run_in_threadpool(look)
            except (ValueError, OSError):  # what it is about was deleted, say: the page, loaded anew, tells
                piece = Piece(told, True)
    finally:
        site.streams.end(ended)


def event(name: str, text: str) -> str:
    """An event as it is sent.

    >>> event("piece", "<p>\\r\\nhalf</p>")
    'event: piece\\ndata: <p>\\ndata: half</p>\\n\\n'
    """
    lines = text.splitlines() or [""]
    return f"event: {name}\n" + "".join(f"data: {line}\n" for line in lines) + "\n"
