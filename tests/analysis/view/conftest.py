"""A site over an empty folder, and a browser that has opened its address."""

import contextlib
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from starlette.testclient import TestClient

from tests.waiting import PATIENCE_S
from windtunnel.analysis.cli import main
from windtunnel.analysis.view.app import make_app
from windtunnel.analysis.view.security import address
from windtunnel.analysis.view.serve import listening
from windtunnel.analysis.view.site import Site

PORT = 8710
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
MAP = "id=number,parent=answers,thread=topic,author=who,time=when,text=words,status=fate,score=points"
HOST = f"127.0.0.1:{PORT}"
ORIGIN = f"http://{HOST}"


class Browser(TestClient):
    """A client that sends what a browser sends from a page of ours."""

    def __init__(self, site: Site) -> None:
        super().__init__(make_app(site), base_url=ORIGIN, raise_server_exceptions=False)
        self.site = site

    def send_form(self, path: str, fields: dict[str, Any] | None = None, **more: Any) -> Any:
        """A form as the page has it: with the token, from our own origin."""
        given = {"form_token": self.site.form_token, **(fields or {})}
        headers = {"origin": ORIGIN, **more.pop("headers", {})}
        return self.post(path, data=given, headers=headers, follow_redirects=False, **more)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Over an empty folder; its jobs are written and never started, unless a test starts them."""
    monkeypatch.chdir(tmp_path)
    made = Site(tmp_path, ".", port=PORT)
    monkeypatch.setattr(made.jobs, "pump", lambda: None)
    return made


@pytest.fixture
def stranger(site: Site) -> Browser:
    """A browser that has not opened the address."""
    return Browser(site)


@pytest.fixture
def browser(site: Site) -> Browser:
    """A browser that has."""
    made = Browser(site)
    answer = made.get("/", params={"token": site.token}, follow_redirects=False)
    assert answer.status_code == 303
    return made


@pytest.fixture
def open_browser() -> Iterator[Callable[[Site], Browser]]:
    """`open_browser(site)`: a browser that has opened the address of this site."""

    def opened(site: Site) -> Browser:
        made = Browser(site)
        made.get("/", params={"token": site.token}, follow_redirects=False)
        return made

    yield opened


@pytest.fixture(scope="session")
def imported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small record with a lock and a removal, brought in once."""
    folder = tmp_path_factory.mktemp("imported")
    acts = pl.DataFrame(
        {
            "act": ["remove", "lock"],
            "post": ["a5", "a1"],
            "time": ["2017-07-14T03:00:00Z", "2017-07-14T03:10:00Z"],
        }
    )
    acts.write_csv(folder / "acts.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        words = ["import", "table", str(FIXTURES / "posts_small.csv"), "mine", "--map", MAP]
        assert main([*words, "--mod-log", "acts.csv", "--mod-map", "act=act,post=post,time=time"]) == 0
    return folder


@pytest.fixture
def mine(site: Site, imported: Path) -> Site:
    """A site whose folder has that record as `mine`."""
    shutil.copytree(imported / "mine", site.folder / "mine")
    shutil.copytree(imported / ".windtunnel", site.folder / ".windtunnel")
    return site


class Patient:
    """A browser of Playwright whose windows wait for what must come as long as every test does."""

    def __init__(self, made: Any) -> None:
        self.made = made

    def __getattr__(self, name: str) -> Any:
        return getattr(self.made, name)

    def new_context(self, **settings: Any) -> Any:
        context = self.made.new_context(**settings)
        context.set_default_timeout(PATIENCE_S * 1000)
        return context

    def new_page(self, **settings: Any) -> Any:
        page = self.made.new_page(**settings)
        page.set_default_timeout(PATIENCE_S * 1000)
        return page


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Debian's Chromium, without a window; its event loop ends with the module, so that tests of others may have one."""
    pytest.importorskip("playwright", reason="Playwright is not installed")
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("no Chromium is installed here")
    with sync_playwright() as play:
        made = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield Patient(made)
        made.close()


@contextlib.contextmanager
def _served(site: Site) -> Iterator[str]:
    import uvicorn

    at = listening("127.0.0.1", 0)
    site.port = at.getsockname()[1]
    made = uvicorn.Config(make_app(site), log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(made)
    site.ends, site.server = lambda: server.should_exit, server  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [at]}, daemon=True)
    thread.start()
    try:
        yield address(site, "127.0.0.1")
    finally:
        server.should_exit = True
        thread.join(PATIENCE_S)


@pytest.fixture(scope="session")
def served() -> Callable[[Site], Any]:
    """`with served(site) as address`: the site on a port of its own."""
    return _served


@pytest.fixture(scope="session")
def heard() -> Callable[[Any, str, list[Any]], None]:
    """`heard(page, own, faults)` collects errors of the page and its console, and requests to elsewhere."""

    def listen(page: Any, own: str, faults: list[Any]) -> None:
        page.on("pageerror", lambda error: faults.append(("error", str(error))))
        page.on(
            "console", lambda said: faults.append(("console", said.text)) if said.type == "error" else None
        )
        page.on(
            "request",
            lambda sent: (
                faults.append(("leaves", sent.url)) if not sent.url.startswith((own, "data:")) else None
            ),
        )

    return listen


@pytest.fixture(scope="module")
def open_door(served, tmp_path_factory):
    """`with open_door() as send:` a server over a folder with a report and a secret; `send(raw)` sends bytes and gives the answer's status and
    text, `send(raw, seconds)` waits no longer than that for more of it, where a server may wait for more itself; `send.site` is the site.
    """

    @contextlib.contextmanager
    def opened():
        folder = tmp_path_factory.mktemp("door")
        (folder / "report.html").write_text("<p>report</p>")
        (folder / "secret.key").write_text("secret-of-the-folder")
        site = Site(folder, ".")
        site.jobs.pump = lambda: None

        def send(raw, seconds=PATIENCE_S):
            text = raw.replace("PORT", str(site.port)).replace("COOKIE", f"{site.cookie}={site.session}")
            with socket.create_connection(("127.0.0.1", site.port), timeout=seconds) as line:
                answer = b""
                try:
                    line.sendall(text.encode("latin-1"))
                    while block := line.recv(65536):
                        answer += block
                except (TimeoutError, ConnectionError):
                    pass
            found = re.match(rb"HTTP/1\.1 (\d+)", answer)
            return int(found[1]) if found else 0, answer.decode("latin-1")

        send.site = site
        with served(site):
            yield send

    return opened
