"""From words to files: twins, A/A, estimates and failures of whole small runs, checked against each other."""

import hashlib
import json
import os
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from windtunnel.agents.minds.base import Unanswered
from windtunnel.analysis import tunnel
from windtunnel.analysis.causal.estimates import NEVER, estimate_pairs
from windtunnel.analysis.commands.run import one_cell
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.outcomes import OUTCOMES, Runs
from windtunnel.analysis.tunnel import run_plan, write_result
from windtunnel.policies import registry
from windtunnel.policies.forum.forum_policy import ForumPolicy
from windtunnel.sim.events import SCHEMA
from windtunnel.sim.experiment import ARMS, Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import blocks, run_block

SMALL = ("community.size=30", "steps=6", "draws=3", "seeds=2", "dowhy=false", "parallel.jobs=1")
LIVELY = ("baseline=none", "outcome=hostile_exposures", "outcome.threshold=0.5")


def planned(*words):
    return plan(compose([*SMALL, *words]))


@pytest.fixture(scope="module")
def lively():
    """A run in which the policy changes who sees what, and its folder."""
    made = planned(*LIVELY, "policy=remove_hostile", "steps=10", "community.size=60")
    return made, run_plan(made)


@pytest.fixture(scope="module")
def folder(lively, tmp_path_factory):
    found = Folder(tmp_path_factory.mktemp("run"))
    write_result(lively[1], found)
    return found


def test_the_same_configuration_gives_the_same_events_at_any_width(lively):
    made, result = lively
    for words in ((), ("parallel.worlds=1",), ("parallel.jobs=2", "parallel.worlds=4")):
        again = run_plan(planned(*LIVELY, "policy=remove_hostile", "steps=10", "community.size=60", *words))
        assert again.manifest["events_sha256"] == result.manifest["events_sha256"]
        assert again.runs.equals(result.runs) and again.pairs.equals(result.pairs)
    other = run_plan(planned(*LIVELY, "policy=remove_hostile", "steps=10", "community.size=60", "root=1"))
    assert other.manifest["events_sha256"] != result.manifest["events_sha256"]


def test_processor_time_is_this_process_s_and_that_of_blocks_lived_by_others(monkeypatch):
    made = planned("parallel.jobs=2", "draws=1", "seeds=1", "steps=48", "community.size=300")
    began = time.process_time()
    one_block = run_plan(made)
    assert one_block.manifest["cpu_s"] <= time.process_time() - began + 0.001

    def shared(experiment, make_mind, units, **_how):
        for place, part in enumerate(blocks(units, 3)):
            yield run_block(experiment, part, make_mind)._replace(cpu_s=1000.0, process=os.getpid() + place)

    monkeypatch.setattr(tunnel, "run", shared)
    assert 1000 < run_plan(planned("parallel.jobs=2")).manifest["cpu_s"] < 2000


def test_the_baseline_run_twice_is_the_same_and_the_policy_is_not(lively):
    _, result = lively
    assert result.estimates["aa_discordance"] == 0 and result.failed == 0
    assert (result.pairs["severity_baseline"] == result.pairs["severity_aa"]).all()
    assert (result.pairs["severity_baseline"] != result.pairs["severity_policy"]).any()
    assert result.runs.filter(pl.col("arm") == "policy")["first_divergence"].drop_nulls().len() > 0


def test_no_policy_against_none_discords_in_no_pair():
    result = run_plan(planned(*LIVELY, "policy=none"))
    table = result.estimates["table"]
    assert table["n01"] == table["n10"] == 0 and table["n00"] + table["n11"] == 6
    assert result.estimates["claim"] == "made" and result.estimates["rd"]["est"] == 0
    assert result.runs["first_divergence"].null_count() == len(result.runs)


