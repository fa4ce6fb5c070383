"""The page of a run of a community without threads: its incidents, each with the command that asks about it."""

import html
import json
import re
import shlex

from windtunnel.analysis.cli import main

RUN = ["run", "experiment=commons_talk", "draws=2", "seeds=1", "dowhy=false", "out=talk"]


def test_a_run_without_threads_lists_its_incidents_with_commands_that_work(browser, site, capsys):
    assert main(RUN) == 0
    page = browser.get("/run", params={"out": "talk"})
    assert page.status_code == 200 and "no form to ask with" in page.text
    asked = re.findall(r"<code>(windtunnel why [^<]+)</code>", page.text)
    capsys.readouterr()
    assert main(["incidents", "talk"]) == 0
    assert asked and f"Next: {html.unescape(asked[0])}" in capsys.readouterr().out
    assert main([*shlex.split(html.unescape(asked[0]))[1:], "--replicates", "4"]) == 0


def test_pages_of_threads_say_that_there_are_none(browser, site):
    (site.folder / "talk").mkdir()
    config = {"community": {"name": "commons", "step_hours": 1}}
    (site.folder / "talk" / "manifest.json").write_text(json.dumps({"config": config}), encoding="utf-8")
    for page in ("/community", "/thread", "/incidents"):
        answer = browser.get(page, params={"out": "talk", "thread": "1"})
        assert answer.status_code < 500 and "without threads" in answer.text
