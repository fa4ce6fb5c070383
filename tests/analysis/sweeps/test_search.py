"""A search's scores are those of its trials' folders; it repeats, goes on where it was killed, and pays for no harm."""

import json
import re

import pytest

pytest.importorskip("optuna")

from windtunnel.analysis.cli import main
from windtunnel.analysis.configuration import compose
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.sweeps.designs import Factor, read_factors
from windtunnel.analysis.sweeps.objective import Objective
from windtunnel.analysis.sweeps.search import Question, checked, search
from windtunnel.analysis.sweeps.search_words import told

FIXED = (
    "policy=thread_lock",
    "community.size=40",
    "steps=8",
    "draws=3",
    "seeds=2",
    "dowhy=false",
    "parallel.jobs=1",
    "baseline=none",
    "outcome=hostile_share",
    "outcome.threshold=0.1",
)
LOCKS = (Factor("policy_with.thread_lock.heat", 0.5, 3), Factor("policy_with.thread_lock.hours", 1, 12))


def question(trials=4, weight=1.0, costs=None, fixed=FIXED, factors=LOCKS):
    return Question(fixed, factors, Objective(weight, costs or {}), trials)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    out = tmp_path_factory.mktemp("search")
    return search(question(), out), out


def test_every_trial_has_a_folder_whose_pairs_give_its_score(found):
    """With lambda 1 and no cost the score is the risk difference in the wanted direction."""
    record, out = found
    assert [row["trial"] for row in record["all"]] == [0, 1, 2, 3]
    for row in record["all"]:
        folder = Folder(out / row["folder"])
        assert -folder.read_json(folder.estimates)["rd"]["est"] == pytest.approx(row["score"])
        told = folder.read_json(folder.manifest)["objective"]
        assert (told["lambda"], told["score"]) == (1.0, row["score"])
    assert record["best"]["score"] == max(row["score"] for row in record["all"])


def test_the_best_is_run_again_on_communities_that_the_search_has_not_seen(found):
    record, out = found
    folder = Folder(out / record["confirmed"]["folder"])
    manifest = folder.read_json(folder.manifest)
    assert manifest["config"]["root"] == record["confirmed"]["root"] == 1
    assert manifest["objective"]["confirms"] == record["best"]["settings"]
    sought = Folder(out / record["best"]["folder"])
    assert manifest["events_sha256"] != sought.read_json(sought.manifest)["events_sha256"]


def test_a_killed_search_ends_as_an_undisturbed_one(found, tmp_path):
    record, _ = found
    lines = []

    def killed(line):
        lines.append(line)
        if len(lines) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        search(question(), tmp_path, killed)
    again = search(question(), tmp_path, lines.append)
    assert len(lines) == 4  # two trials before, two after
    assert again == record


def test_more_trials_go_on_from_those_there_are(found, tmp_path):
    record, _ = found
    search(question(trials=2), tmp_path)
    assert search(question(trials=4), tmp_path)["all"] == record["all"]


def test_another_question_in_the_same_folder_is_refused(found):
    _, out = found
    with pytest.raises(ValueError, match="has weights lambda=1, and this command says lambda=2"):
        search(question(weight=2.0), out)
    with pytest.raises(ValueError, match="has settings"):
        search(question(fixed=(*FIXED, "root=3")), out)


def test_a_cost_lowers_the_score_by_its_weight(found, tmp_path):
    record, _ = found
    dear = search(question(trials=1, costs={"moderator_actions": 0.5}), tmp_path)
    told = dear["all"][0]
    folder = Folder(tmp_path / told["folder"])
    runs = folder.read_table("runs").sort("draw", "seed")
    acts = [runs.filter(runs["arm"] == arm)["moderator_actions"].to_numpy() for arm in ("policy", "baseline")]
    assert record["all"][0]["settings"] == told["settings"]
    assert told["score"] == pytest.approx(record["all"][0]["score"] - 0.5 * (acts[0] - acts[1]).mean())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"trials": 0}, "give 1 or more"),
        ({"factors": ()}, "nothing varies"),
        ({"factors": (Factor("outcome.threshold", 0.1, 0.9),)}, "not part of the policy"),
        ({"factors": (Factor("policy_with.thread_lock.evasion", 0, 2),)}, "evasion"),
        ({"fixed": (*FIXED, "stop.evidence=0.05")}, "leave out stop"),
    ],
)
def test_a_search_that_could_not_run_is_refused_beforehand(change, said):
    with pytest.raises(ValueError, match=said):
        checked(question(**change))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trials=2"], "lambda is not stated"),
        (["trials=2", "lambda=-1"], "would reward a harm"),
        (["trials=2", "lambda=1", "cost.posts_kept=1"], "is a good"),
        (["lambda=1"], "say how many"),
        (["trials=2", "lambda=1", "--go"], "no option --go"),
    ],
)
def test_the_command_refuses_a_score_that_is_unstated_or_rewards_a_harm(words, said, capsys):
    assert main(["optimise", *FIXED, "policy_with.thread_lock.heat=1:4", *words]) == 2
    assert said in capsys.readouterr().err


