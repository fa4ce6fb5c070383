"""A server in this process whose every reply a test decides: for habits of servers that one sentence of code can show."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any

Reply = Callable[[dict[str, Any]], Any]
"""From the body of a call to a choice, a whole body, a text, or a status, one of these and, if wanted, headers."""


class Replying(ThreadingHTTPServer):
    daemon_threads = True
    reply: Reply
    calls: list[dict[str, Any]]
    paths: list[str]
    models: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Replying

    def do_GET(self) -> None:
        self.send(200, {"data": [{"id": name, "object": "model"} for name in self.server.models]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls.append(body)
        self.server.paths.append(self.path)
        found = self.server.reply(body)
        self.send(*found) if isinstance(found, tuple) else self.send(200, found)

    def send(self, status: int, found: Any, head: Mapping[str, str] = MappingProxyType({})) -> None:
        if (
            isinstance(found, dict)
            and {"message", "text", "logprobs", "delta"} & found.keys()
            and status == 200
        ):
            found = {
                "choices": [{"index": 0, **found}],
                "usage": {"prompt_tokens": 9, "completion_tokens": 1},
            }
        content = found.encode() if isinstance(found, str) else json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("x-should-retry", "false")
        for name, value in head.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def replying(reply: Reply, *models: str) -> Iterator[tuple[Replying, str]]:
    """The server and its address, without `/v1`."""
    server = Replying(("127.0.0.1", 0), Handler)
    server.reply, server.calls, server.paths, server.models = reply, [], [], list(models)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield server, f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
