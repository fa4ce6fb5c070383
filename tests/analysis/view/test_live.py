"""In a real browser a job's progress comes by itself: live, to its end, over a dropped connection, and no longer than its tab is open."""

import os
import shutil
from fcntl import LOCK_EX, flock

import pytest

from tests.waiting import PATIENCE_S, until
from windtunnel.analysis.view.site import Site


class Worker:
    """A job that somebody works on: it says what it is told to, and ends when told to."""

    def __init__(self, site, about=None):
        self.job = site.jobs.add(["list", "policies"], "a long one", about or {})
        self.handle = os.open(self.job.path, os.O_RDONLY)
        flock(self.handle, LOCK_EX)

    def says(self, line):
        with (self.job.path / "errors.txt").open("a") as file:
            file.write(line + "\n")

    def ends(self):
        (self.job.path / "exit").write_text("0")
        os.close(self.handle)


@pytest.fixture
def opened(chromium, served, heard, tmp_path, monkeypatch):
    """A site whose jobs nobody starts, its address without the token, and a window that has its cookie."""
    monkeypatch.chdir(tmp_path)
    site = Site(tmp_path, ".")
    monkeypatch.setattr(site.jobs, "pump", lambda: None)
    with served(site) as where:
        context = chromium.new_context()
        page = context.new_page()
        page.goto(where)
        yield site, where.split("/?")[0], context, page
        context.close()


def test_progress_comes_live_and_the_end_leads_on(opened, heard):
    site, own, _, page = opened
    faults, asked = [], []
    heard(page, own, faults)
    worker = Worker(site, {"page": "/back-end"})
    page.on("request", lambda sent: asked.append(sent.url.removeprefix(own)))
    page.goto(f"{own}/jobs/{worker.job.name}")
    for share in (10, 40):
        worker.says(f"{share} of 100 steps, about 3 s left")
        page.wait_for_selector(f"progress[value='{share / 100}']")
    assert page.locator("#progress [role=status]").inner_text().endswith("40 of 100 steps, about 3 s left")
    assert [url for url in asked if "progress" in url] == []  # it is told, and does not ask
    worker.ends()
    page.wait_for_url("**/back-end")
    until(lambda: len(site.streams) == 0)
    assert faults == []


def test_a_dropped_connection_goes_on(opened):
    site, own, _, page = opened
    worker = Worker(site)
    page.goto(f"{own}/jobs/{worker.job.name}")
    worker.says("10 of 100 steps")
    page.wait_for_selector("progress[value='0.1']")
    dropped = list(site.streams._open)
    for connection in list(site.server.server_state.connections):
        connection.transport.abort()
    until(lambda: not any(each in site.streams._open for each in dropped))
    worker.says("70 of 100 steps")
    page.wait_for_selector("progress[value='0.7']")
    worker.ends()


def test_a_tab_that_is_closed_ends_its_stream(opened):
    site, own, context, page = opened
    worker = Worker(site)
    other = context.new_page()
    for each in (page, other):
        each.goto(own)
    until(lambda: len(site.streams) == 2)
    other.close()
    until(lambda: len(site.streams) == 1)
    page.goto(f"{own}/back-end")
    until(lambda: len(site.streams) == 0)
    worker.ends()


def test_ten_windows_on_a_job_leave_room_for_pages(opened):
    """A browser holds six connections to a server: nine open streams would leave none for the tenth window."""
    site, own, context, page = opened
    worker = Worker(site)
    windows = [context.new_page() for _ in range(9)]
    for each in windows:
        each.goto(f"{own}/jobs/{worker.job.name}")
    until(lambda: len(site.streams) <= 5)  # the oldest looks every half second whether it shall end
    page.goto(f"{own}/back-end")  # would wait for ever: the worker is at work, so no stream ends by itself
    assert page.inner_text("h1") == "Back end"
    worker.says("30 of 100 steps")
    for each in windows:  # each has its turn
        each.wait_for_selector("progress[value='0.3']")
    worker.ends()


def test_without_script_the_page_is_looked_at_again(chromium, opened):
    """Chromium with its scripts truly off, so that `noscript` holds."""
    site, own, _, _ = opened
    off = ["--no-sandbox", "--blink-settings=scriptEnabled=false"]
    path = shutil.which("chromium") or shutil.which("google-chrome")
    browser = chromium.browser_type.launch(executable_path=path, args=off)
    page = browser.new_page()
    site.token = "again"
    page.goto(f"{own}/?token=again")
    worker = Worker(site, {"page": "/back-end"})
    page.goto(f"{own}/jobs/{worker.job.name}")
    worker.ends()
    page.wait_for_url("**/back-end", timeout=PATIENCE_S * 1000)
    browser.close()


def test_home_without_script_has_a_link_to_look_again(browser):
    assert "Look again" not in browser.get("/").text
    Worker(browser.site)
    assert '<noscript><p><a href="/">Look again</a></p></noscript>' in browser.get("/").text
