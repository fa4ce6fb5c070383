"""The fake server with faults: an OpenAI-compatible server that misbehaves by a schedule, as a process of its own.

Run as `python tests/fault_server.py [DIE_AFTER]`: it prints its address, and ends when its standard input closes, or
dies without a word in the middle of its DIE_AFTER-th reply. The schedule is part of the address:
`http://127.0.0.1:PORT/FAULTS/SHARE/SEED/v1`, FAULTS joined by `+`. Whether an attempt at a request meets a fault,
and which, depends on (seed, request, attempt) alone. Answers are those of `fake_server`, with or without faults.
"""

import hashlib
import json
import os
import random
import socket
import struct
import sys
import threading
import time
from collections import Counter
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import fake_server

attempts: Counter[tuple[str, str]] = Counter()
lock = threading.Lock()
replied = 0
die_after = 0
HUGE = 10_000_000
SPIED = "sk-in-an-error"


def drawn(schedule: str, request: str, attempt: int) -> str:
    """The fault of this attempt, or an empty string."""
    faults, share, seed = schedule.split("/")
    chance = random.Random(hashlib.sha256(f"{seed} {attempt} {request}".encode()).digest())
    return chance.choice(faults.split("+")) if chance.random() < float(share) else ""


class Handler(fake_server.Handler):
    def do_POST(self) -> None:
        parts = self.path.split("/")
        self.schedule = "/".join(parts[1:4])
        self.path = "/" + "/".join(parts[4:])
        super().do_POST()

    def send(self, status: int, body: Any) -> None:
        if status != 200 or "choices" not in body:
            return super().send(status, body)
        request = json.dumps([body["choices"], body["usage"]])  # says which question it was
        with lock:
            attempt = attempts[self.schedule, request]
            attempts[self.schedule, request] += 1
        fault = drawn(self.schedule, request, attempt)
        self.wfile.flush()
        getattr(self, f"fault_{fault}", self.well)(body)

    def well(self, body: Any) -> None:
        global replied
        with lock:
            replied += 1
            dying = replied == die_after
        content = json.dumps(body).encode()
        if dying:
            self.raw(200, content[: len(content) // 2], length=len(content))
            os._exit(9)
        self.raw(200, content)

    def raw(
        self, status: int, content: bytes, *, kind: str = "application/json", length: int = 0, **headers: str
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length or len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def fault_busy(self, body: Any) -> None:
        self.raw(429, b'{"error": {"message": "too many requests"}}', Retry_After="0.05")

    def fault_error(self, body: Any) -> None:
        self.raw(500, b'{"error": {"message": "a fault on purpose"}}', retry_after_ms="10")

    def fault_reset(self, body: Any) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.shutdown(socket.SHUT_RD)
        self.connection.close()
        self.close_connection = True

    def fault_drip(self, body: Any) -> None:
        content = json.dumps(body).encode()
        self.raw(200, b"", length=len(content))
        for place in range(len(content)):
            try:
                self.wfile.write(content[place : place + 1])
                self.wfile.flush()
            except OSError:
                break
            time.sleep(0.05)
        self.close_connection = True

    def fault_cut(self, body: Any) -> None:
        content = json.dumps(body).encode()
        self.raw(200, content[: len(content) * 2 // 3], length=len(content))
        self.close_connection = True

    def fault_truncated(self, body: Any) -> None:
        content = json.dumps(body).encode()
        self.raw(200, content[: len(content) * 2 // 3])

    def fault_schema(self, body: Any) -> None:
        wrong = [
            {"choices": {"0": body["choices"][0]}},
            {"choices": ["A" for _ in body["choices"]], "usage": [1, 2]},
            {"choices": [choice | {"logprobs": "A"} for choice in body["choices"]]},
            {"choices": [choice | {"logprobs": {"content": [{"token": "A"}]}} for choice in body["choices"]]},
            {"choices": [choice | {"index": 0} for choice in body["choices"]] * 2},
            {
                "choices": [
                    {"index": choice["index"], "message": {"content": 5}} for choice in body["choices"]
                ]
            },
            ["A"],
            {"output_text": "A"},
        ]
        number = int(hashlib.sha256(json.dumps(body).encode()).hexdigest(), 16) % len(wrong)
        self.raw(200, json.dumps(wrong[number]).encode())

    def fault_html(self, body: Any) -> None:
        self.raw(200, b"<!DOCTYPE html><title>Please log in</title><h1>Hello</h1>", kind="text/html")

    def fault_gateway(self, body: Any) -> None:
        self.raw(502, b"<html><h1>502 Bad Gateway</h1></html>", kind="text/html", retry_after_ms="10")

    def fault_empty(self, body: Any) -> None:
        self.raw(200, json.dumps(body | {"choices": []}).encode())

    def fault_told(self, body: Any) -> None:
        self.raw(200, json.dumps({"error": {"message": f"overloaded; your key {SPIED}"}}).encode())

    def fault_nan(self, body: Any) -> None:
        """Every second log-probability is NaN, which JSON has no word for but Python writes and reads."""
        count = 0

        def spoil(value: Any) -> Any:
            nonlocal count
            if isinstance(value, dict):
                return {key: spoil(inner) for key, inner in value.items()}
            if isinstance(value, list):
                return [spoil(inner) for inner in value]
            if isinstance(value, float):
                count += 1
                return float("nan") if count % 2 else value
            return value

        self.raw(200, json.dumps(spoil(body)).encode())

    def fault_huge(self, body: Any) -> None:
        self.raw(200, json.dumps(body | {"padding": "x" * HUGE}).encode())

    def fault_shuffled(self, body: Any) -> None:
        choices = list(body["choices"])
        random.Random(len(choices)).shuffle(choices)
        self.raw(200, json.dumps(body | {"choices": choices[::-1]}).encode())


FAULTS = sorted(name.removeprefix("fault_") for name in vars(Handler) if name.startswith("fault_"))


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # broken connections are what this server is for


def main() -> None:
    global die_after
    die_after = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = Server(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
