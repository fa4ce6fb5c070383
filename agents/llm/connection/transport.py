"""The HTTP client below the openai client: every attempt paced, ended by a deadline, and held to a size."""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from windtunnel.agents.llm.connection.pace import Pace, asked_pause
from windtunnel.agents.llm.keys import check_base_url, is_loopback

if TYPE_CHECKING:
    from openai import OpenAI


def openai_client(
    base_url: str, key: str, *, max_retries: int, timeout: float, largest: int, pace: Pace
) -> "OpenAI":
    """A client that sends the key it was given and no other, and no loopback question through a proxy.

    An attempt ends `timeout` seconds after its start, however slowly its reply drips (a read that hangs is cut
    by the same number, so the worst case is twice that), or at `largest` bytes. A server that sends us elsewhere is
    not followed: a question goes to the address that was named, or nowhere.
    """
    from openai import OpenAI

    local = is_loopback(check_base_url(base_url))
    account = "" if local else None  # None would send the account named in OPENAI_ORG_ID
    return OpenAI(
        base_url=base_url,
        api_key=key or "none",
        organization=account,
        project=account,
        max_retries=max_retries,
        timeout=timeout,
        http_client=_careful(pace, timeout, largest)(
            trust_env=not local, timeout=timeout, follow_redirects=False
        ),
    )


def _careful(pace: Pace, timeout: float, largest: int) -> Any:
    """The openai client's own HTTP client class with our limits in its `send`."""
    from openai import DefaultHttpxClient

    http = _httpx()

    class Limited(http.SyncByteStream):  # type: ignore[name-defined]
        def __init__(self, stream: Any, request: Any, until: float) -> None:
            self._stream, self._request, self._until = stream, request, until

        def __iter__(self) -> Iterator[bytes]:
            size = 0
            for piece in self._stream:
                size += len(piece)
                if size > largest:
                    raise http.RemoteProtocolError(
                        f"a reply of more than {largest} bytes", request=self._request
                    )
                if time.monotonic() > self._until:
                    raise http.ReadTimeout(f"no whole reply in {timeout:g} s", request=self._request)
                yield piece

        def close(self) -> None:
            self._stream.close()

    class Careful(DefaultHttpxClient):
        def send(self, request: Any, *, stream: bool = False, **options: Any) -> Any:
            pace.wait()
            until = time.monotonic() + timeout
            response = super().send(request, stream=True, **options)
            if response.status_code in (429, 503):
                pace.hold(asked_pause(response.headers.get("Retry-After")))
            response.stream = Limited(response.stream, request, until)
            if not stream:
                try:
                    response.read()
                finally:
                    response.close()
            return response

    return Careful


def _httpx() -> Any:
    """The HTTP library that the installed openai client is built on."""
    try:
        import httpx2 as http
    except ImportError:  # openai before 3
        import httpx as http  # type: ignore[no-redef]
    return http
