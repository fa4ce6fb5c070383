"""Finished runs that are kept: found by what decides them, shared where nothing differs, never read when damaged."""

import errno
import math
from dataclasses import replace
from pathlib import Path

import pytest

from windtunnel.agents.minds.base import Unanswered
from windtunnel.agents.minds.rules import RulesMind
from windtunnel.sim.experiment import Experiment, Unit
from windtunnel.sim.identity import Keys
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import Block, run, width
from windtunnel.sim.run_cache import SUFFIX, Kept, _header_as_of

LOCK = [("thread_lock", {"heat": 1})]
SHORT = {"size": 20, "steps": 6, "draws": 2, "seeds": 2}


def done(experiment: Experiment, kept: Kept | None = None, units=None, **how) -> list[Block]:
    return list(
        run(experiment, make_mind, units, kept=kept, pairs_a_block=how.pop("pairs_a_block", 2), **how)
    )


def fingerprints(blocks: list[Block]) -> dict[Unit, str]:
    return {one.unit: one.events_sha256 for block in blocks for one in block.runs}


def origins(blocks: list[Block]) -> dict[str, int]:
    names = ("run", "kept", "shared")
    return {name: sum(len(block.runs) for block in blocks if block.origin == name) for name in names}


def test_what_is_kept_is_not_run_again_and_is_the_same_to_the_last_cell(tiny_experiment, tmp_path):
    experiment = tiny_experiment(LOCK, **SHORT)
    first = done(experiment, Kept(tmp_path))
    again = done(experiment, Kept(tmp_path))
    assert origins(first) == {"run": 12, "kept": 0, "shared": 0}
    assert origins(again) == {"run": 0, "kept": 12, "shared": 0}
    before = {one.unit: one for block in first for one in block.runs}
    for block in again:
        for one in block.runs:
            other = before[one.unit]
            assert one.events.equals(other.events) and one.events.schema == other.events.schema
            assert one.members.equals(other.members) and one.members.schema == other.members.schema
            assert one.links.equals(other.links)
            assert (one.decisions, one.events_sha256) == (other.decisions, other.events_sha256)


@pytest.mark.parametrize("missing", [1, 2])
def test_only_what_is_missing_is_run_whatever_the_width_or_the_number_of_processes(
    missing, tiny_experiment, tmp_path
):
    experiment = tiny_experiment(LOCK, **SHORT)
    whole = fingerprints(done(experiment, Kept(tmp_path)))
    files = sorted(tmp_path.glob(f"*{SUFFIX}"))
    assert len(files) == 2
    for path in files[:missing]:
        path.unlink()
    again = done(experiment, Kept(tmp_path), jobs=missing, pairs_a_block=3)
    assert origins(again)["run"] == 6 * missing and fingerprints(again) == whole


def test_the_baseline_that_two_policies_share_is_run_once(tiny_experiment, tmp_path):
    lock, mode = (tiny_experiment([name], **SHORT) for name in ("thread_lock", "rule_reminder"))
    done(lock, Kept(tmp_path))
    second = done(mode, Kept(tmp_path))
    assert origins(second) == {"run": 4, "kept": 0, "shared": 8}
    assert {one.unit.arm for block in second if block.origin == "run" for one in block.runs} == {"policy"}
    assert fingerprints(second) == fingerprints(done(mode))


@pytest.mark.parametrize("prompt", [None, "archetype", "member"])
def test_a_baseline_is_the_same_whatever_its_twin_could_be_told(prompt, tiny_experiment, tmp_path):
    """Why the other arm's notices are no part of a run's key."""
    made = [tiny_experiment(policy, **SHORT) for policy in ([], ["rule_reminder", "counterspeech"])]
    if prompt:
        mind = {"name": "llm", "llm": {"kind": "fake", "store": "none"}, "prompt": prompt, "alpha": "profile"}
        mind |= {"beta": 1.0, "permute": 1, "recall": 160}
        made = [replace(one, mind={**mind}) for one in made]
    assert made[0].raised() != made[1].raised()
    one, two = (
        {unit: key for unit, key in fingerprints(done(each)).items() if unit.arm != "policy"} for each in made
    )
    assert one == two
    assert Keys(made[0]).of(Unit(0, 0, "aa")) == Keys(made[1]).of(Unit(0, 0, "aa"))


