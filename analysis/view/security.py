"""Who may ask, and what a page may load: everything is checked before a page sees the request.

The address has a token that the first browser changes into a cookie. Host must name this machine (a name that a stranger's server
resolves to it is refused), Origin must be ours, and no page may load or send anything elsewhere.
"""

import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from windtunnel.analysis.view.site import Site

OURS = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""What our pages may load: files of this server. No inline script, no inline style."""
FILES = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"
"""What a written report may load, as it says of itself: nothing, and no script runs in it."""
HEADERS = {
    "content-security-policy": OURS,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
ASK_AGAIN = (
    "This page is for the browser that opened the address which `windtunnel view` printed. The address works once: end "
    "`windtunnel view` and start it again for another. Jobs go on meanwhile.\n"
)
METHODS = ("GET", "HEAD", "POST")


class Guard:
    """The application behind the checks."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self.app, self.site = app, site

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        answer = self.refusal(scope)
        await (self.app if answer is None else answer)(scope, receive, guarded)

    def refusal(self, scope: Scope) -> Response | None:
        """The answer to a request that goes no further; None for one that may."""
        headers, site = Headers(scope=scope), self.site
        if len(headers.getlist("host")) != 1 or headers["host"].lower() not in site.allowed_hosts():
            return PlainTextResponse("This server answers to its own address only.\n", 421)
        if scope["method"] not in METHODS:
            return PlainTextResponse("Only GET and POST are answered.\n", 405)
        if not self._from_here(headers, scope["method"]):
            return PlainTextResponse("This request comes from another page and is not heard.\n", 403)
        if scope["path"] == "/" and (given := _token(scope)) is not None:
            return self._opened(given, headers)
        if not self._known(headers):
            return PlainTextResponse(ASK_AGAIN, 403)
        return None

    def _from_here(self, headers: Headers, method: str) -> bool:
        """Whether a page of ours asks; a request that changes something has to say so."""
        own = f"http://{headers['host'].lower()}"
        origins = headers.getlist("origin")
        if any(origin.lower() != own for origin in origins):
            return False
        if method == "POST" and not origins:
            return False
        return headers.get("sec-fetch-site", "none") in ("same-origin", "none") or (
            method != "POST" and headers.get("sec-fetch-mode") == "navigate"
        )

    def _known(self, headers: Headers) -> bool:
        try:
            cookies = SimpleCookie("; ".join(headers.getlist("cookie")))
        except CookieError:
            return False
        given = cookies.get(self.site.cookie)
        return given is not None and secrets.compare_digest(given.value.encode(), self.site.session.encode())

    def _opened(self, given: str, headers: Headers) -> Response:
        """The cookie for the token, once; who has the cookie goes on with any token."""
        site = self.site
        fits = site.token is not None and secrets.compare_digest(given.encode(), site.token.encode())
        if not fits:
            return RedirectResponse("/", 303) if self._known(headers) else PlainTextResponse(ASK_AGAIN, 403)
        site.token = None
        answer = RedirectResponse("/", 303)
        answer.set_cookie(site.cookie, site.session, httponly=True, samesite="strict", path="/")
        return answer


def _token(scope: Scope) -> str | None:
    return parse_qs(scope["query_string"].decode("latin-1")).get("token", [None])[0]


def address(site: Site, host: str) -> str:
    """What is opened first."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{site.port}/?{urlencode({'token': site.token or ''})}"
