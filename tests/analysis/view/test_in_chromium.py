"""Every page in a real browser: nothing that axe-core finds, no error, no request that leaves, at two widths in light and dark."""

import contextlib
import json
import os
import re
import shutil
from pathlib import Path

import pytest
from starlette.routing import Match, Route

from windtunnel.analysis.cli import main
from windtunnel.analysis.view.app import make_app, tabs
from windtunnel.analysis.view.site import Site

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
MAP = "id=number,parent=answers,thread=topic,author=who,time=when,text=words,status=fate,score=points"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LOOKS = [
    pytest.param(1280, "light"),
    pytest.param(390, "dark"),
    pytest.param(390, "light", marks=pytest.mark.slow),
    pytest.param(1920, "dark", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def full(imported, tmp_path_factory):
    """A folder with a record, a run, a sweep, an answered question, a failed job and one that waits."""
    folder = tmp_path_factory.mktemp("full")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        shutil.copytree(imported / "mine", folder / "mine")
        shutil.copytree(imported / ".windtunnel", folder / ".windtunnel")
        shutil.copy(FIXTURES / "posts_small.csv", folder / "posts.csv")
        small = ["draws=2", "seeds=1", "community.size=20", "steps=6", "dowhy=false"]
        assert main(["run", "policy=slow_mode", "out=one", *small]) == 0
        assert main(["run", "-m", "policy=slow_mode,thread_lock", "out=two", *small]) == 0
        searched = ["optimise", "policy=slow_mode", "policy_with.slow_mode.hours=2:12", "trials=1", *small]
        assert main([*searched, "--goal", "less escalation", "out=three"]) == 0
        site = Site(folder, ".", excerpts=True)
        patch.setattr(site.jobs, "pump", lambda: None)
        ask = [
            "why",
            "mine",
            "thread:1",
            "--lock",
            "--at=comment:2",
            "--replicates",
            "8",
            "--sensitivity",
            "2",
            "--json",
        ]
        place = {"thread": 1, "draw": None, "seed": None, "arm": None, "back": "/"}
        every = [
            "why",
            "mine",
            "--acts",
            "lock,remove",
            "--replicates",
            "4",
            "--rule=escalation.threshold=0.5",
            "--json",
        ]
        bring = f"import table posts.csv fresh --map={MAP} --json".split()
        (folder / "rude.txt").write_text("idiot\n")
        jobs = {
            "question": site.jobs.add(ask, "lock, thread 1", {"kind": "question", "out": "mine"} | place),
            "failed": site.jobs.add(["incidents", "nowhere"], "incidents of nowhere", {}),
            "replayed": site.jobs.add(
                ["replay", "rude.txt", "mine", "--json"],
                "rude.txt on mine",
                {"kind": "replay", "out": "mine"},
            ),
            "batch": site.jobs.add(
                every, "which of lock, remove would have helped most often", {"kind": "batch", "back": "/"}
            ),
            "brought": site.jobs.add(bring, "bring in posts.csv", {"kind": "import", "out": "fresh"}),
        }
        for job in jobs.values():
            answered(job)
        yield site, jobs | {"waiting": site.jobs.add(["list", "policies"], "policies", {})}


def answered(job):
    """Do a job here, which is quicker than a process of its own."""
    with (
        (job.path / "output.txt").open("w") as out,
        (job.path / "errors.txt").open("w") as err,
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = main(job.words)
    (job.path / "exit").write_text(str(code))


def pages(jobs):
    """The address of every page, with something on it."""
    name = {what: job.name for what, job in jobs.items()}
    return [
        *(tab.path for tab in tabs()),
        "/bring-in/look?path=posts.csv",
        "/label?out=mine",
        "/community?out=mine",
        "/run?out=one",
        "/sweep?out=two",
        "/find?out=mine&way=author&words=Crow",
        "/sweep?out=two&goal=less+hostile_share&limits=civil_posts>=-5%25&smallest=0.1",
        "/choose?place=forum&policy=slow_mode&policy=thread_lock&preset=within5&foretell=1&size=20&steps=6",
        "/choose?place=forum&policy=slow_mode&goal=less+hostile_share&low.slow_mode.hours=2&high.slow_mode.hours=9&foretell=search&size=20&steps=6",
        "/searched?out=three",
        "/watch?out=one",
        "/watch/member?out=one&draw=0&seed=0&step=2&member=1",
        "/rule?policy=remove_hostile&out=mine",
        f"/replayed/{name['replayed']}",
        "/thread?out=mine&thread=1&at=comment:2&policy=slow_mode",
        f"/question/{name['question']}",
        f"/batch/{name['batch']}",
        f"/brought/{name['brought']}",
        f"/jobs/{name['failed']}",
        f"/jobs/{name['waiting']}",
        "/nowhere",
    ]


NO_PAGES = {
    "/jobs": "a piece of Home",
    "/jobs/{name}/progress": "a piece of a job",
    "/jobs/stream": "events",
    "/jobs/{name}/stream": "events",
    "/sweep/cells": "a piece of a sweep",
    "/sweep/stream": "events",
    "/sweep/memo": "Markdown",
    "/incidents": "a piece of a community",
    "/watch/step": "a piece of Watch",
    "/files/{path:path}": "what commands wrote; reports have tests of their own",
}
"""Addresses that are no page of their own, and why."""


def test_every_address_is_looked_at_or_no_page(full):
    """A page that is added to the server is added to the list above, too."""
    site, jobs = full
    routes = [route for route in make_app(site).routes if isinstance(route, Route) and "GET" in route.methods]
    visited = {
        next(route.path for route in routes if route.matches(scope(place.partition("?")[0]))[0] == Match.FULL)
        for place in pages(jobs)
        if place != "/nowhere"
    }
    assert {route.path for route in routes} == visited | set(NO_PAGES)
    assert not visited & set(NO_PAGES)


def scope(path):
    return {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}


def looked_at(page, place):
    """What axe finds on the page, and whether it is wider than the window."""
    page.evaluate(AXE)
    if shots := os.environ.get("VIEW_SHOTS"):  # pages to be looked at by eye
        name = re.sub(r"[^\w]+", "-", place).strip("-")[:90]
        page.screenshot(path=f"{shots}/{name}.png", full_page=True)
    found = page.evaluate("levels => axe.run({runOnly: levels})", LEVELS)
    assert len(found["passes"]) > 8, place  # it has looked
    nodes = [(one["id"], node) for one in found["violations"] for node in one["nodes"][:2]]
    faults = [(place, rule, node["html"][:160], node["failureSummary"][:300]) for rule, node in nodes]
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return faults + ([(place, f"{wide} px too wide")] if wide > 1 else [])


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_every_page_is_sound_for_everybody(chromium, served, heard, full, width, scheme):
    """Violations that axe finds, errors of the console and requests elsewhere, of all pages together."""
    site, jobs = full
    faults = []
    with served(site) as where:
        own = where.split("/?")[0]
        site.token = site.token or "again"
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
        )
        page = context.new_page()
        heard(page, own, faults)
        page.goto(f"{own}/?token={site.token}")
        for path in pages(jobs):
            page.goto(own + path)
            if page.locator("[hx-trigger=load]").count():
                page.wait_for_selector("[hx-trigger=load] table, [hx-trigger=load] p:not(:has(a))")
            faults += looked_at(page, f"{path} {width} {scheme}")
        context.close()
    faults = [fault for fault in faults if "status of 404" not in fault[1]]  # of the page that there is not
    assert not faults, json.dumps(faults, indent=1)


def test_a_page_loads_soon(chromium, served, full):
    """First paint of Home, in a browser that has its cookie: the soonest of some, since the machine may be at something else meanwhile."""
    site, _ = full
    with served(site) as where:
        site.token = site.token or "again"
        context = chromium.new_context()
        page = context.new_page()
        page.goto(f"{where.split('/?')[0]}/?token={site.token}")
        asked = "performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)"
        paints = []
        while len(paints) < 10 and not any(paint < 2000 for paint in paints):
            page.reload()
            while not (found := page.evaluate(asked)):  # the page's policy lets nothing evaluate a string
                page.wait_for_timeout(20)
            paints += found
        context.close()
    assert min(paints) < 2000  # ms; bench/view.py has the figure on a machine that does nothing else


def test_twins_are_watched_by_slider_buttons_and_play(chromium, served, heard, full):
    """Scrubbing hides what comes later and asks for that moment's acts; a member opens beside them; play goes on by itself."""
    site, _ = full
    faults = []
    with served(site) as where:
        site.token = site.token or "again"
        own = where.split("/?")[0]
        page = chromium.new_page()
        heard(page, own, faults)
        page.goto(f"{own}/?token={site.token}")
        page.goto(f"{own}/watch?out=one&step=0")
        shown = "[...document.querySelectorAll('[data-step]')].filter(one => getComputedStyle(one).visibility === 'visible').length"
        first = page.evaluate(shown)
        page.focus("#clock input[type=range]")
        page.keyboard.press("End")
        page.wait_for_selector("#acts h2:has-text('day 1, 05:00')")
        assert page.evaluate(shown) > first and page.locator("#moment").inner_text() == "day 1, 05:00"
        page.click("text=Step back")
        page.wait_for_selector("#acts h2:has-text('04:00')")
        page.click("#acts tbody a >> nth=0")
        page.wait_for_selector("#member h2:has-text('Member')")
        assert "%" in page.locator("#member").inner_text()
        page.click("text=Play")
        page.wait_for_selector("#acts h2:has-text('05:00')")
        page.wait_for_selector("#play:has-text('Play')")
        page.close()
    assert faults == []


def test_every_page_is_read_without_script(chromium, served, full):
    """Without script the same words are there, and a job that runs is looked at again by itself."""
    site, jobs = full
    with served(site) as where:
        site.token = site.token or "again"
        context = chromium.new_context(java_script_enabled=False)
        page = context.new_page()
        own = where.split("/?")[0]
        page.goto(f"{own}/?token={site.token}")
        for path in pages(jobs):
            page.goto(own + path)
            assert page.locator("h1").count() == 1, path
        page.goto(f"{own}/community?out=mine")
        page.click("text=Look for incidents")
        assert "incident" in page.content().lower()
        context.close()
