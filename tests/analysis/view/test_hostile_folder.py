"""Hostile inputs that lie in the folder, or come while it changes: files that are not what they are called, links, jobs that others wrote, clocks."""

import json
import os
import shutil
import threading
import time
import zipfile
from pathlib import Path

import pytest

from windtunnel.analysis.view import jobs as jobs_module
from windtunnel.analysis.view.jobs import Jobs

DEEP = "[" * 200_000
PAGES = ("/", "/jobs", "/choose", "/rule", "/bring-in", "/back-end")


def job_in(site, number=1, text=None, **changed):
    """A job's folder with this job.json."""
    path = site.folder / "jobs" / f"20260101-000000-{number:06x}"
    path.mkdir(parents=True)
    asked = {
        "words": ["list", "policies"],
        "title": "a job",
        "about": {},
        "made": 1.0,
        "cwd": str(site.folder),
    } | changed
    (path / "job.json").write_text(json.dumps(asked) if text is None else text)
    return path


def no_fault(browser, pages=PAGES):
    for page in pages:
        answer = browser.get(page, follow_redirects=False)
        assert answer.status_code < 500 and "This should not happen" not in answer.text, (
            page,
            answer.text[-400:],
        )
        assert "Traceback" not in answer.text and answer.headers.get("location", "/").startswith("/")


