"""How a page says what it answers: `get`, `stream` and `post` make its routes; a form is checked before the page sees it."""

import secrets
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message

from windtunnel.analysis.view import streaming
from windtunnel.analysis.view.site import site_of
from windtunnel.analysis.view.streaming import Piece

SMALL = 200_000
"""Bytes that a form without a file may have."""
FIELDS = 500


class Tab(NamedTuple):
    """A page's place in the navigation: its title, its path, and where it stands (tabs are sorted by `place`)."""

    title: str
    path: str
    place: int


class Refused(Exception):
    """A request that is not answered: a status and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


def get(path: str, handler: Callable[[Request], Response]) -> Route:
    """A page at `path`. The handler is called in a thread of its own; `ValueError` from it is a page with that sentence."""
    return Route(path, handler, methods=["GET"])


def stream(path: str, look: Callable[[Request], Callable[[], Piece]]) -> Route:
    """Server-sent events at `path`: the piece that `look(request)()` gives, as often as it changes."""

    async def streamed(request: Request) -> Response:
        return await streaming.stream(request, look(request))

    return Route(path, streamed, methods=["GET"])


def post(
    path: str,
    handler: Callable[[Request, Mapping[str, Any]], Response],
    *,
    most: Callable[[Request], int] = lambda request: SMALL,
) -> Route:
    """A form that is sent to `path`, of at most `most(request)` bytes. The handler gets the request and the form's fields.

    The form has to carry the token that `form_token` of every template has: as the field of that name, or, of a form with a
    file, in its address, so that it is looked at before the file is read.
    """

    @wraps(handler)
    async def checked(request: Request) -> Response:
        limit = most(request)
        given = request.headers.get("x-form-token") or request.query_params.get("form_token")
        if given is not None:
            _check_token(request, given)
        elif not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            raise Refused(403, "This form is not one of this server's pages: open the page again.")
        form = await _form(request, limit)
        if given is None:
            _check_token(request, str(form.get("form_token", "")))
        try:
            return await run_in_threadpool(handler, request, form)
        finally:
            await form.close()

    return Route(path, checked, methods=["POST"])


def _check_token(request: Request, given: str) -> None:
    if not secrets.compare_digest(given.encode(), site_of(request).form_token.encode()):
        raise Refused(403, "This form is of an earlier server or of another page: open the page again.")


async def _form(request: Request, most: int) -> FormData:
    """The fields; `Refused` beyond `most` bytes, announced or sent."""
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > most:
        raise Refused(
            413, f"This is more than {most:,} bytes: put the file into the folder and name its path."
        )
    sent = 0
    receive = request.receive

    async def counted() -> Message:
        nonlocal sent
        message = await receive()
        sent += len(message.get("body", b""))
        if sent > most:
            raise Refused(413, f"This is more than {most:,} bytes.")
        return message

    limited = Request(request.scope, counted)
    return await limited.form(max_files=1, max_fields=FIELDS, max_part_size=SMALL)