def test_a_key_changes_with_all_that_decides_a_run_and_with_nothing_else(tiny_experiment):
    experiment, unit = tiny_experiment(LOCK, **SHORT), Unit(0, 0, "policy")
    key = Keys(experiment).of(unit)
    others = [
        Keys(tiny_experiment([("thread_lock", {"heat": 2})], **SHORT)).of(unit),
        Keys(tiny_experiment(LOCK, ["slow_mode"], **SHORT)).of(unit),
        Keys(tiny_experiment(LOCK, **SHORT | {"size": 21})).of(unit),
        Keys(tiny_experiment(LOCK, **SHORT | {"steps": 7})).of(unit),
        Keys(tiny_experiment(LOCK, root=1, **SHORT)).of(unit),
        Keys(tiny_experiment(LOCK, rates={"heated_share": 0.3}, **SHORT)).of(unit),
        Keys(replace(experiment, mind={**experiment.mind, "coefficients": {}})).of(unit),
        *(Keys(experiment).of(Unit(*other)) for other in ((1, 0, "policy"), (0, 1, "policy"), (0, 0, "aa"))),
        Keys(experiment).of(Unit(0, 0, "baseline")),
    ]
    assert len({key, *others}) == len(others) + 1
    assert Keys(replace(experiment, draws=9, seeds=1)).of(unit) == key
    assert Keys(replace(experiment, mind={**experiment.mind, "drift_sample": 5})).of(unit) == key


def test_an_address_a_budget_or_a_timeout_changes_no_key_and_a_model_does(tiny_experiment):
    mind = {"name": "llm", "prompt": "member", "alpha": "profile", "beta": 1.0, "permute": 1, "recall": 160}
    llm = {"kind": "openai", "model": "m", "digest": "d", "base_url": "http://127.0.0.1:9/v1"}
    llm |= {"endpoint": "completions", "template": "plain", "store": "none"}

    def key(**changes: object) -> str:
        settings = {**mind, "llm": {**llm, **changes}}
        return Keys(replace(tiny_experiment(**SHORT), mind=settings)).of(Unit(0, 0, "policy"))

    same = [{}, {"base_url": "http://127.0.0.1:10/v1"}, {"timeout": 9.0}, {"concurrency": 2}, {"batch": 3}]
    other = [{"model": "n"}, {"digest": "e"}, {"template": "chatml"}, {"top": 7}, {"store": "x.sqlite"}]
    assert len({key(**changes) for changes in same}) == 1
    assert len({key(**changes) for changes in ({}, *other)}) == len(other) + 1
    assert key(digest="") != key(digest="", base_url="http://127.0.0.1:10/v1")


def damaged(content: bytes) -> dict[str, bytes]:
    middle = len(content) // 2
    return {
        "cut": content[:-1],
        "half": content[:middle],
        "empty": b"",
        "a bit": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "first bit": bytes([content[0] ^ 1]) + content[1:],
        "longer": content + b"\0",
        "another": b"PAR1" + content,
        "the length": content[:27] + b"\xff" * 8 + content[35:],
        "header": content[:40] + b"}" + content[41:],
    }


def test_a_damaged_file_is_never_read_and_its_runs_are_run_again(tiny_experiment, tmp_path):
    experiment = tiny_experiment(LOCK, **SHORT)
    whole = fingerprints(done(experiment, Kept(tmp_path)))
    path = sorted(tmp_path.glob(f"*{SUFFIX}"))[0]
    content = path.read_bytes()
    for how, spoilt in damaged(content).items():
        path.write_bytes(spoilt)
        again = done(experiment, Kept(tmp_path))
        assert origins(again) == {"run": 6, "kept": 6, "shared": 0}, how
        assert fingerprints(again) == whole
        assert path.read_bytes() == content, "what was run again is kept again"


