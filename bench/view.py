"""How fast pages come: Home over 1,000 runs, a thread of 500 and one of 5,000 posts, memory of an idle server, first paint.

A request's time is that over loopback, the median of 20; the first one, which loads what the page needs, stands beside it. A page of a
thread has 250 posts.
First paint is Chromium's, where it and Playwright are installed; else null.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import polars as pl

REPEATS = 20


def runs(folder: Path, count: int) -> None:
    """One real run, copied."""
    words = [
        "run",
        "policy=slow_mode",
        "draws=2",
        "seeds=1",
        "community.size=30",
        "steps=8",
        "dowhy=false",
        "out=run",
    ]
    subprocess.run(
        [sys.executable, "-m", "windtunnel.analysis.cli", *words], cwd=folder, check=True, capture_output=True
    )
    for number in range(1, count):
        shutil.copytree(folder / "run", folder / f"run{number:04d}")


def community(folder: Path, posts: int) -> None:
    """A record with one long thread of short texts."""
    table = pl.DataFrame(
        {
            "post": range(1, posts + 1),
            "thread": 1,
            "parent": [None, *([1] * (posts - 1))],
            "kind": ["thread", *(["reply"] * (posts - 1))],
            "author": [f"u{number % 90:05d}" for number in range(posts)],
            "role": "member",
            "minute": [7 * number for number in range(posts)],
            "tone": ["hostile" if number % 40 == 39 else "civil" for number in range(posts)],
            "status": "visible",
            "text": ["Some words of a post that is about as long as posts are. " * 5] * posts,
        },
        schema_overrides={"parent": pl.Int64},
    )
    folder.mkdir()
    table.write_parquet(folder / "posts.parquet")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="windtunnel-bench-") as name:
        folder = Path(name)
        runs(folder, asked.runs)
        community(folder / "long", 500)
        community(folder / "longest", 5000)
        began = time.perf_counter()
        server = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "windtunnel.analysis.cli",
                "view",
                name,
                "--no-browser",
                "--port",
                "0",
                "--excerpts",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            started = time.perf_counter() - began
            own = address.split("/?")[0]
            opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
            opener.open(address).read()
            idle = memory(server.pid)
            pages = {
                f"home of {asked.runs} runs": "/",
                f"search in {asked.runs} runs": "/?words=run09",
                "thread of 500 posts": "/thread?out=long&thread=1",
                "thread of 5,000 posts": "/thread?out=longest&thread=1",
                "community of 5,000 posts": "/community?out=longest",
            }
            times = {what: timed(opener, own + path) for what, path in pages.items()}
            told = {
                "first_line_s": round(started, 2),
                "ms": {what: round(1000 * statistics.median(each), 1) for what, each in times.items()},
                "first_request_ms": {what: round(1000 * each[0], 1) for what, each in times.items()},
                "memory_idle_mb": idle,
                "memory_after_mb": memory(server.pid),
                "first_paint_ms": painted(own, opener, server),
            }
        finally:
            server.terminate()
            server.wait()
    print(json.dumps(told))


def timed(opener: urllib.request.OpenerDirector, url: str) -> list[float]:
    """Seconds of each request; the first stands first."""
    found = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        opener.open(url).read()
        found.append(time.perf_counter() - began)
    return found


def memory(pid: int) -> float | None:
    """Resident megabytes of a process; None where the system does not say."""
    status = Path(f"/proc/{pid}/status")
    if not status.is_file():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return round(int(line.split()[1]) / 1000, 1)


def painted(own: str, opener: urllib.request.OpenerDirector, server: subprocess.Popen[str]) -> float | None:
    """Median milliseconds to Chromium's first contentful paint of Home."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    if chromium is None:
        return None
    jar = next(handler.cookiejar for handler in opener.handlers if hasattr(handler, "cookiejar"))
    (cookie,) = jar
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=chromium, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        context = browser.new_context()
        context.add_cookies([{"name": cookie.name, "value": str(cookie.value), "url": own}])
        page = context.new_page()
        found = []
        for _ in range(5):
            page.goto(own)
            found.append(first_paint(page))
        browser.close()
    return round(statistics.median(found), 1)


def first_paint(page: Any) -> float:
    """Asked again from outside: the pages' policy lets nothing inside them evaluate a string."""
    while not (
        at := page.evaluate("performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)")
    ):
        page.wait_for_timeout(20)
    return float(at[0])


if __name__ == "__main__":
    main()