def test_the_command_prints_the_best_and_how_it_does_elsewhere(tmp_path, capsys):
    words = [*FIXED, "policy_with.thread_lock.heat=1:4", "trials=2", "lambda=1", "cost.moderator_actions=0.5"]
    words.append(f"out={tmp_path / 'out'}")
    assert main(["optimise", *words]) == 0
    said = capsys.readouterr().out
    assert "On other communities (root 1) it scores" in said and "too good to be true" in said
    assert main(["optimise", *words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["trials"] == 2 and told["objective"]["lambda"] == 1.0
    assert told["best"]["score"] > min(row["score"] for row in told["all"])


def test_trials_have_the_same_numbers_while_they_run_and_in_the_table(tmp_path, capsys):
    words = [*FIXED, "policy_with.thread_lock.heat=0.5:3", "trials=6", "lambda=1"]
    assert main(["optimise", *words, f"out={tmp_path / 'out'}"]) == 0
    said = capsys.readouterr()
    assert "6 trials on common seeds; the best 5:" in said.out
    scores = dict(re.findall(r"^\[(\d) of 6\] .*: (\S+)$", said.err, re.M))
    assert sorted(scores) == list("123456")
    rows = re.findall(r"^(\d) +([-+]\S+) ", said.out, re.M)
    assert len(rows) == 5 and all(scores[number] == score for number, score in rows)


def test_a_confirming_run_that_may_be_chance_is_said_to_show_nothing(tmp_path, capsys):
    again = {"root": 1, "score": 0.2, "low": 0.0, "high": 0.4, "averted": 2, "pairs": 6, "backfire": 0}
    row = {"trial": 0, "score": 0.5, "settings": ["policy_with.thread_lock.heat=1"]}
    record = {"objective": {"words": "averted"}, "trials": 1, "all": [row], "best": row, "caveat": "here"}
    for low, unshown in ((0.0, True), (None, True), (0.1, False)):
        found = told(record | {"confirmed": again | {"low": low}})
        assert ("not shown to beat doing nothing" in found.sentences[0]) == unshown
        assert found.title.endswith("1 trial on common seeds:")


def test_an_outcome_that_is_undefined_in_a_trial_is_to_be_changed(tmp_path):
    empty = [word for word in FIXED if not word.startswith(("community", "outcome", "steps"))]
    asked = question(trials=1, fixed=[*empty, "community.size=4", "steps=2", "outcome=newcomer_return"])
    with pytest.raises(ValueError, match="newcomer_return .*undefined in the others; take another outcome"):
        search(asked, tmp_path)


def test_trials_that_tie_have_no_best(tmp_path, capsys):
    words = [*FIXED, "policy_with.thread_lock.heat=200:400", "trials=2", "lambda=1"]  # never as hot as that
    assert main(["optimise", *words, f"out={tmp_path / 'out'}"]) == 0
    said = capsys.readouterr().out
    assert "All trials score the same" in said and "Best:" not in said and "too good" not in said


def test_a_search_over_policies_by_name_and_ranges_reads_its_factors():
    factors, fixed = read_factors(["policy=slow_mode,thread_lock", "community.size=40"])
    assert checked(question(factors=factors, fixed=[*FIXED[1:], *fixed])).experiment.draws == 3
    assert compose(fixed)["community"]["size"] == 40


BOTH = ["policy=slow_mode,thread_lock", "policy_with.thread_lock.heat=1:4", "policy_with.slow_mode.hours=2:8"]


def test_each_policy_is_tried_with_its_own_parameters_alone(tmp_path):
    factors, fixed = read_factors(BOTH)
    asked = question(trials=5, factors=factors, fixed=[*FIXED[1:], *fixed])
    checked(asked)
    tried = [dict(word.split("=") for word in row["settings"]) for row in search(asked, tmp_path)["all"]]
    assert {one["policy"] for one in tried} == {"slow_mode", "thread_lock"}
    for one in tried:
        name = one.pop("policy")
        assert [key.split(".")[1] for key in one] == [name]


def test_a_parameter_that_no_trial_takes_is_refused():
    factors, fixed = read_factors([*BOTH, "policy_with.rule_reminder.start=1:3"])
    with pytest.raises(ValueError, match="rule_reminder.start is set, but policy is slow_mode, thread_lock"):
        checked(question(factors=factors, fixed=[*FIXED[1:], *fixed]))