@pytest.mark.parametrize("opened", [0, 1])
def test_a_file_that_cannot_be_opened_now_is_left_for_the_next_time(
    opened, tiny_experiment, tmp_path, monkeypatch
):
    """No file more may be open, while the folder is looked through or when the runs are taken."""
    experiment = tiny_experiment(LOCK, **SHORT)
    made = done(experiment, Kept(tmp_path))
    files = {path: path.read_bytes() for path in tmp_path.iterdir()}
    _header_as_of.cache_clear()
    real, times = Path.open, 0

    def refused(self, *given, **named):
        nonlocal times
        times += self == min(files)
        if self == min(files) and times > opened:
            raise OSError(errno.EMFILE, "Too many open files")
        return real(self, *given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", refused)
        kept = Kept(tmp_path)
        taken = list(kept.take(experiment, experiment.units()))
    assert origins(taken) == {"run": 0, "kept": 6, "shared": 0}
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == files
    again = done(experiment, Kept(tmp_path))
    assert origins(again)["kept"] == 12 and fingerprints(again) == fingerprints(made)


def test_a_file_that_was_not_finished_is_not_looked_at(tiny_experiment, tmp_path):
    experiment = tiny_experiment(LOCK, **SHORT)
    done(experiment, Kept(tmp_path))
    for path in tmp_path.glob(f"*{SUFFIX}"):
        path.rename(path.with_suffix(".123.partial"))
    assert origins(done(experiment, Kept(tmp_path)))["run"] == 12
    kept = Kept(tmp_path)
    kept.clear_unused()
    assert not tmp_path.exists()


class Mute(RulesMind):
    """Gives the second world of its block no answer in the third step."""

    asked = 0

    def decide(self, batches):
        self.asked += 1
        rows = super().decide(batches)
        if self.asked == 3:
            rows[1] = Unanswered("reading", "no letter")
        return rows


def test_a_failed_run_is_not_kept_and_is_tried_again(tiny_experiment, tmp_path):
    def mute(one):
        rules = make_mind(one)
        return Mute(one.builder().scene(one.raised()), rules.alpha, rules.weights)

    experiment = tiny_experiment(LOCK, **SHORT)
    failed = list(run(experiment, mute, kept=Kept(tmp_path), pairs_a_block=2))
    assert sum(one.status == "failed" for block in failed for one in block.runs) == 2
    again = done(experiment, Kept(tmp_path))
    assert origins(again) == {"run": 2, "kept": 10, "shared": 0}
    assert fingerprints(again) == fingerprints(done(experiment))


def test_runs_in_parts_tell_each_record_once(tiny_experiment, tmp_path):
    def counting(one):
        mind = make_mind(one)
        real = mind.record
        mind.record = lambda: real() | {"calls": 7}
        return mind

    experiment = tiny_experiment(LOCK, **SHORT)
    first = list(run(experiment, counting, kept=Kept(tmp_path), pairs_a_block=2))
    assert [block.record["calls"] for block in first] == [7, 7]
    kept, calls = Kept(tmp_path), 0
    for draw in range(2):
        units = [unit for unit in experiment.units() if unit.draw == draw]
        part = done(experiment, kept, units)
        assert origins(part) == {"run": 0, "kept": 6, "shared": 0}
        calls += sum(block.record["calls"] for block in part)
    assert calls == 14


def test_dropped_runs_are_run_again(tiny_experiment, tmp_path):
    experiment = tiny_experiment(LOCK, **SHORT)
    kept = Kept(tmp_path)
    blocks = done(experiment, kept)
    again = Unit(0, 0, "aa")
    kept.drop(block for block in blocks if again in [one.unit for one in block.runs])
    assert origins(done(experiment, Kept(tmp_path)))["run"] == 6


@pytest.mark.parametrize("jobs", [2, 3, 7])
@pytest.mark.parametrize("pairs", [1, 5, 16, 33, 100])
def test_blocks_are_no_wider_than_asked_and_make_no_more_rounds_than_needed(pairs, jobs):
    wide = width(pairs, 16, jobs)
    assert 1 <= wide <= 16
    count = math.ceil(pairs / wide)
    assert math.ceil(count / jobs) == math.ceil(pairs / (16 * jobs))
