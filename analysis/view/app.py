"""The application: every page of `pages/`, the shipped files, and how a mistake is told."""

import asyncio
import contextlib
import importlib
import pkgutil
import traceback
from collections.abc import AsyncIterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import ModuleType

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from windtunnel.analysis.view import pages
from windtunnel.analysis.view.rendering import PACKAGE, render
from windtunnel.analysis.view.routing import Refused, Tab
from windtunnel.analysis.view.security import Guard
from windtunnel.analysis.view.site import Site

PUMP_EVERY_S = 1.0


def make_app(site: Site) -> Starlette:
    """The application of a site; while it is served, jobs that wait are started."""
    shipped = Path(str(files(PACKAGE)))
    routes = [route for page in _pages() for route in page.ROUTES]
    app = Starlette(
        routes=[
            *routes,
            Mount("/static", StaticFiles(directory=shipped / "static")),
            Mount("/vendor", StaticFiles(directory=shipped / "vendor")),
        ],
        middleware=[Middleware(Guard, site=site)],
        exception_handlers={
            Refused: _refused,
            HTTPException: _no_page,
            ValueError: _mistake,
            OSError: _trouble,
            Exception: _fault,
        },
        lifespan=_lifespan,
    )
    app.state.site, app.state.tabs = site, tabs()
    return app


@cache
def _pages() -> list[ModuleType]:
    names = sorted(module.name for module in pkgutil.iter_modules(pages.__path__))
    return [importlib.import_module(f"{pages.__name__}.{name}") for name in names]


@cache
def tabs() -> list[Tab]:
    """The navigation."""
    found: list[Tab] = [page.TAB for page in _pages() if hasattr(page, "TAB")]
    return sorted(found, key=lambda tab: (tab.place, tab.title))


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    async def pump() -> None:
        while True:
            with contextlib.suppress(Exception):  # a full disk, say: tried again
                await run_in_threadpool(app.state.site.jobs.pump)
            await asyncio.sleep(PUMP_EVERY_S)

    warming = asyncio.create_task(run_in_threadpool(_warm))
    task = asyncio.create_task(pump())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(Exception):
            await warming


def _warm() -> None:
    """Load what the first question's page would wait for: every policy with its parameters."""
    from windtunnel.analysis.view.asking import policy_summaries

    policy_summaries()


def _said(request: Request, status: int, title: str, sentence: str) -> Response:
    return render(request, "mistake.html", title=title, status=status, sentence=sentence)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    return _said(request, error.status, "Not done", error.sentence)


def _no_page(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return _said(
            request, 404, "No such page", "There is no page at this address: Home lists what there is."
        )
    return _said(request, error.status_code, "Not done", str(error.detail))


def _mistake(request: Request, error: Exception) -> Response:
    text, root = str(error), f"{request.app.state.site.folder}/"
    told = _sentence(text.replace(root, ""))  # files as the pages name them
    if text.startswith(root):
        told = text.removeprefix(root)[:1] + told[1:]
    return _said(request, 400, "That did not work", told)


def _trouble(request: Request, error: Exception) -> Response:
    assert isinstance(error, OSError)
    if isinstance(error, FileNotFoundError | NotADirectoryError | IsADirectoryError):
        name = Path(str(error.filename)).name[:80] if error.filename else "what was asked for"
        return _said(
            request,
            404,
            "That did not work",
            _sentence(f"there is no {name} here (any more): Home lists what there is"),
        )
    where = f": {Path(str(error.filename)).name}" if error.filename else ""
    return _said(request, 500, "That did not work", _sentence(f"{error.strerror or error}{where}"))


def _fault(request: Request, error: Exception) -> Response:
    place = traceback.extract_tb(error.__traceback__)[-1]
    sentence = (
        f"This should not happen, and is no mistake of yours: {type(error).__name__} ({Path(place.filename).name}, line "
        f"{place.lineno}). The server goes on; what was asked is in the terminal."
    )
    return _said(request, 500, "A fault of ours", sentence)


def _sentence(text: str) -> str:
    text = " ".join(text.split())[:600]
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"
