"""A researcher watches twins: where they part agrees with the tables, and a pair lived again comes out as recorded."""

import contextlib
import json
import re
import shutil

import numpy as np
import polars as pl
import pytest

from tests.in_browser import words_of
from windtunnel.analysis.cli import main
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.view import reliving, watched
from windtunnel.analysis.view.reliving import relive
from windtunnel.analysis.view.twins import course, pairs_of, read_twins


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    where = tmp_path_factory.mktemp("runs")
    small = ["community.size=40", "draws=3", "seeds=2", "steps=14", "dowhy=false", "parallel.jobs=1"]
    assert main(["run", "policy=thread_lock", "baseline=none", *small, f"out={where / 'forum'}"]) == 0
    assert main(["run", "experiment=commons_talk", "draws=2", "dowhy=false", f"out={where / 'commons'}"]) == 0
    return where


@pytest.fixture
def filled(site, runs):
    for name in ("forum", "commons"):
        shutil.copytree(runs / name, site.folder / name)
    return site


def test_twins_part_where_the_first_act_of_a_member_differs(runs):
    """By a second way: walk both logs act by act."""
    events = Folder(runs / "forum").read_table("events").filter(pl.col("member").is_not_null())
    for row in pairs_of(runs / "forum"):
        arms = [
            [
                one[:1] + one[2:]
                for one in events.filter(draw=row["draw"], seed=row["seed"], arm=arm)
                .sort("step", "ordinal")
                .select("step", "ordinal", "member", "kind", "target", "place", "tone")
                .rows()
            ]
            for arm in ("baseline", "policy")
        ]
        steps = [
            {step: sorted(map(str, (a for a in arm if a[0] == step))) for step in range(14)} for arm in arms
        ]
        parted = next((step for step in range(14) if steps[0][step] != steps[1][step]), None)
        assert row["parted"] == parted
    assert any(row["parted"] is not None for row in pairs_of(runs / "forum"))


def test_a_pair_lived_again_comes_out_as_recorded_and_draws_what_was_drawn(runs):
    twins = read_twins(runs / "forum", None, None)
    who, step = twins.who[0], twins.parted
    found = relive(runs / "forum", twins.draw, twins.seed, step, who)
    assert found.same
    for arm in ("baseline", "policy"):
        (decision,) = found.decisions[arm]
        assert sum(share for _, share, _ in decision.options) == pytest.approx(1)
        (drawn,) = [name for name, _, chosen in decision.options if chosen]
        acts = twins.arm(arm).filter(pl.col("step") == step, pl.col("member") == who)
        done = {f"{kind} {tone}" if tone else kind for kind, tone in acts.select("kind", "tone").rows()}
        assert drawn in done or drawn == "lurk" or not done
    before = relive(runs / "forum", twins.draw, twins.seed, 0, int(twins.members["member"].min()))
    assert before.decisions["baseline"] == before.decisions["policy"], (
        "before they part both are told the same"
    )


def test_a_changed_record_is_told(runs, tmp_path):
    shutil.copytree(runs / "forum", tmp_path / "changed")
    where = Folder(tmp_path / "changed")
    events = where.read_table("events")
    first = (pl.col("kind") == "reply") & (pl.int_range(pl.len()).over("kind") == 0)
    where.write_table(
        "events", events.with_columns(tone=pl.when(first).then(pl.lit("hostile")).otherwise("tone"))
    )
    row = events.filter(pl.col("kind") == "reply").row(0, named=True)
    assert row["arm"] in ("aa", "baseline", "policy")
    where.write_table("events", events.filter(~((pl.col("kind") == "open") & (pl.col("arm") == "policy"))))
    assert not relive(tmp_path / "changed", row["draw"], row["seed"], 3, 0).same


