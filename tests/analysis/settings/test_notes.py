"""What would pass in silence is said: policies that do nothing, outcomes that cannot move, settings beyond reason."""

import json
from pathlib import Path

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.notes import notes
from windtunnel.analysis.outcomes.immovable import CANNOT, cannot_move
from windtunnel.policies.registry import meanings, off, parameters, policy_class, policy_names
from windtunnel.sim import minds
from windtunnel.sim.run import processors

SMALL = ["community.size=20", "steps=4", "draws=2", "seeds=1", "dowhy=false", "parallel.jobs=1"]


def noted(*words: str) -> str:
    return " ".join(notes(plan(compose(["community.size=30", *words]))))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["policy=none"], "both arms are the same"),
        (["policy=slow_mode", "baseline=slow_mode"], "slow_mode is on in both arms already, by the baseline"),
        (
            ["policy=remove_hostile"],
            "by the status quo, and the policy adds it once more with other parameters",
        ),
        (["outcome=newcomer_return"], f"outcome=newcomer_return {CANNOT}"),
        (["outcome=active_members"], CANNOT),
        (["community.settings.follows=30"], "follows is 30, but there are 30 members"),
        (["community.settings.follows=100"], "give less than 30"),
        ([f"parallel.jobs={processors() + 1}"], "no faster"),
    ],
)
def test_an_oddity_is_said_before_the_run(words, said):
    assert said in noted(*words)


def test_an_ordinary_experiment_has_no_note():
    assert noted("policy=slow_mode", f"parallel.jobs={processors()}", "community.settings.follows=29") == ""


@pytest.mark.parametrize("hours", [0.01, 0.5, 0.99])
@pytest.mark.parametrize(
    "key",
    ["slow_mode.hours", "thread_lock.hours", "counterspeech.hours", "graduated_sanctions.suspend_hours"],
)
def test_a_time_that_a_step_rounds_away_is_refused_with_the_step_s_length(key, hours):
    words = [f"policy={key.split('.')[0]}", f"policy_with.{key}={hours}"]
    with pytest.raises(ValueError, match=rf"{key} is {hours:g} h, which a step of 1 h rounds away"):
        plan(compose(words))
    assert plan(compose([*words, f"community.step_hours={hours}"])).experiment.policy


def test_a_time_in_the_baseline_is_checked_too():
    with pytest.raises(ValueError, match="a step of 8 h"):
        plan(compose(["policy=thread_lock", "baseline=slow_mode", "community.step_hours=8"]))


