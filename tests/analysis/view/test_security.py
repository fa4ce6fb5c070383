"""Only the browser that opened the address is heard, only from our own pages, and nothing is loaded from elsewhere."""

import re

import pytest

from windtunnel.analysis.view.app import tabs

HOST = "127.0.0.1:8710"


def test_the_address_works_once(stranger, site):
    token = site.token
    assert stranger.get("/").status_code == 403
    first = stranger.get("/", params={"token": token}, follow_redirects=False)
    assert first.status_code == 303 and first.headers["location"] == "/"
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/" in cookie
    assert stranger.get("/").status_code == 200
    stranger.cookies.clear()
    again = stranger.get("/", params={"token": token})
    assert again.status_code == 403 and "works once" in again.text


def test_a_second_window_of_the_browser_goes_on(browser, site):
    assert browser.get("/", params={"token": "spent"}).status_code == 200


@pytest.mark.parametrize("token", ["", "x", "é", "None", "../..", "a" * 10_000])
def test_another_token_opens_nothing(stranger, token):
    assert stranger.get("/", params={"token": token}).status_code == 403


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{8710}",
        "127.0.0.1",
        "127.0.0.1:80",
        "localhost.evil.example:8710",
        "",
        "127.0.0.1:8710@x",
    ],
)
def test_a_host_that_is_not_ours_is_not_answered(browser, host):
    assert browser.get("/", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost:8710", "[::1]:8710", "LOCALHOST:8710"])
def test_this_machine_has_several_names(browser, host):
    assert browser.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "https://127.0.0.1:8710"},
        {"sec-fetch-site": "cross-site", "origin": f"http://{HOST}"},
        {"sec-fetch-site": "same-site", "origin": f"http://{HOST}"},
    ],
)
def test_a_form_of_another_page_is_not_heard(browser, site, headers):
    sent = {"form_token": site.form_token}
    assert browser.post("/jobs/x/stop", data=sent, headers=headers).status_code == 403


def test_a_form_without_an_origin_is_not_heard(browser, site):
    assert browser.post("/jobs/x/stop", data={"form_token": site.form_token}).status_code == 403


@pytest.mark.parametrize("token", [None, "", "x", "é"])
def test_a_form_without_its_token_is_not_heard(browser, token):
    fields = {} if token is None else {"form_token": token}
    answer = browser.post("/jobs/x/stop", data=fields, headers={"origin": f"http://{HOST}"})
    assert answer.status_code == 403 and "open the page again" in answer.text


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
def test_a_form_of_another_kind_is_not_heard(browser, kind):
    headers = {"origin": f"http://{HOST}", "content-type": kind}
    assert browser.post("/jobs/x/stop", content=b"{}", headers=headers).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_not_answered(browser, method):
    assert browser.request(method, "/").status_code == 405


def test_every_answer_says_what_it_may_load(browser, stranger):
    for answer in (
        browser.get("/"),
        browser.get("/nowhere"),
        stranger.get("/jobs"),
        browser.get("/static/style.css"),
    ):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        assert "script-src 'self'" in policy and "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers


def test_no_page_has_a_script_or_a_style_of_its_own(browser):
    for tab in tabs():
        html = browser.get(tab.path).text
        assert not re.search(r"<script(?![^>]*\bsrc=\"/)", html), tab
        assert "<style" not in html and not re.search(r"\sstyle=", html), tab
        assert not re.search(r"\son[a-z]+=", html), tab
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", html), tab


def test_no_secret_is_in_a_page_or_a_file(browser, site):
    html = browser.get("/").text
    assert site.session not in html
    written = b"".join(path.read_bytes() for path in site.folder.rglob("*") if path.is_file())
    assert site.session.encode() not in written
