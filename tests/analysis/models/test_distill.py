"""Distilling from the fake model, running the result, and what may then be claimed."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.minds.codes import Codes
from windtunnel.agents.minds.distilled import read_distilled, write_distilled
from windtunnel.analysis.cli import main
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.model_commands import distill as distilling
from windtunnel.analysis.model_commands.distill import answers, distill, fit_design
from windtunnel.analysis.model_commands.distill_check import effects
from windtunnel.analysis.model_commands.situation_design import FLOOR, design
from windtunnel.analysis.models.fidelity import doubt
from windtunnel.analysis.tunnel import run_plan
from windtunnel.sim.minds import make_mind

SIZES = ("community.size=40", "steps=6", "draws=2", "seeds=2", "dowhy=false", "parallel.jobs=1")
ASKED = (
    *SIZES,
    *("policy=remove_hostile", "baseline=none", "outcome=hostile_exposures", "outcome.threshold=0.5"),
)
FAKE = ("mind=llm", "llm=fake", "llm.store=none")
CHECK = {
    "policy": ["slow_mode"],
    "baseline": [],
    "outcome": "escalation",
    "profile": "somewhere",
    "size": 60,
    "steps": 24,
    "horizon": None,
    "rd": {"llm": -0.3, "distilled": -0.1, "difference": {"est": 0.2, "low": 0.0, "high": 0.4}},
    "mean_difference": {"llm": -2.0, "distilled": -1.0, "difference": {"est": 1.0, "low": 0.5, "high": 1.5}},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("distilled")


@pytest.fixture(scope="module")
def made(folder):
    """A mind distilled from the fake model, with its check, in mind.yaml."""
    return distill(plan(compose([*ASKED, *FAKE])), folder / "mind.yaml")


def asked(*words):
    """`ASKED`, with these words in place of what it says of the same settings."""
    keys = {word.partition("=")[0] for word in words}
    return [*(word for word in ASKED if word.partition("=")[0] not in keys), *words]


def run_of(file, *words):
    return run_plan(plan(compose(asked("mind=distilled", f"mind.file={file}", *words))))


def test_the_design_holds_every_cell_once_and_weighs_what_was_met():
    experiment = plan(compose([*ASKED, *FAKE])).experiment
    found = design(experiment, compose(["mind=rules"])["mind"])
    scene, situations = found.situations.scene, found.situations
    codes = Codes(scene)
    assert len(codes.of(situations)[0]) == len(situations) == len(found.weight)
    sets = len({tuple(row) for row in situations.options.tolist()})
    bins = np.prod([len(feature.words) for feature in scene.features])
    assert len(situations) == len(scene.personas) * bins * sets
    assert found.weight.sum() == pytest.approx(1) and found.weight.min() >= FLOOR / len(situations) - 1e-15
    for feature, values in zip(scene.features, found.values, strict=True):
        assert np.searchsorted(feature.edges, values, side="right").tolist() == list(range(len(values)))


def test_a_teacher_that_is_a_logit_is_recovered_through_the_whole_path():
    """The rules as teacher, asked about the same cells, at the tempers and notices that an archetype knows."""
    made_for = design(plan(compose([*ASKED, *FAKE])).experiment, compose(["mind=rules"])["mind"])
    experiment = plan(compose([*ASKED, "mind=rules"])).experiment
    taught, _ = answers(experiment, made_for)
    fit = fit_design(made_for, taught)
    assert 0 <= fit.held_out - fit.entropy < 1e-3 < fit.base_rates - fit.entropy


def test_noise_is_learnt_no_worse_than_base_rates(made):
    fit = made.fit
    assert fit["teacher_entropy"] < fit["held_out_cross_entropy"] <= fit["base_rates_cross_entropy"]
    assert fit["cells"] >= 48 and sum(share for *_, share in fit["calibration"]) == pytest.approx(1)


def test_the_file_says_who_taught_it(made, folder):
    teacher = read_distilled(folder / "mind.yaml")[0].teacher
    assert teacher["model"] == "fake" and len(teacher["prompt_sha256"]) == 64 and teacher["beta"] == 1
    assert made.check["pairs"] == 4 and made.check["policy"] == ["remove_hostile"]
    assert (
        {"est", "low", "high"}
        == set(made.check["rd"]["difference"])
        == set(made.check["mean_difference"]["difference"])
    )


def test_its_events_are_the_same_however_often_and_wide_it_runs(made, folder):
    one, two = run_of(folder / "mind.yaml"), run_of(folder / "mind.yaml", "parallel.worlds=1")
    assert one.manifest["events_sha256"] == two.manifest["events_sha256"] and one.failed == 0
    assert one.manifest["coupling"] == "gumbel-max"
    _, digest = read_distilled(folder / "mind.yaml")
    assert one.manifest["llm"]["file_sha256"] == digest
    assert one.estimates["aa_discordance"] == 0
    json.dumps(one.manifest, allow_nan=False)


def test_its_effects_are_those_that_the_check_stored(made, folder):
    """The check's own runs again, through the ordinary path."""
    pairs = run_of(folder / "mind.yaml").pairs
    assert (pairs["y_policy"] - pairs["y_baseline"]).mean() == made.check["rd"]["distilled"]
    taught = run_plan(plan(compose([*ASKED, *FAKE, "mind.drift_sample=0"]))).pairs
    severity = (taught["severity_policy"] - taught["severity_baseline"]).mean()
    assert severity == pytest.approx(made.check["mean_difference"]["llm"])


