"""A rule is tried on the record in shadow, and its twins follow by one button; who answers is kept without a key."""

import json
import subprocess
import sys

import pytest

from windtunnel.analysis.view import backend


def done(job):
    subprocess.run([sys.executable, "-m", "windtunnel.analysis.view.worker", str(job.path)], check=False)


def test_a_list_of_words_is_kept_tried_and_followed(mine, browser):
    answer = browser.send_form(
        "/rule", {"out": "mine", "kind": "words", "name": "rude", "text": "idiot\nstupid\n"}
    )
    (job,) = mine.jobs.all()
    assert answer.headers["location"] == f"/jobs/{job.name}"
    (draft,) = (mine.folder / "rules").iterdir()
    assert draft.read_text() == "idiot\nstupid\n" and job.words[:3] == [
        "replay",
        f"rules/{draft.name}",
        "mine",
    ]
    done(job)
    page = browser.get(f"/jobs/{job.name}")
    assert page.url.path == f"/replayed/{job.name}"
    assert "would have touched 1 of 8 posts" in page.text and "shadow" in page.text and "removed" in page.text
    assert browser.send_form("/replayed/follow", {"job": job.name}).status_code == 303
    run = mine.jobs.about(kind="run")[0]
    assert (
        run.words[0] == "run"
        and "community.profile=mine" in run.words
        and "policy=replayed_rule" in run.words
    )
    assert draft.name in browser.get("/rule").text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "words", "text": ""}, "draft"),
        ({"kind": "words", "text": "/(a+)+$(?=x)/"}, "look"),
        ({"kind": "words", "text": r"/(a)\1/"}, "back"),
        ({"kind": "automoderator", "text": "score: '> 3'\naction: remove"}, "score"),
        ({"kind": "automoderator", "text": "!!python/object/apply:os.system ['true']"}, "draft"),
        ({"kind": "words", "text": "x", "name": "../x"}, "letters"),
        ({"kind": "words", "text": "x", "out": ".."}, "inside"),
        ({"kind": "words", "text": "x", "out": "nowhere"}, "community"),
        ({"kind": "policy", "policy": "nobody"}, "policy"),
        ({"kind": "x", "text": "x"}, "choose"),
        ({"kind": "words", "text": "x" * 300_000}, "bytes"),
    ],
)
def test_what_is_no_rule_is_said_and_not_kept(mine, browser, fields, said):
    answer = browser.send_form("/rule", {"out": "mine", **fields})
    assert answer.status_code in (400, 413) and said in answer.text.lower()
    assert not mine.jobs.all() and not (mine.folder / "rules").exists()


def test_a_pattern_that_would_hang_does_not(mine, browser):
    browser.send_form("/rule", {"out": "mine", "kind": "words", "text": "/(a+)+$/\n/(x*)*y/"})
    for job in mine.jobs.all():
        done(job)
        assert mine.jobs.one(job.name).state == "done"


def test_a_policy_is_tried_with_its_parameters(mine, browser):
    assert "detection" in browser.get("/rule", params={"policy": "remove_hostile"}).text
    browser.send_form(
        "/rule", {"out": "mine", "kind": "policy", "policy": "remove_hostile", "param.detection": "0.5"}
    )
    (job,) = mine.jobs.all()
    assert job.words[:3] == ["replay", "remove_hostile", "mine"] and "--param=detection=0.5" in job.words


def test_who_answers_is_kept_and_asked(site, browser):
    fields = {"kind": "openai", "base_url": "http://127.0.0.1:9/v1", "model": "m", "key_env": "MY_KEY"}
    assert browser.send_form("/back-end", fields).status_code == 303
    assert site.settings()[:2] == ["mind=llm", "llm=openai"] and "llm.key_env=MY_KEY" in site.settings()
    page = browser.get("/back-end").text
    assert "MY_KEY" in page and "not set" in page
    assert browser.send_form("/back-end/probe").status_code == 303
    (job,) = site.jobs.all()
    assert job.words[:3] == ["models", "probe", "llm=openai"]
    done(job)
    assert site.jobs.one(job.name).state == "failed"
    assert (
        "MY_KEY" in site.jobs.one(job.name).said
        and site.jobs.one(job.name).said[:40] in browser.get("/back-end").text
    )
    assert len([browser.send_form("/back-end/probe"), *site.jobs.all()]) == 2  # the old probe is gone


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "openai", "base_url": "http://x/v1", "model": "m", "key_env": "sk-proj-abcdefghijklmnop"},
        {
            "kind": "openai",
            "base_url": "http://x/v1",
            "model": "m",
            "key_env": "abcdefghijklmnopqrstuvwxyz0123",
        },
        {"kind": "openai", "base_url": "http://me:secret@x/v1", "model": "m"},
        {"kind": "openai", "base_url": "file:///etc/passwd", "model": "m"},
        {"kind": "openai", "model": "m"},
        {"kind": "evil"},
        {"kind": "embedded", "budget": "-1"},
    ],
)
def test_a_key_or_an_address_that_is_none_is_not_kept(site, browser, fields):
    answer = browser.send_form("/back-end", fields)
    assert answer.status_code == 400 and not (site.folder / backend.FILE).exists()
    for secret in ("sk-proj", "abcdefghijklmnopqrstuvwxyz0123", "me:secret"):
        assert secret not in answer.text


def test_a_damaged_file_of_settings_is_the_rules(site, browser):
    for content in ("{", "[]", json.dumps({"kind": "x"})):
        (site.folder / backend.FILE).write_text(content)
        assert browser.get("/back-end").status_code == 200
