"""Home lists what is there, whatever state it is in."""

import json

import polars as pl


def run_in(folder, name, **more):
    place = folder / name
    place.mkdir(parents=True)
    community = {"name": "forum", "size": 20, "step_hours": 1}
    config = {
        "community": community,
        "policy": [["slow_mode", {"hours": 3}]],
        "baseline": [],
        "steps": 4,
        "draws": 2,
        "seeds": 1,
        "mind": {"name": "rules"},
    }
    (place / "manifest.json").write_text(json.dumps({"config": config, "failed": 0, **more}))


def test_an_empty_folder_says_what_to_do(browser):
    assert "Nothing is here yet" in browser.get("/").text


def test_runs_sweeps_and_communities_are_told_apart(browser, site):
    run_in(site.folder, "alone")
    for cell in ("policy=a-01234567", "policy=b-01234568"):
        run_in(site.folder, f"many/{cell}")
    (site.folder / "mine").mkdir()
    pl.DataFrame({"post": [1]}).write_parquet(site.folder / "mine" / "posts.parquet")
    html = browser.get("/").text
    assert "/run?out=alone" in html and "/sweep?out=many" in html and "/community?out=mine" in html
    assert "out=many/" not in html and "3 entries" in html


def test_the_list_is_searched_by_name_kind_and_words(browser, site):
    for name in ("one", "two"):
        run_in(site.folder, name)
    assert "1 entry" in browser.get("/", params={"words": "ONE"}).text
    assert "2 entries" in browser.get("/", params={"words": "slow mode"}).text
    assert "called so" in browser.get("/", params={"kind": "community"}).text
    assert "called so" in browser.get("/", params={"words": "<script>"}).text


def test_what_is_broken_is_said_and_the_rest_is_shown(browser, site):
    run_in(site.folder, "good")
    for name, content in (("cut", '{"con'), ("list", "[]"), ("odd", '{"config": 1}')):
        (site.folder / name).mkdir()
        (site.folder / name / "manifest.json").write_text(content)
    answer = browser.get("/")
    assert answer.status_code == 200 and answer.text.count("unreadable") == 3 and "20 members" in answer.text


def test_names_are_words_and_not_markup(browser, site):
    run_in(site.folder, "<img src=x onerror=alert(1)>")
    assert "<img" not in browser.get("/").text


def test_a_long_list_has_pages(browser, site):
    for number in range(60):
        run_in(site.folder, f"run{number:03d}")
    first, second = browser.get("/").text, browser.get("/", params={"page": 2}).text
    assert first.count("/run?out=") == 50 and second.count("/run?out=") == 10
    assert browser.get("/", params={"page": "-1"}).status_code == 200
    assert browser.get("/", params={"page": "9" * 40}).status_code == 200


def test_a_saved_page_is_one_file_without_the_server(browser, site):
    run_in(site.folder, "alone")
    answer = browser.get("/", params={"export": 1})
    assert answer.headers["content-disposition"] == 'attachment; filename="home.html"'
    html = answer.text
    assert "alone" in html and "default-src 'none'" in html.replace("&#x27;", "'")
    for gone in ("<form", "<script", "<nav", "<link", 'href="/', "hx-", site.form_token, "data-live"):
        assert gone not in html, gone