def test_every_file_has_the_columns_that_others_rely_on(folder):
    assert list(folder.read_table("events").schema.items()) == list(SCHEMA.items())
    assert folder.read_table("runs").columns[:6] == ["draw", "seed", "arm", "status", "stage", "reason"]
    assert {"first_divergence", "events_sha256", *OUTCOMES} <= set(folder.read_table("runs").columns)
    assert folder.read_table("pairs").columns == [
        *("draw", "seed", "y_baseline", "y_policy", "y_aa"),
        *("severity_baseline", "severity_policy", "severity_aa"),
    ]
    members = set(folder.read_table("members").columns)
    assert {
        "draw",
        "seed",
        "arm",
        "member",
        "group",
        "joined",
        "left",
        "active_steps",
        "saw_hostile",
    } <= members
    estimates = folder.read_json(folder.estimates)
    promised = (
        "outcome direction n_pairs n_draws table p0 p1 rd pn ps pns backfire pn_backfire ps_backfire bounds "
        "aa_discordance coupling variance_ratio dowhy assumptions llm fidelity mean_difference curve"
    )
    assert set(estimates) >= set(promised.split())
    for name in ("p0", "p1", "rd", "pn", "ps", "pns", "backfire", "pn_backfire", "ps_backfire"):
        assert set(estimates[name]) >= {"est", "low", "high"}
    assert not list(folder.path.glob("*.partial"))


def test_there_is_one_run_for_each_draw_seed_and_arm(folder):
    runs = folder.read_table("runs")
    units = [(draw, seed, arm) for draw in range(3) for seed in range(2) for arm in ARMS]
    assert sorted(runs.select("draw", "seed", "arm").rows()) == sorted(units)


def test_the_fingerprints_can_be_made_again_from_the_events(folder):
    events, runs = folder.read_table("events"), folder.read_table("runs")
    for row in runs.iter_rows(named=True):
        mine = events.filter(
            pl.col("draw") == row["draw"], pl.col("seed") == row["seed"], pl.col("arm") == row["arm"]
        )
        text = mine.sort("step", "ordinal").drop("arm").write_csv()
        assert hashlib.sha256(text.encode()).hexdigest() == row["events_sha256"]
    whole = "".join(runs.sort("draw", "seed", "arm")["events_sha256"])
    assert hashlib.sha256(whole.encode()).hexdigest() == folder.read_json(folder.manifest)["events_sha256"]


def test_pairs_can_be_made_again_from_runs(folder):
    runs = {
        row[:3]: row[3]
        for row in folder.read_table("runs").select("draw", "seed", "arm", "hostile_exposures").rows()
    }
    for row in folder.read_table("pairs").iter_rows(named=True):
        for arm in ARMS:
            severity = runs[row["draw"], row["seed"], arm]
            assert row[f"severity_{arm}"] == severity and row[f"y_{arm}"] == (severity >= 0.5)


def test_estimates_can_be_made_again_from_pairs(folder):
    pairs, said = folder.read_table("pairs"), folder.read_json(folder.estimates)
    y0, y1 = pairs["y_baseline"].to_numpy(), pairs["y_policy"].to_numpy()
    cells = {f"n{a}{b}": int(((y0 == a) & (y1 == b)).sum()) for a in (0, 1) for b in (0, 1)}
    assert said["table"] == cells and cells["n10"] > 0
    assert said["p0"]["est"] == pytest.approx(y0.mean()) and said["p1"]["est"] == pytest.approx(y1.mean())
    assert said["ps"]["est"] == pytest.approx((y1[y0 == 1] == 0).mean())  # a harm: would it have averted it?
    calm = y0[y1 == 0]
    assert said["pn"]["est"] == pytest.approx(calm.mean())
    difference = (pairs["severity_policy"] - pairs["severity_baseline"]).mean()
    assert said["mean_difference"]["est"] == pytest.approx(difference)
    again = estimate_pairs(
        pairs,
        outcome="hostile_exposures",
        direction="preventive",
        coupling=said["coupling"],
        threshold=0.5,
        dowhy=False,
    )
    again = json.loads(json.dumps(again))
    assert again["fidelity"] == NEVER  # a table of pairs does not say which community it is of
    assert said["fidelity"]["experiments"].startswith("Of 6 rows of field experiments")
    same = set(said) - {"controls", "assumptions", "llm", "by_construction", "fidelity"}
    assert {name: said[name] for name in same} == {name: again[name] for name in same}


