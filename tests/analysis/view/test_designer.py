"""A designer chooses policies, is told what it would take, runs the sweep and reads the comparison under a goal."""

import re

import pytest

from tests.in_browser import words_of
from windtunnel.analysis.cli import main
from windtunnel.analysis.view import choosing
from windtunnel.analysis.view.trade_off import picture

FORM = {
    "place": "forum",
    "policy": ["slow_mode", "thread_lock"],
    "size": "40",
    "steps": "8",
    "draws": "3",
    "seeds": "1",
    "goal": "less hostile_share",
    "limits": "civil_posts>=-50%\nat most 100 moderator_actions a day",
}


def test_policies_have_forms_of_their_declared_parameters(browser):
    html = browser.get("/choose", params={"place": "forum", "policy": "thread_lock"}).text
    told = words_of(html)
    assert 'name="param.thread_lock.evasion"' in html and "Range: 0 to 1" in told
    assert "How long it stays locked" in told and "In hours" in told
    other = words_of(browser.get("/choose", params={"place": "commons"}).text)
    assert "harvest cap" in other and "slow mode" not in other


def test_a_preset_fills_in_the_goal_and_its_limits(browser):
    html = browser.get("/choose", params={"place": "forum", "preset": "within5"}).text
    assert 'value="less escalation"' in html and "civil_posts&gt;=-5%" in html
    for community in ("forum", "commons"):
        for one in choosing.presets(community).values():
            from windtunnel.analysis.view.pages.choose import read_goal

            read_goal(one.goal, "\n".join(one.limits), community)


def test_an_experiment_brings_its_community_policy_and_settings(browser, site):
    html = browser.get("/choose", params={"experiment": "commons_talk"}).text
    told = words_of(html)
    assert "Policies of a commons" in told and re.search(r'value="silence" checked', html)
    assert "Members who may not talk use more" in told
    fields = {
        "experiment": "commons_talk",
        "place": "forum",
        "policy": ["silence"],
        "draws": "2",
        "seeds": "1",
    }
    answer = browser.send_form("/choose", fields | {"action": "foretell"})
    told = words_of(browser.get(answer.headers["location"]).text)
    assert "experiment=commons_talk" in told and "1 cell" in told and "community=forum" not in told
    assert browser.send_form("/choose", fields | {"action": "begin"}).status_code == 303
    (job,) = site.jobs.all()
    assert "experiment=commons_talk" in job.words and not any("community=" in word for word in job.words)
    odd = browser.get("/choose", params={"experiment": "../x"})
    assert odd.status_code == 200 and "../x" not in words_of(odd.text)
    for one in choosing.experiments().values():
        known = [name for name, _ in choosing.policies_of(one.community, one)]
        assert set(one.policies) - {"none"} <= set(known), one


def test_time_and_cost_are_foretold_before_anything_runs(browser, site):
    answer = browser.send_form("/choose", FORM | {"action": "foretell"})
    told = words_of(browser.get(answer.headers["location"]).text)
    assert "2 cells, 18 runs at the most" in told and re.search(r"Time: about \d+ seconds", told)
    assert "policy=slow_mode,thread_lock community=forum community.size=40" in told
    assert site.jobs.all() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"policy": []}, "Choose at least one policy"),
        ({"policy": ["fining"]}, "No policy of this community"),
        ({"size": "-3"}, "give a whole number above 0"),
        ({"param.slow_mode.hours": "$(touch x)"}, "give one number or word"),
        ({"param.slow_mode.hours": "-1"}, "slow_mode.hours is -1"),
        ({"goal": "less hostility"}, "no outcome is called"),
        ({"limits": "civil_posts"}, "is no limit"),
        ({"outcome": "newcomer_return"}, "No outcome of this community"),
    ],
)
def test_a_mistake_is_one_sentence_and_begins_nothing(browser, site, changed, said):
    answer = browser.send_form("/choose", FORM | changed | {"action": "begin"})
    assert answer.status_code == 400 and said.lower() in words_of(answer.text).lower()
    assert site.jobs.all() == []


def test_the_comparison_stands_where_the_sweep_was_begun(browser, site, monkeypatch):
    answer = browser.send_form("/choose", FORM | {"action": "begin", "together": "1"})
    assert answer.status_code == 303 and answer.headers["location"].startswith("/sweep?out=choice-")
    (job,) = site.jobs.all()
    before = words_of(browser.get(answer.headers["location"]).text)
    assert "0 of 3 policies are finished" in before and "Nothing is finished yet" in before
    assert browser.send_form("/choose", FORM | {"action": "begin", "together": "1"}).headers == answer.headers
    assert len(site.jobs.all()) == 1, "the same sweep is not begun twice"
    assert main(job.words) == 0
    (job.path / "exit").write_text("0")
    html = browser.get(answer.headers["location"]).text
    told = words_of(html)
    assert "Which policy brings less hostile share, with at most 50 % fewer civil posts" in told
    assert "harm avoided" in told and "moderators' work" in told and "Causal fidelity: never assessed" in told
    assert html.count("<circle") == 4 and not re.search(r"style=|<script(?! src)", html)
    assert told.count("watch") == 3
    query = answer.headers["location"].partition("?")[2]
    memo = browser.get(f"/sweep/memo?{query}")
    assert memo.text.startswith("# Which policy brings") and "| policy | harm avoided |" in memo.text
    other = words_of(
        browser.get("/sweep", params={"out": job.about["out"], "goal": "less hostile_sharp"}).text
    )
    assert "did you mean" in other and "slow mode" in other, (
        "a goal that cannot be read leaves the page alive"
    )


def test_the_picture_places_what_it_draws_to_scale(browser, site):
    rows = {
        "policy": "a",
        "n_pairs": 10,
        "n_draws": 5,
        "n_seeds": 2,
        "claim": "made",
        "by_construction": False,
    }
    rows |= {"table": {"n01": 1, "n10": 5}, "rd_simultaneous": {"low": -0.6, "high": -0.2}, "worse": False}
    rows |= {
        "harmed_groups": [],
        "on_front": True,
        "costs": {"moderator_actions": {"est": 2.0, "low": 1.0, "high": 3.0}},
    }
    record = {
        "direction": "preventive",
        "policies": [rows],
        "outcomes": [{"outcome": "moderator_actions", "unit": "acts", "polarity": "harm"}],
        "outcome": {"name": "hostile_share", "threshold": 0.1},
    }
    found = picture(record)
    (dot,) = found.dots
    unit = (dot.x - found.zero[0]) / 2
    assert dot.across == pytest.approx((found.zero[0] + unit, found.zero[0] + 3 * unit), abs=0.2)
    assert (found.zero[1] - dot.y) / 4 == pytest.approx((dot.y - min(dot.upright)) / 2, abs=0.2)