def test_the_page_shows_both_twins_and_every_pair(browser, filled):
    html = browser.get("/watch", params={"out": "forum"}).text
    told = words_of(html)
    assert "They part at day 1" in told and "with thread lock" in told
    assert html.count('<svg viewBox="0 0 900') == 3 and html.count('class="pair ') == 6
    assert "style=" not in html and not re.search(r"<script(?! src)", html)
    later = browser.get("/watch", params={"out": "forum", "draw": 1, "seed": 1, "step": 13}).text
    assert 'class="later"' not in later and "draw 1, seed 1" in later
    member = browser.get(
        "/watch/member", params={"out": "forum", "draw": 0, "seed": 0, "step": 2, "member": 1}
    )
    assert member.status_code == 200 and "came out as recorded" in words_of(member.text)
    for params, said in (
        ({"out": "nowhere"}, "no finished run"),
        ({"out": "forum", "draw": 9, "seed": 0}, "no complete pair of draw 9"),
        ({"out": "../x"}, "does not lie in the folder|leads out"),
    ):
        answer = browser.get("/watch", params=params)
        assert answer.status_code == 400 and re.search(said, words_of(answer.text))
    odd = browser.get("/watch/member", params={"out": "forum", "step": 1, "member": "<b>"})
    assert odd.status_code == 400 and "<b>" not in odd.text


def test_a_community_that_is_no_forum_shows_its_measures_and_acts(browser, filled):
    told = words_of(browser.get("/watch", params={"out": "commons"}).text)
    assert "stock (units" in told and "with silence" in told and "round 1" in told
    for word in ("thread", "post", "hostile", "moderator", "newcomer"):
        assert not re.search(rf"\b{word}s?\b", told), word


def test_the_ensemble_is_the_mean_over_pairs(runs):
    said, spread = course(runs / "forum")
    events = Folder(runs / "forum").read_table("events").filter(pl.col("tone") == "hostile")
    for arm in ("baseline", "policy"):
        counts = np.zeros((6, 14))
        for draw, seed, step in events.filter(pl.col("arm") == arm).select("draw", "seed", "step").rows():
            counts[2 * draw + seed, step] += 1
        assert [row[1] for row in spread[arm]] == pytest.approx(counts.mean(0))
    assert said == "hostile acts a step"


def test_the_drawing_places_each_act_at_its_step(runs):
    twins = read_twins(runs / "forum", None, None)
    drawn = watched.lanes(twins)
    width = watched.x_of(1, 14) - watched.x_of(0, 14)
    for marks in drawn.marks.values():
        assert marks and all(abs(mark.x - watched.x_of(mark.step, 14)) <= width / 2 for mark in marks)


def test_a_long_look_is_a_job_whose_answer_is_that_of_a_short_one(browser, filled, monkeypatch):
    """One that takes a moment is answered at once; what a job found is read again as long as the run is the same."""
    where = {"out": "forum", "draw": 0, "seed": 0, "step": 5, "member": 1}
    short = words_of(browser.get("/watch/member", params=where).text)
    monkeypatch.setattr(reliving, "AT_ONCE", 0)
    waiting = browser.get("/watch/member", params=where).text
    (job,) = filled.jobs.all()
    assert f"/jobs/{job.name}/stream" in waiting and "lived again up to this moment" in waiting
    assert filled.jobs.newest(5) == [], "no list has it"
    with (job.path / "output.txt").open("w") as file, contextlib.redirect_stdout(file):
        assert main(job.words) == 0
    (job.path / "exit").write_text("0")
    assert words_of(browser.get("/watch/member", params=where).text) == short
    Folder(filled.folder / "forum").manifest.touch()
    assert "lived again up to this moment" in browser.get("/watch/member", params=where).text
    (job,) = filled.jobs.all()
    (job.path / "errors.txt").write_text("windtunnel: no room <b>\n")
    (job.path / "exit").write_text("2")
    assert "no room &lt;b&gt;" in browser.get("/watch/member", params=where).text
    assert len(filled.jobs.all()) == 1, "what failed is not begun by looking"


def test_the_command_says_what_the_page_says(runs, capsys):
    assert main(["watch", str(runs / "forum"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    twins = read_twins(runs / "forum", None, None)
    assert told["step"] == twins.parted and told["who"] == list(twins.who)
    assert [row["member"] for row in told["acts"] if row["differs"]][: len(twins.who)]
    assert main(["watch", str(runs / "forum"), "--member", str(twins.who[0])]) == 0
    out = capsys.readouterr().out
    assert out.count("<- drawn") == 2 and "came out as recorded" in out
    assert main(["watch", str(runs / "commons")]) == 0 and "stock" not in capsys.readouterr().err
    for words, said in (
        (["--step", "99"], "--step is 99"),
        (["--draw", "1"], "give both"),
        (["--member", "9999"], "there is no member '9999'"),
        (["--draw", "9", "--seed", "9"], "no complete pair"),
    ):
        assert main(["watch", str(runs / "forum"), *words]) == 2
        assert said in capsys.readouterr().err
