"""Calibration end to end: planted models give back what was planted, files are taken up or refused, reports say so."""

import hashlib
import json

import numpy as np
import pytest
import yaml

from windtunnel.agents.llm.connection import probe  # noqa: F401  while `open_model` is the real one
from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.llm.request import Answer
from windtunnel.agents.llm.store import ResponseStore, Stored
from windtunnel.agents.minds.calibration import Published
from windtunnel.agents.situation import Situations
from windtunnel.analysis import summary
from windtunnel.analysis.cli import main
from windtunnel.analysis.commands.calibrate import _calibration_path
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.model_commands import calibrate as fitting
from windtunnel.analysis.model_commands import calibration_words
from windtunnel.analysis.model_commands.calibrate import archetype_gap, calibrate
from windtunnel.analysis.models.calibration_file import full_scene, write_calibration
from windtunnel.analysis.report.content import run_report
from windtunnel.analysis.tunnel import run_plan
from windtunnel.sim.minds import make_mind

SMALL = ["mind=llm", "llm=fake", "community.size=30", "draws=1", "seeds=2", "steps=8", "dowhy=false"]
SMALL += ["parallel.jobs=1", "policy=rule_reminder", "outcome=hostile_share"]
SENTENCE = "this model cannot answer about wording or social influence: only mechanical effects are shown"


def planned(*words):
    """The plan of these settings on top of the small ones, each given once."""
    given = {word.partition("=")[0] for word in words}
    return plan(compose([*(word for word in SMALL if word.partition("=")[0] not in given), *words]))


class Planted(FakeModel):
    """Logits: a level for each action, a bonus for the letter, and what the situation's sentences add to anger."""

    adds = {"The post is insulting.": 0.8, "A pinned notice": -0.6}
    level = {"answers angrily": -1.0, "answers with an insult": -2.0, "leaves the forum for good": -3.0}

    def ask(self, requests):
        self.counts.add(calls=1)
        return [self.say(request) for request in requests]

    def say(self, request):
        shift = sum(value for words, value in self.adds.items() if words in request.user)
        logits = []
        for place, line in enumerate(line for line in request.user.splitlines() if line[1:3] == ") "):
            words = line[3:]
            logits.append(self.level.get(words, 0.0) - 0.2 * place + shift * (words in RUDE))
        return Answer(tuple(np.array(logits) - np.logaddexp.reduce(logits)))


RUDE = ("answers angrily", "answers with an insult")


class Deaf(Planted):
    """Reads only the options, but not quite the same way each time the words change."""

    adds: dict[str, float] = {}

    def say(self, request):
        chance = int.from_bytes(
            hashlib.sha256("".join((request.system, request.user, request.letters)).encode()).digest()[:4]
        )
        noise = np.random.default_rng(chance).normal(scale=0.05, size=len(request.letters))
        return Answer(tuple(np.array(super().say(request).logp) + noise))


def row(feature, value, shift, case, se=0.1):
    up, down = ("reply_heated", "reply_hostile"), ("reply_civil",)
    return Published(feature, value, up, down, shift, se, case, "planted")


PLANTED = [row("tone", 2, 0.4, "P1"), row("reminder", 1, -0.3, "P2"), row("score", 1, 1.0, "P3")]


@pytest.fixture
def model(monkeypatch):
    """Makes every question go to a model of the given class, without a store."""

    def use(kind):
        monkeypatch.setattr("windtunnel.agents.llm.opening.open_model", lambda settings: kind())

    return use


@pytest.fixture
def file(model, tmp_path):
    """A calibration of the planted model, written."""
    model(Planted)
    path = tmp_path / "c.yaml"
    write_calibration(path, calibrate(planned(), published=PLANTED))
    return path


def test_beta_and_the_card_are_what_was_planted_and_letter_biases_are_gone(model):
    model(Planted)
    found = calibrate(planned(), published=PLANTED)
    assert found["beta"]["fitted"] == pytest.approx(0.5) and not found["flat"]
    assert (found["beta"]["cases"], found["beta"]["not_told"]) == (["P1", "P2"], ["P3"])
    rude = {(one["feature"], one["says"][:5]): one["rude_against_civil"] for one in found["card"]["shifts"]}
    assert rude["reminder", "A pin"] == [pytest.approx(-0.6), pytest.approx(0, abs=1e-9)]
    assert rude["heat", "The t"][0] == pytest.approx(0, abs=1e-9)
    insulted = found["card"]["shifts"][1]
    assert insulted["against_lurk"]["reply_hostile"][0] == pytest.approx(0.8)
    assert insulted["against_lurk"]["upvote"][0] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("permute", [1, 3])