def with_check(made, folder, name, **changes):
    check = None if changes.get("check", 1) is None else {**made.check, **changes}
    write_distilled(made.model_copy(update={"check": check}), folder / name)
    return folder / name


def gap(est):
    return {"llm": 0.0, "distilled": est, "difference": {"est": est, "low": None, "high": None}}


def test_a_claim_is_withheld_where_minds_differ_more_than_arms(made, folder):
    found = run_of(with_check(made, folder, "far.yaml", rd=gap(1.0), mean_difference=gap(0.0))).estimates
    assert found["claim"] == "withheld" and "smaller than the 1.000" in found["claim_reason"]
    assert found["rd"]["est"] is None and found["n_pairs"] == 4
    found = run_of(with_check(made, folder, "wide.yaml", rd=gap(0.0), mean_difference=gap(1e9))).estimates
    assert found["claim"] == "withheld" and "mean severity difference" in found["claim_reason"]


def test_a_claim_is_made_where_minds_agree(made, folder):
    found = run_of(with_check(made, folder, "near.yaml", rd=gap(0.0), mean_difference=gap(0.0))).estimates
    assert found["claim"] == "made" and found["rd"]["est"] is not None
    assert found["llm"]["check"]["pairs"] == 4
    assert "over 4 pairs on the same seeds" in found["assumptions"][-1]["sentence"]


def test_a_claim_is_withheld_without_a_check_or_with_one_of_another_policy(made, folder):
    found = run_of(with_check(made, folder, "none.yaml", check=None)).estimates
    assert found["claim"] == "withheld" and "never checked" in found["claim_reason"]
    found = run_of(folder / "mind.yaml", "policy=thread_lock").estimates
    assert found["claim"] == "withheld"
    assert (
        "checked against its language model for policy remove_hostile, not for thread_lock"
        in (found["claim_reason"])
    )


def pairs_of(y0, y1, **severities):
    return pl.DataFrame({"y0": y0, "y1": y1, **severities})


def test_an_effect_as_large_as_the_difference_stands_and_a_smaller_one_falls():
    ten = [1] * 10
    assert doubt(pairs_of(ten, [0, 0] + [1] * 8), CHECK, CHECK) is None
    assert "risk difference is -0.100, smaller than the 0.200" in doubt(
        pairs_of(ten, [0] + [1] * 9), CHECK, CHECK
    )


def test_severities_are_compared_at_the_size_of_the_check_alone():
    pairs = pairs_of([1, 1], [0, 0], severity0=[3.0, 3.0], severity1=[2.5, 2.5])
    assert "mean severity difference is -0.500, smaller than the 1.000" in doubt(pairs, CHECK, CHECK)
    assert doubt(pairs, CHECK, CHECK | {"size": 6000}) is None


