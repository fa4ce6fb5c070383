"""Serves the application until it is ended; the first line that is printed is the address."""

import errno
import socket
import webbrowser

from windtunnel.analysis.view.security import address
from windtunnel.analysis.view.site import Site

USUAL = 8710
"""The port where none is named; another where it is taken."""


def listening(host: str, port: int | None) -> socket.socket:
    """A socket at the address; `ValueError` says why there can be none."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for wanted in (USUAL, 0) if port is None else (port,):
        made = socket.socket(family, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((host, wanted))
            made.listen(128)  # so that who reads the address can connect at once
        except OSError as error:
            made.close()
            if error.errno == errno.EADDRINUSE and port is None and wanted:
                continue
            taken = error.errno == errno.EADDRINUSE
            why = (
                "is taken: give another, or leave --port out"
                if taken
                else f"cannot be used ({error.strerror})"
            )
            raise ValueError(f"port {wanted} of {host} {why}") from None
        except OverflowError:
            made.close()
            raise ValueError(
                f"--port is {port}: give a number from 1 to 65535, or 0 for any that is free"
            ) from None
        return made
    raise AssertionError("one of the two was tried")


def serve(site: Site, host: str, port: int | None, *, browser: bool) -> None:
    """Print the address, open it if asked to, and serve until Ctrl-C."""
    at = listening(host, port)
    site.port = at.getsockname()[1]
    where = address(site, host)
    print(where, flush=True)
    if browser:
        webbrowser.open(where)
    import uvicorn  # what takes a while is loaded when the address is there; who asks already waits

    from windtunnel.analysis.view.app import make_app

    made = uvicorn.Config(
        make_app(site),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=1,
        timeout_keep_alive=5,
        limit_concurrency=200,
        ws="none",
    )
    server = uvicorn.Server(made)
    site.ends = lambda: server.should_exit
    server.run(sockets=[at])