def test_the_calibrated_mind_s_choices_average_to_the_base_rates(model, tmp_path, permute):
    model(Planted)
    words = [f"mind.permute={permute}", "policy=slow_mode"]
    found = calibrate(planned(*words), published=PLANTED)
    write_calibration(tmp_path / "c.yaml", found)
    one = planned(*words, f"mind.calibration={tmp_path / 'c.yaml'}").experiment
    kind, scene = one.builder(), one.builder().scene(one.raised())
    features, share = kind.typical(scene)
    total = np.zeros(len(scene.actions))
    mind = make_mind(
        type(one)(**{**vars(one), "mind": {**one.mind, "llm": {"kind": "fake", "store": "none"}}})
    )
    people = [(who, person.share) for who, person in enumerate(scene.personas) if person.share]
    for who, weight in people:
        n = len(share)
        options = np.ones((n, len(scene.actions)), bool)
        (rows,) = mind.decide([Situations(scene, features, options, np.full(n, who), np.arange(n))])
        total += weight * (share @ np.exp(rows))
    rates = np.exp(kind.alpha(scene))
    assert np.allclose(total / sum(weight for _, weight in people), rates, atol=1e-8)
    reported = {one["action"]: one for one in found["base_rates"]}
    assert reported["lurk"]["calibrated"] == pytest.approx(rates[0])
    assert abs(reported["lurk"]["raw"] - rates[0]) > 0.1


def test_a_model_that_hears_nothing_gets_a_flat_card_beta_0_and_the_sentence(model):
    model(Deaf)
    found = calibrate(planned())
    assert found["flat"] and found["beta"]["value"] == 0
    assert any(SENTENCE in line for line in calibration_words.calibration_lines(found))
    assert [one["calibrated"] for one in found["base_rates"]] == pytest.approx(
        [one["profile"] for one in found["base_rates"]]
    )


def test_a_case_that_is_left_out_is_not_fitted_to(model):
    model(Planted)
    other = [PLANTED[0], row("reminder", 1, -0.6, "P2")]
    both, one = (calibrate(planned(), published=other, leave_out=out)["beta"] for out in ([], ["P2"]))
    assert both["fitted"] > 0.5 and one["fitted"] == pytest.approx(0.5)
    assert (one["cases"], one["left_out"]) == (["P1"], ["P2"])
    with pytest.raises(ValueError, match="leave_out names OP99, which is no case: choose from"):
        calibrate(planned(), leave_out=["OP99"])


def test_the_shipped_shifts_name_features_and_actions_of_the_forum():
    scene = full_scene(planned().experiment)
    for one in fitting.published_shifts():
        assert one.feature in [feature.name for feature in scene.features]
        assert {*one.up, *one.down} <= set(scene.actions.names)


def test_a_run_takes_the_file_up_and_its_manifest_and_report_say_so(model, file):
    model(Planted)
    result = run_plan(planned(f"mind.calibration={file}"))
    found = yaml.safe_load(file.read_text())
    llm = result.manifest["llm"]
    assert llm["alpha"] == pytest.approx([found["alpha"][name] for name in found["actions"]])
    assert llm["beta"] == pytest.approx(0.5)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert result.manifest["config"]["mind"]["calibration"] == {"file": "c.yaml", "sha256": digest}
    text = page_text(result)
    assert "raw" in text and digest[:12] in text and "standard errors over 11 orders" in text
    assert str(file.parent) not in json.dumps(result.manifest) and SENTENCE not in text


def page_text(result):
    tables = dict(runs=result.runs, events=result.events, members=result.members)
    estimates = {"fidelity": None, **result.estimates}
    return str(run_report(estimates, json.loads(json.dumps(result.manifest)), **tables))


def test_report_and_terminal_say_not_calibrated_or_what_a_flat_card_means(model, tmp_path):
    bare = run_plan(planned())
    assert "Not calibrated; nobody" in page_text(bare)
    assert any(
        "not calibrated" in line for line in summary.short_answer(bare.estimates, bare.manifest, bare.runs)
    )
    write_calibration(tmp_path / "flat.yaml", calibrate(planned()))
    flat = run_plan(planned(f"mind.calibration={tmp_path / 'flat.yaml'}"))
    said = summary.short_answer(flat.estimates, flat.manifest, flat.runs)
    assert SENTENCE in page_text(flat) and any(SENTENCE in line for line in said)