@pytest.mark.parametrize(
    "text",
    [DEEP, "", "null", "[]", '{"words": 5}', "\x00" * 5000, "9" * 5000, '{"words": [1], "title": "x", "about": [], "made": "soon"}'],
    ids=lambda text: repr(text[:20]),
)  # fmt: skip
def test_a_job_that_is_none_is_left_out_and_the_others_are_begun(browser, site, text):
    """One JSON of 200,000 brackets ended the thread that begins jobs."""
    job_in(site, 1, text)
    kept = job_in(site, 2)
    no_fault(browser)
    begun = []
    jobs = Jobs(site.folder / "jobs", "jobs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs_module, "_started", lambda path: begun.append(path.name) or _Ended())
        jobs.pump()
    assert kept.name in begun


class _Ended:
    """A process that has ended."""

    def poll(self):
        return None


@pytest.mark.parametrize("made", [1e300, -1e300, float("inf"), float("nan"), 10**400, 4e10])
def test_a_clock_beyond_all_clocks_is_a_job_all_the_same(browser, site, made):
    job_in(site, 1, made=made)
    no_fault(browser, (*PAGES, "/jobs/20260101-000000-000001"))


@pytest.mark.parametrize(
    "about",
    [
        {"page": "//evil.example/"},
        {"page": "https://evil.example/"},
        {"page": "/\\evil.example"},
        {"page": "/\t/evil.example"},
        {"page": "javascript:alert(1)"},
        {"page": ["/"]},
        {"kind": {"a": 1}, "page": "/ok\r\nSet-Cookie: a=b"},
    ],
)
def test_a_job_of_others_leads_nowhere_else(browser, site, about):
    path = job_in(site, 1, about=about | {"back": about["page"]})
    (path / "exit").write_text("0\n")
    answer = browser.get(f"/jobs/{path.name}", follow_redirects=False)
    where = answer.headers.get("location", "/")
    assert answer.status_code < 500 and where.startswith("/") and "evil" not in where
    assert "set-cookie" not in answer.headers and not {"\r", "\n", "\t"} & set(where)
    (path / "exit").write_text("1\n")
    told = browser.get(f"/jobs/{path.name}").text
    assert 'href="//' not in told and 'href="https:' not in told and 'href="javascript' not in told
    assert 'href="/\\' not in told and 'href="/\t' not in told


@pytest.mark.parametrize("pid", ["0", "1", "-1", "²", "9" * 5000, "", "x"])
def test_a_pid_that_is_no_worker_s_ends_nobody(browser, site, monkeypatch, pid):
    """`killpg(0)` is the server's own group."""
    path = job_in(site)
    (path / "pid").write_text(pid)
    ended = []
    monkeypatch.setattr(jobs_module, "_is_held", lambda path: True)
    monkeypatch.setattr(os, "killpg", lambda group, signal: ended.append(group))
    answer = browser.send_form(f"/jobs/{path.name}/stop")
    assert answer.status_code < 500 and ended == []


def test_output_of_any_kind_is_no_fault(browser, site):
    for number, (kind, text) in enumerate(
        (kind, text) for kind in ("import", "replay", "batch", "question") for text in (DEEP, "{}", "null", "[1]")
    ):  # fmt: skip
        path = job_in(site, number, about={"kind": kind, "out": "x"})
        (path / "exit").write_text("0\n")
        (path / "output.txt").write_text(text)
        no_fault(
            browser, [f"/{page}/{path.name}" for page in ("brought", "replayed", "batch", "question", "jobs")]
        )


@pytest.mark.parametrize("name", ["uploads", "rules", "jobs"])
def test_a_link_made_while_the_server_runs_is_not_written_through(mine, browser, tmp_path_factory, name):
    outside = tmp_path_factory.mktemp("outside")
    shutil.rmtree(mine.folder / name, ignore_errors=True)
    (mine.folder / name).symlink_to(outside, target_is_directory=True)
    upload = {"file": ("a.csv", b"id,text\n1,a\n")}
    browser.send_form(f"/bring-in?form_token={mine.form_token}", files=upload)
    browser.send_form("/rule", {"out": "mine", "kind": "words", "text": "bad", "name": "draft"})
    browser.send_form("/ask", {"out": "mine", "thread": "1", "act": "lock", "at": "comment:1"})
    assert list(outside.iterdir()) == []
    no_fault(browser)


@pytest.mark.parametrize("name", ["uploads", "rules", "jobs", "backend.json"])
def test_a_file_where_a_folder_should_be_is_said(mine, browser, name):
    if (mine.folder / name).is_dir():
        shutil.rmtree(mine.folder / name)
    if name == "backend.json":
        (mine.folder / name).mkdir()
    else:
        (mine.folder / name).write_text("no folder")
    answers = [
        browser.send_form(f"/bring-in?form_token={mine.form_token}", files={"file": ("a.csv", b"id\n1\n")}),
        browser.send_form("/rule", {"out": "mine", "kind": "words", "text": "bad", "name": "draft"}),
        browser.send_form("/back-end", {"kind": "rules"}),
        browser.send_form("/ask", {"out": "mine", "thread": "1", "act": "lock", "at": "comment:1"}),
    ]
    assert all("This should not happen" not in answer.text for answer in answers)
    no_fault(browser)


def test_a_folder_taken_away_while_its_page_is_open_is_said(mine, browser):
    pages = [f"/{page}?out=mine&thread=1" for page in ("community", "thread", "incidents", "watch")]
    for page in pages:
        browser.get(page)
    shutil.rmtree(mine.folder / "mine")
    for page in pages:
        answer = browser.get(page)
        assert answer.status_code in (400, 404, 500) and "This should not happen" not in answer.text, page
    shutil.rmtree(mine.folder)
    for page in PAGES:
        answer = browser.get(page)
        assert "This should not happen" not in answer.text, page
    mine.folder.mkdir()
    assert browser.get("/").status_code == 200


def test_a_packed_folder_is_no_way_out(browser, site):
    """Names in an archive lead nowhere: archives of files are not unpacked."""
    path = site.folder / "evil.zip"
    with zipfile.ZipFile(path, "w") as packed:
        for name in ("../../evil.csv", "/tmp/evil.csv", "posts.csv"):
            packed.writestr(name, "id,text\n1,a\n")
    with path.open("rb") as file:
        answer = browser.send_form(
            f"/bring-in?form_token={site.form_token}", files={"file": ("evil.xlsx", file.read())}
        )
    assert answer.status_code == 303
    looked = browser.get(answer.headers["location"])
    assert "This should not happen" not in looked.text
    no_fault(browser, ["/bring-in/look?path=evil.zip", "/files/evil.zip"])
    assert not list(site.folder.parent.glob("evil*")) and not Path("/tmp/evil.csv").exists()


def test_one_question_asked_by_forty_at_once_is_one_job(mine, browser):
    fields = {"out": "mine", "thread": "1", "act": "lock", "at": "comment:1"}
    places = []

    def ask():
        places.append(browser.send_form("/ask", fields).headers.get("location"))

    askers = [threading.Thread(target=ask) for _ in range(40)]
    for one in askers:
        one.start()
    for one in askers:
        one.join()
    assert len(places) == 40 and len(set(places)) == 1 and places[0].startswith("/question/")
    assert len(list((mine.folder / "jobs").iterdir())) == 1


def test_stopping_going_on_and_forgetting_at_once_is_no_fault(browser, site):
    """Whoever comes first: each gets a page or a sentence."""
    path = job_in(site)
    codes = []

    def press(what):
        for _ in range(10):
            codes.append(browser.send_form(f"/jobs/{path.name}/{what}").status_code)

    def forget():
        time.sleep(0.05)
        shutil.rmtree(path, ignore_errors=True)

    pressing = [threading.Thread(target=press, args=(what,)) for what in ("stop", "again", "stop", "again")]
    for one in [*pressing, threading.Thread(target=forget)]:
        one.start()
        pressing.append(one) if one not in pressing else None
    for one in pressing:
        one.join()
    assert set(codes) <= {303, 400, 404, 500} and len(codes) == 40
    no_fault(browser)


def test_a_clock_set_back_keeps_the_jobs(mine, browser, monkeypatch):
    fields = {"out": "mine", "thread": "1", "act": "lock", "at": "comment:1"}
    first = browser.send_form("/ask", fields).headers["location"]
    monkeypatch.setattr(time, "time", lambda: 1.0)
    monkeypatch.setattr(time, "strftime", lambda pattern, *when: "19700101-000001")
    second = browser.send_form("/ask", fields | {"at": "comment:2"}).headers["location"]
    assert first != second and {first, second} == {f"/question/{job.name}" for job in mine.jobs.all()}
    no_fault(browser, ["/", "/jobs", first, second])
