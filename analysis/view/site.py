"""What every page knows: the folder, what may be shown, the jobs, and the secrets of one server."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from starlette.requests import Request

from windtunnel.analysis.view import backend
from windtunnel.analysis.view.jobs import Jobs
from windtunnel.analysis.view.streams import Streams

JOBS = "jobs"
UPLOADS = "uploads"
MOST_UPLOADED = 2_000_000_000
"""Bytes of one uploaded file; a larger one is put into the folder by hand."""


@dataclass
class Site:
    """One server over one folder. `shown` is the folder as the user typed it, for commands that can be pasted.

    `token` is in the address and is spent by the first browser that opens it; `session` is what that browser then has as a
    cookie. Neither is written anywhere. `ends` says whether the server is about to end, so that streams end before it.
    """

    folder: Path
    shown: str
    port: int = 0
    hosts: frozenset[str] = frozenset()
    excerpts: bool = False
    most_uploaded: int = MOST_UPLOADED
    at_once: int = 2
    token: str | None = field(default_factory=lambda: secrets.token_urlsafe(24))
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    streams: Streams = field(default_factory=Streams)
    ends: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()
        self.jobs = Jobs(self.folder / JOBS, self.shown_path(JOBS), self.at_once)

    @property
    def cookie(self) -> str:
        """Its name has the port, since browsers keep the cookies of all ports of a machine together."""
        return f"windtunnel-{self.port}"

    @property
    def form_token(self) -> str:
        """What a form has to carry to be heard."""
        return hmac.new(self.session.encode(), b"form", hashlib.sha256).hexdigest()

    def allowed_hosts(self) -> set[str]:
        """What the header Host may say."""
        names = {"127.0.0.1", "localhost", "[::1]", *self.hosts}
        return {f"{name}:{self.port}" for name in names} | (names if self.port == 80 else set())

    def shown_path(self, inside: str) -> str:
        """A path of the folder as it is typed."""
        return inside if self.shown in (".", "./") else f"{self.shown.rstrip('/')}/{inside}"

    def settings(self) -> list[str]:
        """The settings of the mind that questions about a record are asked with, as Back end keeps them."""
        return backend.words(backend.read(self.folder))

    def path(self, inside: str) -> Path:
        """The path that a request names, if it lies in the folder; `ValueError` for every other.

        Hidden names are refused, so that no key is ever reached, and so is a link that leads out of the folder.
        """
        parts = inside.replace("\\", "/").split("/")
        odd = any(len(part.encode(errors="replace")) > 255 for part in parts)
        odd = odd or "\0" in inside or not inside.isprintable() or inside.startswith(("/", "~"))
        if odd or len(inside) > 1000 or any(part.startswith(".") for part in parts if part != "."):
            raise ValueError("this path does not lie in the folder that is viewed: give one inside it")
        try:
            found = (self.folder / inside).resolve()
        except (OSError, RuntimeError):  # a link that leads to itself
            raise ValueError("this path leads nowhere: give one inside the folder that is viewed") from None
        if found != self.folder and self.folder not in found.parents:
            raise ValueError("this path leads out of the folder that is viewed: give one inside it")
        if found != self.folder and found.is_dir():
            self._keep_inside(found)
        return found

    def _keep_inside(self, place: Path) -> None:
        """`ValueError` where something in a folder is a link that leads out, or no file that can be read to its end, such as a pipe."""
        for entry in os.scandir(place):
            path = Path(entry.path)
            if entry.is_symlink() and self.folder not in Path(os.path.realpath(path)).parents:
                raise ValueError(
                    f"{entry.name[:80]} in this folder is a link that leads out of what is viewed: copy it there"
                )
            if not entry.is_symlink() and not (entry.is_file() or entry.is_dir()):
                raise ValueError(
                    f"{entry.name[:80]} in this folder is neither a file nor a folder: take it away"
                )

    def name_of(self, path: Path) -> str:
        """The path in the folder as requests name it."""
        name = path.relative_to(self.folder).as_posix()
        return "" if name == "." else name


def site_of(request: Request) -> Site:
    """The site that a request came to."""
    found = request.app.state.site
    assert isinstance(found, Site)
    return found
