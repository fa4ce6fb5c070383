"""A designer has a policy's parameters searched under a goal: the form, what it would take, the command, and what it found."""

import re
from html import unescape

import pytest

pytest.importorskip("optuna")

from tests.in_browser import words_of
from windtunnel.analysis.cli import main

FORM = {
    "place": "forum",
    "policy": ["slow_mode"],
    "low.slow_mode.hours": "2",
    "high.slow_mode.hours": "12",
    "size": "40",
    "steps": "8",
    "draws": "2",
    "seeds": "1",
    "trials": "2",
    "goal": "less hostile_share",
    "limits": "civil_posts>=-60%",
}


def test_a_number_has_two_ends_to_search_between(browser):
    html = browser.get("/choose", params={"place": "forum", "policy": "remove_hostile"}).text
    assert 'name="low.remove_hostile.delay"' in html and 'name="high.remove_hostile.delay"' in html
    assert "low.remove_hostile.explain" not in html, "true or false is no range"


def test_what_the_search_would_take_stands_with_its_command(browser, site):
    answer = browser.send_form("/choose", FORM | {"action": "foretell_search"})
    told = words_of(browser.get(answer.headers["location"]).text)
    assert "2 trials of 2 pairs each" in told and re.search(r"Time: about \d+ seconds", told)
    assert "windtunnel optimise policy=slow_mode" in told and "policy_with.slow_mode.hours=2:12" in told
    assert site.jobs.all() == []


def test_the_search_is_the_command_and_its_page_says_what_it_found(browser, site):
    answer = browser.send_form("/choose", FORM | {"action": "search"})
    assert answer.status_code == 303
    (job,) = site.jobs.all()
    assert job.words[0] == "optimise" and "--goal=less hostile_share" in job.words
    waiting = words_of(browser.get(job.about["page"]).text)
    assert "has not ended" in waiting
    assert main(job.words) == 0
    (job.path / "exit").write_text("0")
    led = browser.get(f"/jobs/{job.name}", follow_redirects=False).headers["location"]
    told = words_of(browser.get(led).text)
    assert "On other communities (root 1, 2 pairs)" in told and "inside this model" in told.lower()
    assert "slow_mode.hours=" in told and "looks better than it is" in told
    home = words_of(browser.get("/").text)
    assert "2 trials, goal: less hostile share" in home
    (link,) = set(re.findall(r'href="(/run[^"]+)"', browser.get(led).text)[:1])
    assert browser.get(unescape(link)).status_code == 200


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"goal": ""}, "a search needs a goal"),
        ({"high.slow_mode.hours": ""}, "give both ends"),
        ({"low.slow_mode.hours": "", "high.slow_mode.hours": ""}, "nothing is searched"),
        ({"low.slow_mode.hours": "12", "high.slow_mode.hours": "2"}, "must be below"),
        ({"low.slow_mode.hours": "$(x)"}, "is no range"),
        ({"trials": "1e9"}, "give a whole number"),
        ({"limits": "civil_posts"}, "is no limit"),
        ({"policy": ["slow_mode", "thread_lock"], "together": "1"}, "one policy at a time"),
    ],
)
def test_a_mistake_is_one_sentence_and_begins_nothing(browser, site, changed, said):
    answer = browser.send_form("/choose", FORM | changed | {"action": "search"})
    assert answer.status_code == 400 and said.lower() in words_of(answer.text).lower()
    assert site.jobs.all() == []


def test_a_preset_counts_though_it_was_not_filled_in(browser, site):
    fields = {key: value for key, value in FORM.items() if key not in ("goal", "limits")}
    assert browser.send_form("/choose", fields | {"preset": "within5", "action": "begin"}).status_code == 303
    (job,) = site.jobs.all()
    assert "goal=less+escalation" in job.about["page"] and "civil_posts" in job.about["page"]
