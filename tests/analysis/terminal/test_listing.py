"""What is listed is what there is: every name in a list is accepted where it is asked for."""

import json
from pathlib import Path

import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.outcomes import OUTCOMES
from windtunnel.analysis.terminal import listing
from windtunnel.policies.registry import policy_class

CONF = Path(listing.__file__).parents[2] / "conf"
WHAT = ("policies", "communities", "minds", "outcomes", "profiles", "settings")


@pytest.mark.parametrize("what", WHAT)
def test_a_list_is_a_table_for_people_and_one_document_for_programs(what, capsys):
    assert main(["list", what, "--json"]) == 0
    said = capsys.readouterr()
    rows = json.loads(said.out)
    assert rows == json.loads(json.dumps(listing.rows(what))) and said.err == ""
    assert main(["list", what]) == 0
    table = capsys.readouterr().out
    first = rows[0].get("name") or rows[0]["setting"]
    assert first in table and not table.lstrip().startswith("[")


def test_every_policy_has_a_yaml_and_a_summary():
    rows = listing.rows("policies")
    assert {row["name"] for row in rows} == {path.stem for path in (CONF / "policy").glob("*.yaml")}
    assert all(row["what"].endswith(".") and row["fits"] for row in rows)


def test_every_listed_policy_can_be_toggled():
    for row in listing.rows("policies"):
        place = "forum" if row["fits"] == ["*"] else row["fits"][0]
        needed = policy_class(row["name"]).needs.get(place, {})
        settings = [f"community.settings.{key}={value}" for key, value in needed.items()]
        made = plan(compose([f"community={place}", f"policy={row['name']}", "baseline=none", *settings]))
        assert [name for name, _ in made.resolved["policy"]] == [row["name"]][: row["name"] != "none"]


def test_outcomes_show_their_polarity():
    rows = {row["name"]: row for row in listing.rows("outcomes")}
    assert set(rows) >= set(OUTCOMES)
    assert rows["escalation"]["polarity"] == "harm" and rows["newcomer_return"]["polarity"] == "good"
    assert all(row["what"] for row in rows.values())


def test_every_listed_profile_makes_a_plan():
    for row in listing.rows("profiles"):
        made = plan(compose([f"community.profile={row['name']}"]))
        assert bool(made.experiment.baseline) == bool(row["moderation"])


def test_settings_include_every_key_that_the_design_promises():
    keys = {row["setting"] for row in listing.rows("settings")}
    promised = (
        "community community.size community.profile policy baseline mind llm llm.base_url llm.model prompt outcome "
        "draws seeds steps root parallel.jobs parallel.backend dry out policy_with baseline_with"
    )
    assert keys >= set(promised.split()) and "treatment" not in keys


def test_every_setting_has_a_group_and_a_meaning_and_is_listed_under_it(capsys):
    rows = listing.rows("settings")
    assert all(row["group"] and row["meaning"] for row in rows), [
        row["setting"] for row in rows if not row["meaning"]
    ]
    units = {row["setting"]: row["unit"] for row in rows}
    assert (units["community.step_hours"], units["draws"], units["policy"]) == ("hours", "communities", None)
    assert [row["group"] for row in rows] == sorted(
        (row["group"] for row in rows), key=list(dict.fromkeys(row["group"] for row in rows)).index
    )
    assert main(["list", "settings"]) == 0
    said = capsys.readouterr().out
    assert "\nwhere it runs\n" in said and "  community.size = 200 [members]: present at a time" in said
    assert len(said.splitlines()) < 130 and "community.features.*" in said


def test_a_policy_is_listed_with_what_its_parameters_mean_and_how_it_is_switched_off(capsys):
    assert main(["list", "policies"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert (
        "slow_mode: A member who has just written must wait before writing again. Off: hours=0. For: forum."
        in said
    )
    assert "How long it stays locked; 0: off." in said


@pytest.mark.parametrize("docstring", [None, "", "  ", "\n\n  Second line.\n", "One."])
def test_an_outcome_without_a_docstring_is_listed(docstring, monkeypatch, capsys):
    def bare(runs):
        raise AssertionError("not called")

    bare.__doc__ = docstring
    outcome = OUTCOMES["escalation"]._replace(name="bare", measure=bare)
    monkeypatch.setattr("windtunnel.analysis.outcomes.known_outcomes", lambda *_: {"bare": outcome})
    assert main(["list", "outcomes"]) == 0
    assert "bare" in capsys.readouterr().out
    assert listing.rows("outcomes")[0]["what"] == (docstring or "").strip()