def test_the_difference_of_effects_by_hand():
    """Effects by the model -1, -1, 0, 0 and distilled -1, 0, 0, 0 over two draws: difference +.25."""
    both = pl.DataFrame(
        {
            "draw": [0, 0, 1, 1],
            **{"y0": [1, 1, 0, 0], "y1": [0, 0, 0, 0], "y0_pupil": [1, 1, 0, 0], "y1_pupil": [0, 1, 0, 0]},
            **{"severity0": [4.0] * 4, "severity1": [3.0] * 4},
            **{"severity0_pupil": [4.0] * 4, "severity1_pupil": [1.0] * 4},
        },
        schema_overrides={"y0": pl.Int8, "y1": pl.Int8, "y0_pupil": pl.Int8, "y1_pupil": pl.Int8},
    )
    found = effects(both, 0.95)
    assert (found["rd"]["llm"], found["rd"]["distilled"]) == (-0.5, -0.25)
    assert found["rd"]["difference"]["est"] == 0.25
    assert found["rd"]["difference"]["low"] < 0 < found["rd"]["difference"]["high"]
    alike = {
        "est": -2.0,
        "low": None,
        "high": None,
    }  # two draws that differ by the same tell nothing of the spread
    assert found["mean_difference"]["difference"] == alike


def test_a_file_that_changes_under_a_run_stops_it(made, folder):
    experiment = plan(compose([*ASKED, "mind=distilled", f"mind.file={folder / 'mind.yaml'}"])).experiment
    with pytest.raises(ValueError, match="has changed since the run began"):
        make_mind(replace(experiment, mind={**experiment.mind, "sha256": "0" * 64}))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["distill", *SIZES, *FAKE], "distill needs out=FILE"),
        (["distill", *SIZES, *FAKE, "out=x.yaml", "check=maybe"], "check=true or check=false"),
        (["distill", *SIZES, "mind=rules", "out=x.yaml"], "not mind=rules"),
        (["distill", *SIZES, *FAKE, "prompt=member", "out=x.yaml"], "prompt=archetype"),
        (["distill", *SIZES, *FAKE, "polcy=none", "out=x.yaml"], "did you mean 'policy'"),
        (["distill", *SIZES, *FAKE, "policy=none,slow_mode", "out=x.yaml"], "policy has several values"),
        (["run", *SIZES, "mind=distilled"], "mind=distilled needs mind.file=FILE"),
        (["run", *SIZES, "mind=distilled", "mind.file=nowhere.yaml"], "there is no file nowhere.yaml"),
    ],
)
def test_mistakes_are_one_sentence_and_write_nothing(words, sentence, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    said = capsys.readouterr().err
    assert sentence in said and said.count("\n") == 1 and not (tmp_path / "x.yaml").exists()


def test_a_policy_that_raises_what_was_never_taught_is_refused(made, folder):
    with pytest.raises(ValueError, match="taught feature reminder with the bin edges .*, and this community"):
        plan(compose(asked("mind=distilled", f"mind.file={folder / 'mind.yaml'}", "policy=rule_reminder")))


def test_the_command_prints_how_good_the_mind_is(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["distill", "llm=fake", "llm.store=none", *ASKED, "check=false", "out=mind.yaml"]) == 0
    said = capsys.readouterr().out
    for words in ("held-out cross-entropy", "base rates alone", "the floor", "will make no claim"):
        assert words in said
    assert read_distilled(tmp_path / "mind.yaml")[0].check is None
    assert [one.name for one in tmp_path.iterdir()] == ["mind.yaml"]


def test_an_interrupted_check_leaves_a_whole_mind_without_one(tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(distilling, "check_against_teacher", stop)
    with pytest.raises(KeyboardInterrupt):
        distill(plan(compose([*ASKED, *FAKE])), tmp_path / "mind.yaml")
    assert read_distilled(tmp_path / "mind.yaml")[0].check is None


def test_an_unanswered_question_ends_it_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(FakeModel, "ask", lambda self, requests: [Unanswered("ask", "gone")] * len(requests))
    with pytest.raises(ValueError, match=r"left a question unanswered \(ask\): gone"):
        distill(plan(compose([*ASKED, *FAKE])), tmp_path / "mind.yaml")
    assert not list(tmp_path.iterdir())


def test_a_dry_pass_counts_the_situations_and_asks_nothing(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["distill", "llm=fake", "llm.store=none", *ASKED, "dry=true", "out=mind.yaml"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Distilling asks about 96 situations") and "nothing was run" in said
    assert not list(tmp_path.iterdir())


def test_the_check_in_words(made):
    lines = distilling.check_words(made.check)
    assert len(lines) == 2 and "by the model" in lines[0] and "over 4 pairs" in lines[1]