@pytest.mark.parametrize(
    "words, told",
    [
        (["mind.permute=2"], r"another mind.permute \(1; this run has 2\)"),
        (["prompt=member"], "another prompt"),
        (["community.profile=stackexchange-bicycles-meta"], "another profile"),
        (["community.question='What now?'"], "wording of the questions"),
        (["community.actions.leave='goes away'"], "wording of the questions"),
        (["mind.beta=2"], "leave out mind.alpha and mind.beta"),
        (["mind.alpha=null"], "leave out mind.alpha and mind.beta"),
    ],
)
def test_a_calibration_for_other_questions_or_rates_is_refused_in_a_sentence(file, words, told):
    with pytest.raises(ValueError, match=told) as caught:
        planned(f"mind.calibration={file}", *words)
    assert "\n" not in str(caught.value)


def test_a_calibration_of_another_model_is_refused_before_anything_runs(file, model, tmp_path):
    found = yaml.safe_load(file.read_text())
    found["model"]["name"] = "another"
    write_calibration(tmp_path / "other.yaml", found)
    with pytest.raises(ValueError, match=r"another model's name \(another; this run has fake\)"):
        run_plan(planned(f"mind.calibration={tmp_path / 'other.yaml'}"))


@pytest.mark.parametrize("text", ["", "a: [", "version: 1", "version: 9", "\x00"])
def test_a_file_that_is_no_calibration_is_refused(tmp_path, text):
    (tmp_path / "c.yaml").write_text(text)
    with pytest.raises(ValueError, match="windtunnel calibrate"):
        planned(f"mind.calibration={tmp_path / 'c.yaml'}")
    with pytest.raises(ValueError, match="no file"):
        planned(f"mind.calibration={tmp_path / 'none.yaml'}")


def test_a_number_that_is_none_in_the_file_is_refused(file):
    found = yaml.safe_load(file.read_text())
    found["alpha"]["lurk"] = float("nan")
    write_calibration(file, found)
    with pytest.raises(ValueError, match="not a finite number"):
        planned(f"mind.calibration={file}")


def test_the_command_writes_a_file_that_a_run_can_use(tmp_path, capsys):
    path = tmp_path / "made.yaml"
    words = ["llm=fake", "profile=reddit-feminism", "leave_out=[OP01a]", "gap=false", f"out={path}"]
    assert main(["calibrate", *words]) == 0
    assert "leaving out OP01a" in capsys.readouterr().out
    planned(f"mind.calibration={path}")
    assert not path.with_name("made.yaml.partial").exists()
    for wrong, told in [
        ("gap=maybe", "gap=true"),
        ("mind=rules", "asks no language model"),
        ("gapp=1", "gapp"),
    ]:
        assert main(["calibrate", "llm=fake", wrong]) == 2
        assert told in capsys.readouterr().err
    assert _calibration_path(str(tmp_path), {}) == tmp_path / "calibration.yaml"


def test_a_question_without_an_answer_ends_the_calibration(model):
    from windtunnel.agents.minds.base import Unanswered

    class Silent(FakeModel):
        def ask(self, requests):
            return [Unanswered("ask", "no route")] * len(requests)

    model(Silent)
    with pytest.raises(ValueError, match=r"no answer \(ask\): no route"):
        calibrate(planned())


def test_the_gap_is_the_difference_of_two_runs_that_anyone_can_make():
    words = ["policy=slow_mode", "seeds=3", "outcome=posts_kept", "outcome.threshold=6", "mind.beta=3"]
    gap = archetype_gap(planned(*words))
    rd = [
        run_plan(planned(*words, f"prompt={one}")).estimates["rd"]["est"] for one in ("archetype", "member")
    ]
    assert [gap["rd_archetype"], gap["rd_member"]] == rd and gap["gap"] == abs(rd[0] - rd[1])


def test_the_gap_goes_into_the_file_under_its_own_alpha_and_beta_and_with_beta_0_is_the_raw_model_s(model):
    model(Planted)
    found = calibrate(planned(), published=PLANTED)
    words = ["mind.beta=0.5", f"mind.alpha={[found['alpha'][name] for name in found['actions']]}"]
    content = fitting.with_gap(planned("outcome.threshold=0.2"), found)
    assert (
        content["gap"]["rd_archetype"]
        == run_plan(planned("outcome.threshold=0.2", *words)).estimates["rd"]["est"]
    )
    lines = []
    still = found | {"beta": found["beta"] | {"value": 0.0}}
    raw = fitting.with_gap(planned("outcome.threshold=0.2"), still, lines.append)["gap"]
    assert raw == archetype_gap(planned("outcome.threshold=0.2", "mind.beta=1", "mind.alpha=profile"))
    assert "taken with beta 1" in lines[0] and "with beta 0 both would be one" in calibration_words.gap_words(
        raw
    )


