"""Pages from templates: every text is escaped, and an exported page is one file that loads nothing."""

from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from windtunnel.analysis.summary import INSIDE
from windtunnel.analysis.terminal.ending import plain
from windtunnel.analysis.view.exporting import alone, file_name
from windtunnel.analysis.view.site import site_of

PACKAGE = "windtunnel.analysis.view"


@cache
def templates() -> Environment:
    """The templates; no name may be missing, and control and bidirectional characters are left out of every text."""
    made = Environment(
        loader=PackageLoader(PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters["many"] = lambda count, one, more=None: (
        f"{count:,} {one if count == 1 else more or one + 's'}"
    )
    made.filters["size"] = size_words
    made.filters["hours"] = hours_words
    return made


def _shown(value: Any) -> Any:
    if not isinstance(value, str) or isinstance(value, Markup) or value.isprintable():
        return value
    return plain(value)


def hours_words(hours: float) -> str:
    """
    >>> hours_words(1), hours_words(0.5), hours_words(72)
    ('hour', '30 minutes', '3 days')
    """
    if hours < 1:
        return f"{hours * 60:.0f} minutes"
    if hours < 48:
        return "hour" if hours == 1 else f"{hours:.3g} hours"
    return f"{hours / 24:.3g} days"


def size_words(count: int) -> str:
    """
    >>> size_words(999), size_words(1_500_000)
    ('999 B', '1.5 MB')
    """
    for unit, least in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= least:
            return f"{count / least:.1f} {unit}"
    return f"{count} B"


def render(
    request: Request, template: str, *, title: str, command: str = "", status: int = 200, **content: Any
) -> Response:
    """The page: `template` over `base.html`, with the command that does the same (empty: there is none).

    With `?export=1` it is the same page as one file without forms and scripts.
    """
    site = site_of(request)
    html = (
        templates()
        .get_template(template)
        .render(
            request=request,
            site=site,
            tabs=request.app.state.tabs,
            here=request.url.path,
            title=title,
            command=command,
            form_token=site.form_token,
            inside=INSIDE,
            export_link=_export_link(request),
            savable=status == 200,
            **content,
        )
    )
    if request.query_params.get("export") and status == 200:
        name = file_name(title)
        return Response(
            alone(html, style()),
            media_type="text/html",
            headers={"content-disposition": f'attachment; filename="{name}"'},
        )
    return Response(html, status, media_type="text/html")


def part(request: Request, template: str, **content: Any) -> Response:
    """A piece of a page, for htmx."""
    return Response(part_html(request, template, **content), media_type="text/html")


def part_html(request: Request, template: str, **content: Any) -> str:
    """The same as text."""
    site = site_of(request)
    made = templates().get_template(template)
    return made.render(request=request, site=site, form_token=site.form_token, inside=INSIDE, **content)


def _export_link(request: Request) -> str:
    return str(request.url.include_query_params(export=1).replace(scheme="", netloc=""))


@cache
def style() -> str:
    return (files(PACKAGE) / "static" / "style.css").read_text(encoding="utf-8")
