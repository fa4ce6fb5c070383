"""Pages that commands wrote (reports, comparisons, incidents), as they are: no script runs in them."""

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from windtunnel.analysis.view.routing import Refused, get
from windtunnel.analysis.view.security import FILES
from windtunnel.analysis.view.site import site_of

KINDS = {
    ".html": "text/html",
    ".md": "text/plain",
    ".json": "text/plain",
    ".csv": "text/plain",
    ".yaml": "text/plain",
}


def show(request: Request) -> Response:
    """A file of the folder, of the kinds that commands write for people."""
    path = site_of(request).path(request.path_params["path"])
    if path.suffix not in KINDS or not path.is_file():
        raise Refused(404, "There is no page or list of this name in the folder.")
    saved = "attachment" if request.query_params.get("save") else "inline"
    return FileResponse(
        path,
        media_type=f"{KINDS[path.suffix]}; charset=utf-8",
        headers={"content-security-policy": FILES},
        filename=path.name,
        content_disposition_type=saved,
    )


ROUTES = [get("/files/{path:path}", show)]