def test_a_report_says_whether_sharing_by_archetype_was_measured(model, file):
    model(Planted)
    plain = run_plan(planned()).manifest["llm"]
    assert "not measured" in calibration_words.sharing(plain)
    assert calibration_words.sharing(plain | {"prompt": "member"}) is None
    assert calibration_words.sharing({"mind": "rules"}) is None
    held = run_plan(planned(f"mind.calibration={file}")).manifest["llm"]
    still = held["calibration"] | {"beta": held["calibration"]["beta"] | {"value": 0.0}}
    assert "changes nothing here" in calibration_words.sharing(held | {"calibration": still})
    gap = dict(gap=0.01, rd_archetype=0.01, rd_member=0.0, policy=["slow_mode"], outcome="escalation")
    told = held["calibration"] | {"gap": gap | dict(draws=20, seeds=5, members=200)}
    assert "by 0.010" in calibration_words.sharing(held | {"calibration": told})


@pytest.mark.parametrize("size, loud", [(0.03, True), (0.01, False)])
def test_a_gap_is_an_alarm_above_2_in_100_and_a_plain_line_below(file, model, tmp_path, size, loud):
    gap = dict(gap=size, rd_archetype=size, rd_member=0.0, policy=["slow_mode"], outcome="escalation")
    found = yaml.safe_load(file.read_text()) | {"gap": gap | dict(draws=20, seeds=5, members=200)}
    write_calibration(file, found)
    model(Planted)
    result = run_plan(planned(f"mind.calibration={file}"))
    folder = Folder(tmp_path / "run")
    from windtunnel.analysis.report import write_report
    from windtunnel.analysis.tunnel import write_result

    write_result(result, folder)
    html = write_report(folder).read_text()
    assert "Sharing questions by archetype" in html
    assert ('<p class="alarm">Sharing questions by archetype' in html) == loud


class Drifting(Planted):
    """Says something a little different each time it is asked."""

    turn = 0

    def say(self, request):
        Drifting.turn += 1
        noise = np.random.default_rng(Drifting.turn).normal(scale=1.0, size=len(request.letters))
        return Answer(tuple(np.array(super().say(request).logp) + noise))


def test_with_a_store_of_its_own_a_drifting_model_disagrees_and_the_engine_s_own_check_does_not(
    monkeypatch, tmp_path
):
    def store(settings):
        return ResponseStore(tmp_path / "a.sqlite" if settings.store == "none" else settings.store)

    for kind, drifts in [(Drifting, True), (Planted, False)]:
        (tmp_path / "a.sqlite").unlink(missing_ok=True)
        made = lambda settings, kind=kind: Stored(kind(), store(settings))  # noqa: E731
        monkeypatch.setattr("windtunnel.agents.llm.opening.open_model", made)
        result = run_plan(planned("mind.independent_aa=true", "mind.drift_sample=5", "mind.beta=2"))
        found = result.manifest["llm"]["independent_aa"]
        assert (found["pairs"], found["failed"]) == (2, 0) and (found["differ"] > 0) == drifts
        assert result.failed == 0 and result.estimates["aa_discordance"] == 0
        assert "A/A with a store of its own" in page_text(result)
        floor = result.manifest["llm"]["noise_floor"]
        assert (
            floor["asked"] == 5 and (floor["logp_mean"] > 0.1) == drifts and (floor["flips"] > 0.01) == drifts
        )


def test_no_choice_flips_where_beta_is_0_however_the_model_drifts(monkeypatch, tmp_path):
    made = lambda settings: Stored(Drifting(), ResponseStore(tmp_path / "a.sqlite"))  # noqa: E731
    monkeypatch.setattr("windtunnel.agents.llm.opening.open_model", made)
    floor = run_plan(planned("mind.beta=0")).manifest["llm"]["noise_floor"]
    assert floor["logp_max"] > 0.1 and floor["flips"] < 1e-12


def test_the_drift_sample_is_200_and_10_for_the_model_in_this_process():
    assert planned().experiment.mind["drift_sample"] == 200
    words = ["mind=llm", "llm=embedded", "dry=true"]
    assert plan(compose(words)).experiment.mind["drift_sample"] == 10
    assert planned("mind.drift_sample=0").resolved["mind"]["drift_sample"] == 0
    for word in ("mind.drift_sample=-1", "mind.drift_sample=few", "mind.independent_aa=2"):
        with pytest.raises(ValueError, match=word.split("=")[0]):
            planned(word)
