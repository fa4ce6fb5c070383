"""What pages say where a person would be left alone: no words in a record, the incident that is asked about, a fold for what is long."""

import json
import re

import polars as pl
import pytest

from windtunnel.analysis.causal.intervals import Estimate
from windtunnel.analysis.importers.formats.recognise import likely
from windtunnel.analysis.why.forum.batch import Act, Batch
from windtunnel.analysis.why.forum.batch_command import sentences

RUN = ["run", "policy=slow_mode", "draws=2", "seeds=1", "community.size=20", "steps=6", "dowhy=false"]


def test_a_forum_s_export_has_its_words_and_titles_found(site, browser):
    columns = ["post_id", "topic_id", "topic_title", "reply_to_post_id", "username", "created_at", "raw"]
    assert likely(columns) == {
        "id": "post_id",
        "parent": "reply_to_post_id",
        "thread": "topic_id",
        "author": "username",
        "time": "created_at",
        "text": "raw",
        "title": "topic_title",
    }
    (site.folder / "a.csv").write_text(",".join(columns) + "\n1,1,A,,x,2021-01-01T00:00:00Z,words\n")
    told = browser.get("/bring-in/look?path=a.csv").text
    assert "No column looks like the words" not in told
    assert "--map id=post_id,parent=reply_to_post_id" in told and "text=raw" in told


def test_a_record_without_words_says_so_before_and_after(site, browser):
    (site.folder / "a.csv").write_text("post_id,username\n1,x\n")
    assert "No column looks like the words" in browser.get("/bring-in/look?path=a.csv").text
    path = site.folder / "jobs" / "20260101-000000-000001"
    path.mkdir(parents=True)
    about = {"kind": "import", "out": "a", "back": "/bring-in/look?path=a.csv"}
    asked = {"words": ["import"], "title": "a", "about": about, "made": 1.0, "cwd": "."}
    (path / "job.json").write_text(json.dumps(asked))
    found = {"posts": 1, "threads": 1, "authors": 1, "tone": "none: neither texts nor scores", "notes": [], "bad_lines": 0}  # fmt: skip
    (path / "output.txt").write_text(json.dumps(found))
    (path / "exit").write_text("0\n")
    told = browser.get(f"/brought/{path.name}").text
    assert "No tone was read" in told and "Label thirty posts" not in told
    assert 'href="/bring-in/look?path=a.csv"' in told


def test_the_command_of_a_thread_is_about_the_incident_that_its_button_asks_about(mine, browser):
    where = "/thread?out=mine&thread=1"
    assert "why mine thread:1 --lock --at comment:1<" in browser.get(where).text
    told = browser.get(f"{where}&incident=escalation-1a2b&rule=escalation.threshold%3D2&at=comment:2").text
    assert "why mine escalation-1a2b --rule=escalation.threshold=2 --lock --at comment:2<" in told


def test_a_mistake_names_a_folder_as_the_page_does(site, browser):
    (site.folder / "empty").mkdir()
    told = browser.get("/community?out=empty").text
    assert "empty holds neither" in told and str(site.folder) not in told


def test_threads_that_are_found_have_their_dates(mine, browser):
    told = browser.get("/find?out=mine&way=date&words=2017-07-14").text
    assert "threads fit" in told and told.count('data-label="begins" class="whole">2017-07-1') == 2


def test_a_question_is_called_by_its_act_and_its_moment(mine, browser):
    for fields, title in (
        ({"act": "lock", "at": "comment:2"}, "lock after comment 2 of thread 1"),
        ({"act": "suspend", "member": "u00001", "length": "24"}, "suspend u00001 for 24 hours, thread 1"),
        ({"act": "with", "policy": "slow_mode", "at": "day 2"}, "slow mode from day 2 of thread 1"),
    ):
        browser.send_form("/ask", {"out": "mine", "thread": "1", **fields})
        assert title in {job.title for job in mine.jobs.all()}


def test_choose_lists_few_policies_and_folds_the_others_but_for_those_that_are_chosen(browser):
    def before_the_fold(html):
        listed = html[html.index("<legend>Compare</legend>") :]
        return re.findall(r'name="policy" value="(\w+)"', listed[: listed.index("more policies")])

    html = browser.get("/choose?place=forum").text
    assert {"slow_mode", "thread_lock", "rule_reminder"} <= set(before_the_fold(html)) and len(
        before_the_fold(html)
    ) == 6
    every = re.findall(r'name="policy" value="(\w+)"', html)
    assert len(every) == len(set(every)) > 12
    last = next(name for name in reversed(every) if name not in before_the_fold(html))
    assert last in before_the_fold(browser.get(f"/choose?place=forum&policy={last}").text)


def test_a_run_says_its_answer_before_its_fidelity_and_folds_what_is_long(site, browser):
    from windtunnel.analysis.cli import main

    assert main([*RUN, "out=run"]) == 0
    html = browser.get("/run?out=run").text
    answer = html[html.index('id="answer"') :]
    assert (
        answer.index("Would the policy") < answer.index("Descriptive fidelity:") < answer.index("<summary>")
    )
    assert answer.count("Descriptive fidelity:") == answer.count("Causal fidelity:") == 1


@pytest.mark.parametrize(
    ("count", "low", "said"),
    [
        (1, None, "Slow mode would have helped most: with it the incident is 50 points of a hundred rarer."),
        (3, 0.2, "with it incidents are 50 [20, 80] points of a hundred rarer on average over 3 incidents (95 % over incidents), and rarer in 1 of them."),
        (2, None, "with it incidents are 50 points of a hundred rarer on average over 2 incidents, and rarer in 1 of them."),
    ],
)  # fmt: skip
def test_several_acts_are_told_in_a_sentence(count, low, said):
    mean = Estimate(0.5, low, None if low is None else 0.8)
    act = Act("slow_mode", count, mean, 0.5, 0.5, 0.5, 1, 0, 0, 0)
    told = sentences(Batch((act,), {}, (), tuple({} for _ in range(count)), 0, 20, "kept", ""))  # type: ignore[arg-type]
    assert said in " ".join(told) and len(told) == 2


def test_a_record_whose_tones_were_all_set_by_hand_speaks_of_no_reader(browser, mine):
    posts = pl.read_parquet(mine.folder / "mine" / "posts.parquet")
    asked = {"out": "mine", "rule": "escalation.threshold=1 newcomer_driven_away.gone=0"}
    before = browser.get("/incidents", params=asked).text
    assert "of tones that a reader heard" in before
    sure = posts.with_columns(tone=pl.col("tone").fill_null("civil"), labelled=pl.lit(True))
    sure.write_parquet(mine.folder / "mine" / "posts.parquet")
    page = browser.get("/incidents", params=asked).text
    assert "of tones set by hand" in page and "a reader heard" not in page