def test_the_manifest_shows_what_the_names_stood_for(folder, lively):
    manifest = folder.read_json(folder.manifest)
    config = manifest["config"]
    ((name, parameters),) = config["policy"]
    assert name == "remove_hostile" and parameters["delay"] == 1 and config["baseline"] == []
    assert config["community"]["profile"]["name"] == "reddit-feminism" and config["community"]["size"] == 60
    assert manifest["outcome"]["polarity"] == "harm" and manifest["outcome"]["threshold"] == 0.5
    assert manifest["coupling"] == folder.read_json(folder.estimates)["coupling"]
    assert manifest["runs"] == 18 and manifest["failed"] == 0 and manifest["decisions"] > 0
    assert manifest["versions"]["polars"] == pl.__version__


def test_what_was_declared_is_hashed_and_changes_with_it():
    digests = []
    for words in (
        (),
        ("outcome.threshold=0.6",),
        ("steps=5",),
        ("policy=slow_mode",),
        ("outcome.horizon=3",),
        ("root=3",),
    ):
        made = planned(*LIVELY, "draws=1", "seeds=1", *words)
        digests.append(run_plan(made).manifest["declared_sha256"])
    assert len(set(digests[:5])) == 5 and digests[5] == digests[0]  # the root is luck, no declaration


class Stumbling:
    """A mind that gives no answer to some worlds of a batch at one step."""

    name, coupling = "stumbling", "gumbel-max"

    def __init__(self, mind, lost):
        self.mind, self.lost, self.step = mind, lost, -1

    def decide(self, batches):
        self.step += 1
        rows = self.mind.decide(batches)
        lost = self.lost if self.step == 3 else ()
        return [
            Unanswered("answer", "no letter came back") if i in lost else row for i, row in enumerate(rows)
        ]

    def __getattr__(self, name):
        return getattr(self.mind, name)


def stumble(monkeypatch, lost):
    monkeypatch.setattr(tunnel, "make_mind", lambda experiment: Stumbling(make_mind(experiment), lost))


def test_a_run_without_an_answer_fails_alone_with_stage_and_reason(monkeypatch, tmp_path, capsys):
    made = planned(*LIVELY, "policy=remove_hostile")
    whole = run_plan(made)
    stumble(
        monkeypatch, {3}
    )  # the second pair's policy arm: a block holds baseline, policy, baseline, policy …
    folder = Folder(tmp_path / "run")
    assert one_cell(made, folder) == 3
    assert "no letter came back" in capsys.readouterr().out

    runs = folder.read_table("runs")
    (failed,) = runs.filter(pl.col("status") == "failed").iter_rows(named=True)
    assert (failed["draw"], failed["seed"], failed["arm"]) == (0, 1, "policy")
    assert failed["stage"] == "answer, step 3" and failed["reason"] == "no letter came back"
    assert all(failed[name] is None for name in OUTCOMES)
    ok = pl.col("status") == "ok"
    assert runs.filter(ok).equals(whole.runs.join(runs.filter(ok), on=["draw", "seed", "arm"], how="semi"))

    said = folder.read_json(folder.estimates)
    assert said["n_pairs"] == 5 and said["n_lost"] == 1 and said["claim"] == "made"
    for name in ("p0", "p1", "rd"):
        known, all_six = said["worst_case"][name], whole.estimates[name]["est"]
        assert known["low"] <= all_six <= known["high"]
        assert (known["low"] < known["high"]) == (name != "p0"), "the half that was not lost tells p0"


def test_when_every_run_fails_there_is_no_estimate_and_it_is_said(monkeypatch, tmp_path, capsys):
    made = planned(*LIVELY, "policy=remove_hostile")
    folder = Folder(tmp_path / "run")
    assert one_cell(made, folder) == 0
    folder.begun.write_text(
        folder.manifest.read_text(encoding="utf-8"), encoding="utf-8"
    )  # as if it had been killed
    stumble(monkeypatch, set(range(100)))
    assert one_cell(made, folder) == 3
    said = capsys.readouterr().out
    assert "no estimate" in said and "18 runs failed" in said
    assert not folder.estimates.exists() and not folder.report.exists()  # nor those of the run before
    assert folder.read_json(folder.manifest)["failed"] == 18 and len(folder.read_table("pairs")) == 0


