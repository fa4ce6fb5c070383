"""An OpenAI-compatible server that answers at once from a hash of the prompt, as a process of its own.

Run as `python tests/fake_server.py`: it prints its address, and ends when its standard input closes. Some prompts
hold a word that makes it misbehave: GARBLED (no letters in the answer), NOLOGPROBS, BROKEN (status 500),
REFUSED (status 400), FLAKY (status 503, then an answer). Asked without log-probabilities it writes a text, as JSON where
a schema is given: another one for another seed.
"""

import hashlib
import json
import math
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
seen: Counter[str] = Counter()


def candidates(prompt: str, top: int) -> list[tuple[str, float]]:
    """The likeliest first tokens, from a hash of the prompt."""
    if "GARBLED" in prompt:
        return [("I", -0.1), ("The", -2.5)]
    digest = hashlib.sha256(prompt.encode()).digest()
    weights = [1 + byte for byte in digest[: len(LETTERS)]] + [200]
    tokens = [*LETTERS, "The"]
    pairs = [(token, math.log(weight / sum(weights))) for token, weight in zip(tokens, weights, strict=True)]
    return sorted(pairs, key=lambda pair: -pair[1])[:top]


def completion(index: int, prompt: str, top: int) -> dict[str, Any]:
    """One choice of the completions endpoint, in the older shape (a mapping a token)."""
    found = candidates(prompt, top)
    logprobs = None if "NOLOGPROBS" in prompt else {"top_logprobs": [dict(found)]}
    return {"index": index, "text": found[0][0], "finish_reason": "length", "logprobs": logprobs}


def message(prompt: str, top: int) -> dict[str, Any]:
    """One choice of the chat endpoint."""
    found = candidates(prompt, top)
    listed = [{"token": token, "logprob": value, "bytes": None} for token, value in found]
    content = [{"token": found[0][0], "logprob": found[0][1], "bytes": None, "top_logprobs": listed}]
    return {
        "index": 0,
        "finish_reason": "length",
        "message": {"role": "assistant", "content": found[0][0]},
        "logprobs": None if "NOLOGPROBS" in prompt else {"content": content},
    }


def written(index: int, prompt: str, body: dict[str, Any]) -> dict[str, Any]:
    """One choice of either endpoint that holds a text."""
    number = int.from_bytes(hashlib.sha256(f"{prompt} {body.get('seed')}".encode()).digest()[:4])
    text = f"Some words, number {number}."
    said = json.dumps({"text": text}) if "response_format" in body else text
    return {
        "index": index,
        "finish_reason": "stop",
        "text": said,
        "message": {"role": "assistant", "content": said},
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self.send(200, {"seen": dict(seen)})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/chat/completions"):
            prompts = ["\n".join(part["content"] for part in body["messages"])]
            choices = [
                message(prompts[0], body["top_logprobs"])
                if "top_logprobs" in body
                else written(0, prompts[0], body)
            ]
        elif self.path.endswith("/completions"):
            prompts = body["prompt"] if isinstance(body["prompt"], list) else [body["prompt"]]
            choices = [
                completion(index, prompt, body["logprobs"])
                if "logprobs" in body
                else written(index, prompt, body)
                for index, prompt in enumerate(prompts)
            ]
        elif self.path.endswith("/apply-template"):
            words = [part["content"] for part in body["messages"]]
            return self.send(200, {"prompt": f"<s>{words[0]}</s><u>{words[1]}</u>"})
        else:
            return self.send(404, {"error": {"message": f"no {self.path} here"}})
        text = "\n".join(prompts)
        seen.update(["calls", *(f"prompt {prompt}" for prompt in prompts if len(seen) < 200)])
        seen[f"authorization {self.headers['Authorization']}"] += 1
        if "BROKEN" in text:
            return self.send(500, {"error": {"message": "broken on purpose"}})
        if "REFUSED" in text:
            return self.send(400, {"error": {"message": "refused on purpose"}})
        if "FORBIDDEN" in text:
            return self.send(401, {"error": {"message": f"bad key {self.headers['Authorization']}"}})
        if "FLAKY" in text and seen[f"flaky {text}"] == 0:
            seen[f"flaky {text}"] += 1
            return self.send(503, {"error": {"message": "busy, on purpose"}})
        usage = {
            "prompt_tokens": sum(len(prompt.split()) for prompt in prompts),
            "completion_tokens": len(prompts),
        }
        self.send(
            200,
            {
                "id": "x",
                "object": "text_completion",
                "created": 0,
                "model": body["model"],
                "choices": choices,
                "usage": usage,
            },
        )

    def send(self, status: int, body: object) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        if status == 503:
            self.send_header("Retry-After", "0.01")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    print(f"http://127.0.0.1:{server.server_address[1]}/v1", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