def test_a_policy_that_never_acted_is_named_on_the_screen_in_the_sweep_and_in_the_report(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    words = [*SMALL, "policy=slow_mode", "policy_with.slow_mode.hours=1"]
    said = "never acted: twins never parted in 2 of 2 pairs"
    assert main(["run", *words, "out=made"]) == 0
    assert said in capsys.readouterr().out
    assert all(said in Path("made", name).read_text() for name in ("report.md", "report.html"))
    assert (
        main(["run", "-m", *words[:-2], "policy=slow_mode,none", "policy_with.slow_mode.hours=1", "out=more"])
        == 0
    )
    assert capsys.readouterr().out.count(said) == 1
    assert main(["compare", "more"]) == 0
    assert f"Slow mode {said}" in capsys.readouterr().out


@pytest.mark.parametrize("name", [name for name in policy_names("forum") if name != "none" and off(name)])
def test_off_is_off_and_the_parameter_s_text_says_so(name, tiny_runs):
    given = {**policy_class(name).test_parameters, **off(name)}
    assert off(name) and set(off(name).values()) == {0}
    for key in off(name):
        assert any(word in meanings(name)[key][0] for word in ("0: off", "0: none")), key
    frame = tiny_runs(name, given)
    assert frame.filter(pl.col("arm") == "policy")["first_divergence"].null_count() == 4


def test_every_forum_policy_can_be_switched_off_and_every_parameter_has_a_meaning():
    for name in policy_names():
        by_number = any(
            isinstance(value, int | float)
            for key, value in parameters(name).items()
            if key not in ("start", "stop")
        )
        settings = "forum" in policy_class(name).needs  # these switch it off, whatever its parameters
        if name != "none" and policy_class(name).fits_in("forum") and by_number and not settings:
            assert off(name), name
        assert all(meaning for meaning, _unit in meanings(name).values()), name


@pytest.fixture
def tiny_runs(tmp_path, monkeypatch):
    def run(name: str, given: dict) -> pl.DataFrame:
        from windtunnel.analysis.tunnel import run_plan

        words = [f"policy_with.{name}.{key}={value}" for key, value in given.items()]
        needs = policy_class(name).needs.get("forum", {})
        words += [f"community.settings.{key}={value}" for key, value in needs.items()]
        made = plan(
            compose(
                [
                    f"policy={name}",
                    *words,
                    "baseline=none",
                    "community.size=40",
                    "steps=8",
                    "draws=2",
                    "seeds=2",
                ]
                + ["dowhy=false", "parallel.jobs=1"]
            )
        )
        return run_plan(made).runs

    return run


def test_what_cannot_move_is_told_so_until_a_mind_withdraws_it(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = [
        "community.size=40",
        "steps=12",
        "draws=3",
        "seeds=2",
        *SMALL[4:],
        "policy=slow_mode",
        "outcome=newcomer_return",
    ]
    assert main(["run", *words, "out=made"]) == 0
    assert "Newcomer return cannot move in this model" in capsys.readouterr().out
    report = Path("made/report.md").read_text()
    assert "Active members cannot move in this model" in report and f"| {CANNOT} |" in report
    assert main(["compare", "made"]) == 0
    assert CANNOT in capsys.readouterr().out
    assert main(["pilot", "made"]) == 0
    assert CANNOT in capsys.readouterr().out
    config = json.loads(Path("made/manifest.json").read_text())["config"]
    assert cannot_move(config) == {"newcomer_return", "active_members"}
    monkeypatch.delitem(minds.DRAWN_BEFOREHAND, ("forum", "rules"))
    assert cannot_move(config) == frozenset()
    assert main(["report", "made"]) == 0
    assert CANNOT not in Path("made/report.md").read_text()


def test_arms_with_the_same_events_have_the_same_hash(tiny_runs):
    runs = tiny_runs("slow_mode", {"hours": 0})
    hashes = runs.group_by("draw", "seed").agg(pl.col("events_sha256").n_unique())
    assert set(hashes["events_sha256"]) == {1}
    other = tiny_runs("slow_mode", {"hours": 6}).pivot("arm", index=["draw", "seed"], values="events_sha256")
    assert (other["aa"] == other["baseline"]).all() and (other["policy"] != other["baseline"]).any()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["outcome.threshold=-1"],
            "outcome.threshold is -1: a run in which nothing of it happens reaches that as well",
        ),
        (["outcome.threshold=0"], "outcome.threshold is 0: a run in which nothing"),
        (
            ["outcome=hostile_share", "outcome.threshold=2"],
            "hostile_share is a share of posts, 1 at the most: no run can reach it",
        ),
        (["outcome=hostile_share", "outcome.threshold=1"], ""),
        (
            ["outcome.horizon=500", "steps=6"],
            "outcome.horizon is 500, and the runs have 6 steps: escalation counts to their end",
        ),
        (["outcome.horizon=0"], "outcome.horizon is 0"),
        (["steps=6"], ""),
    ],
)
def test_thresholds_and_horizons_out_of_reach_are_said(words, said):
    found = noted("policy=slow_mode", "baseline=none", *words)
    assert said in found if said else found == ""


def test_a_threshold_below_zero_is_the_one_that_was_asked_for():
    assert plan(compose(["policy=slow_mode", "outcome.threshold=-1"])).threshold == -1


def test_a_thousand_members_may_be_written_1e3():
    assert plan(compose(["policy=slow_mode", "community.size=1e3"])).experiment.community["size"] == 1000
    with pytest.raises(ValueError, match=r"20\.5"):
        plan(compose(["policy=slow_mode", "community.size=20.5"]))


def test_a_sweep_over_nothing_is_refused(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["run", "-m", *SMALL, "policy=slow_mode", "policy_with.slow_mode.hours=range(3,0)"]) == 2
    assert (
        "policy_with.slow_mode.hours has no value to sweep over: range(3,0) is empty"
        in capsys.readouterr().err
    )
    assert list(tmp_path.iterdir()) == []


def test_a_run_in_which_nobody_decides_says_that_the_model_was_never_asked(tmp_path, capsys):
    alone = ["community.size=2", "steps=1", *SMALL[2:], "policy=slow_mode", "mind=llm", "llm=fake"]
    assert main(["run", *alone, f"out={tmp_path / 'alone'}"]) == 0
    assert "The language model was never asked" in capsys.readouterr().out
    assert "The language model was never asked" in (tmp_path / "alone" / "report.md").read_text()
    assert main(["run", *SMALL, "policy=slow_mode", "mind=llm", "llm=fake", f"out={tmp_path / 'many'}"]) == 0
    assert "never asked" not in capsys.readouterr().out