def test_an_engine_that_does_not_repeat_itself_fails_its_second_baselines(monkeypatch):
    class Drifting(Stumbling):
        calls = 0

        def decide(self, batches):
            rows = super().decide(batches)
            Drifting.calls += 1
            return [np.roll(row, Drifting.calls, axis=1) if len(row) else row for row in rows]

    monkeypatch.setattr(tunnel, "make_mind", lambda experiment: Drifting(make_mind(experiment), ()))
    result = run_plan(planned(*LIVELY, "policy=remove_hostile", "parallel.worlds=2"))
    odd = result.runs.filter(pl.col("status") == "failed")
    assert set(odd["arm"]) == {"aa"} and set(odd["stage"]) == {"A/A"} and result.failed > 0
    assert odd["reason"].str.contains("not deterministic").all()
    said = result.estimates
    assert said["claim"] == "withheld" and "differs from itself" in said["claim_reason"]
    assert said["ps"]["est"] is None and said["rd"]["est"] is None


class Leak(ForumPolicy):
    """A policy that also changes who the members are."""

    name = "leak"

    def before_step(self, world):
        if world.now == self.start:
            world.community.members.persona[:5] = 0


class Early(ForumPolicy):
    """A policy that acts before it may."""

    name = "early"

    def in_force(self, step):
        return True

    def offer(self, world, view):
        view.withdraw(np.ones(len(view.rows), bool), "lurk", "upvote")


@pytest.mark.parametrize(("leak", "control"), [(Leak, "trait persona"), (Early, "events before the fork")])
def test_a_policy_that_reaches_further_than_it_may_makes_no_claim(
    leak, control, monkeypatch, tmp_path, capsys
):
    real_names, real_class = registry.policy_names, registry.policy_class
    found = lambda name: leak if name == leak.name else real_class(name)  # noqa: E731
    monkeypatch.setattr(registry, "policy_names", lambda: [*real_names(), leak.name])
    monkeypatch.setattr(registry, "policy_class", found)
    folder = Folder(tmp_path / "run")
    assert one_cell(planned(*LIVELY, f"policy={leak.name}", f"policy_with.{leak.name}.start=3"), folder) == 0
    said = folder.read_json(folder.estimates)
    assert said["claim"] == "withheld" and control in said["claim_reason"]
    assert said["ps"]["est"] is None and said["bounds"] is None and said["dowhy"] is None
    assert sum(said["table"].values()) == 6  # counts stay
    assert "No claim is made" in capsys.readouterr().out
    assert "No claim is made" in folder.report.read_text(encoding="utf-8")


@pytest.mark.parametrize(("size", "draws"), [(60, 40), (200, 25), (500, 20)])
def test_the_default_outcome_happens_neither_rarely_nor_nearly_always(size, draws):
    made = plan(compose([f"community.size={size}", "dowhy=false"]))
    assert made.outcome.name == "escalation" and made.experiment.steps == 24
    units = [Unit(draw, seed, "baseline") for draw in range(draws) for seed in range(3)]
    block = run_block(made.experiment, units, make_mind)
    runs = pl.DataFrame(
        [run.unit._asdict() for run in block.runs], schema_overrides={"draw": pl.Int32, "seed": pl.Int32}
    )
    events = pl.concat([run.events for run in block.runs])
    found = made.outcome.measure(Runs(runs, events, block.runs[0].members, None, 24))["value"]
    assert 0.2 <= (found >= made.threshold).mean() <= 0.6


def test_nothing_of_ours_is_written_beside_the_folder(folder):
    names = {path.name for path in Path(folder.path).iterdir()}
    assert names == {
        "manifest.json",
        "estimates.json",
        *(f"{name}.parquet" for name in ("runs", "events", "members", "links", "pairs")),
    }
