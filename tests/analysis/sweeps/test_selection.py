"""Kim and Nelson's procedure: its constants, a published implementation, its promise, and policies on trial."""

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.commands.select import _print
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.outcomes import find_outcome
from windtunnel.analysis.sweeps import elimination
from windtunnel.analysis.sweeps.elimination import candidates, select
from windtunnel.analysis.sweeps.objective import Objective, read_objective, scores, split_words
from windtunnel.analysis.sweeps.selection import Elimination, constants
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run_cache import Kept

SMALL = ("community.size=30", "steps=6", "seeds=2", "dowhy=false", "parallel.jobs=1", "baseline=none")
LIVELY = ("outcome=hostile_exposures", "outcome.threshold=0.3", "steps=10", "draws=12")
THREE = ("remove_hostile", "counterspeech", "thread_lock")


def left_of(scores_by_draw, **rule):
    """Who is in after each draw until one is left."""
    trial = Elimination(scores_by_draw.shape[1], **rule)
    for row in scores_by_draw:
        trial.see(row)
        if trial.decided:
            break
    return trial


def plans(names=THREE, *words):
    return [plan(compose([*SMALL, *LIVELY, f"policy={name}", *words])) for name in names]


@pytest.fixture(scope="module")
def trial():
    objective = Objective(1.0, {"moderator_actions": 0.002})
    return select(plans(), objective, delta=0.3, first=5, alpha=0.05, every=2)


@pytest.mark.parametrize(
    ("policies", "first", "eta", "h2"), [(4, 10, 0.564680, 10.164243), (10, 20, 0.302934, 11.511485)]
)
def test_constants_are_the_published_ones(policies, first, eta, h2):
    assert constants(policies, first, 0.05) == pytest.approx((eta, h2), abs=5e-7)


def test_one_policy_or_one_draw_cannot_be_selected_from():
    for policies, first in ((1, 10), (3, 1)):
        with pytest.raises(ValueError, match="two policies or more"):
            constants(policies, first, 0.05)


def test_a_lead_beyond_the_slack_drops_and_one_within_it_does_not():
    """Two policies, first=2, alpha .25: eta = .5(.5^-2 - 1) = 1.5, h2 = 3. Differences 1, 3: S2 = 2, delta 2:
    slack after 2 draws = (2/2)(3 · 2 / 4 - 2) = -.5, so 0, and the lead of 4 drops the second."""
    trial = left_of(np.array([[1.0, 0.0], [3.0, 0.0]]), delta=2, first=2, alpha=0.25)
    assert (trial.constants.eta, trial.constants.h2) == (1.5, 3.0)
    assert trial.left == [0]
    wide = left_of(
        np.array([[5.0, 0.0], [-3.0, 0.0]]), delta=2, first=2, alpha=0.25
    )  # S2 = 32, slack 22, lead 2
    assert wide.left == [0, 1]


def test_equal_scores_are_never_told_apart():
    assert left_of(np.ones((50, 3)), delta=0.1, first=5, alpha=0.05).left == [0, 1, 2]


def test_the_same_scores_summed_in_another_order_are_no_lead():
    """0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ by 1e-16, within a draw as over several."""
    inside = np.array([[(0.1 + 0.2 + 0.3) / 3, (0.3 + 0.2 + 0.1) / 3]] * 30)
    assert inside[0, 0] != inside[0, 1]
    assert left_of(inside, delta=0.1, first=2, alpha=0.05).left == [0, 1]
    over = np.array([[0.1, 0.3], [0.2, 0.2], [0.3, 0.1]])
    trial = Elimination(2, delta=10, first=3, alpha=0.05)  # so wide that there is no slack
    for row in over:
        trial.see(row)
    assert trial.left == [0, 1]


def test_first_draws_without_a_difference_say_nothing_of_the_variance():
    rows = np.zeros((30, 2))
    rows[20] = [0.5, 0]  # one rare event: a variance of 0 would drop the other at once
    assert left_of(rows[:21], delta=0.01, first=10, alpha=0.05).left == [0, 1]


@pytest.mark.parametrize("seed", range(5))
def test_a_published_implementation_drops_the_same_ones(seed):
    zone = pytest.importorskip("sim_tools.ovs.indifference_zone")
    rng = np.random.default_rng(seed)
    means = np.array([0.0, 0.2, 0.5, 0.9])
    data = rng.normal(means, 1, (5000, 4)) + rng.normal(0, 1, (5000, 1))  # common seeds: draws share a shock

    class Model:
        def register_observer(self, observer):
            self.observer, self.at = observer, np.zeros(4, int)

        def simulate(self, design):
            value = data[self.at[design], design]
            self.at[design] += 1
            self.observer.feedback(self, design, value)

    model = Model()
    theirs = zone.KN(model, 4, 0.3, alpha=0.05, n_0=10)
    assert theirs.solve().tolist() == left_of(data, delta=0.3, first=10, alpha=0.05).left


def test_the_best_of_five_is_found_as_often_as_promised():
    """Best by exactly delta on common seeds, the hardest case: 200 repetitions, three standard errors."""
    rng = np.random.default_rng(0)
    means = np.array([0, 0, 0, 0, 0.3])
    found = []
    for _ in range(200):
        shock = rng.normal(0, 1, (1500, 1))
        found.append(left_of(rng.normal(means, 0.6, (1500, 5)) + shock, delta=0.3, first=10, alpha=0.05).left)
    assert np.mean([left == [4] for left in found]) >= 0.95 - 3 * np.sqrt(0.05 * 0.95 / 200)


def table(rows):
    return pl.DataFrame(
        rows, schema=["draw", "seed", "arm", "status", "escalation", "moderator_actions"], orient="row"
    )


def test_a_score_is_averted_less_backfire_less_cost():
    rows = table(
        [
            (0, 0, "baseline", "ok", 3.0, 1.0),
            (0, 0, "policy", "ok", 0.0, 5.0),
            (0, 1, "baseline", "ok", 0.0, 0.0),
            (0, 1, "policy", "ok", 2.0, 0.0),
            (1, 0, "baseline", "ok", 5.0, 0.0),
            (1, 0, "policy", "failed", None, None),
        ]
    )
    found = scores(Objective(2.0, {"moderator_actions": 0.1}), rows, find_outcome("escalation"), 2.0)
    assert found["averted"].to_list() == [1.0, 0.0]
    assert found["backfire"].to_list() == [0.0, 1.0]
    assert found["score"].to_list() == pytest.approx([1 - 0.4, -2.0])


def test_for_a_good_outcome_bringing_it_about_scores():
    rows = table([(0, 0, "baseline", "ok", 1.0, 0.0), (0, 0, "policy", "ok", 3.0, 0.0)])
    good = find_outcome("escalation")._replace(polarity="good")
    assert scores(Objective(1.0, {}), rows, good, 2.0)["score"].to_list() == [1.0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "lambda is not stated"),
        ({"lambda": "-1"}, "would reward a harm that the policy causes"),
        ({"lambda": "1", "cost.moderator_actions": "-0.1"}, "would reward more of moderator_actions"),
        ({"lambda": "1", "cost.posts_kept": "1"}, "is a good"),
        ({"lambda": "1", "cost.escalation": "1"}, "the outcome itself"),
        ({"lambda": "nan"}, "give a number"),
    ],
)
def test_an_objective_that_is_not_stated_or_rewards_a_harm_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        read_objective(given, find_outcome("escalation"))


def test_a_commands_own_words_are_parted_from_the_settings():
    own, rest = split_words(["delta=0.1", "lambda=1", "draws=4", "cost.a=2", "policy=a,b"], ("delta",))
    assert own == {"delta": "0.1", "lambda": "1", "cost.a": "2"}
    assert rest == ["draws=4", "policy=a,b"]


def test_candidates_have_names_of_their_own_and_differ_in_the_policy_alone():
    locks = [
        *plans(["thread_lock"], "policy_with.thread_lock.heat=1"),
        *plans(["thread_lock"], "policy_with.thread_lock.heat=2"),
    ]
    assert [one.name for one in candidates(locks)] == ["thread_lock (heat=1.0)", "thread_lock (heat=2.0)"]
    with pytest.raises(ValueError, match="differ in root"):
        candidates([*plans(["thread_lock"]), *plans(["slow_mode"], "root=1")])
    with pytest.raises(ValueError, match="twice"):
        candidates(plans(["slow_mode", "slow_mode"]))
    with pytest.raises(ValueError, match="two or more"):
        candidates(plans(["slow_mode"]))


def test_a_dropped_policy_costs_no_more_runs_and_the_saving_adds_up(trial):
    dropped = [row for row in trial["policies"] if row["dropped_after"]]
    assert dropped and trial["saving"]["runs_saved"] > 0
    for row in trial["policies"]:
        until = row["dropped_after"] or trial["draws"]
        assert 2 * until <= row["runs"] <= 2 * (until + 1)  # 2 seeds, 2 draws at once
        assert row["pairs"] == 2 * row["draws"]
    saving = trial["saving"]
    assert saving["runs_of_the_full_design"] == (3 + 2) * 12 * 2
    assert saving["runs"] == sum(row["runs"] for row in trial["policies"]) + 2 * 2 * trial["draws"]
    assert saving["runs"] + saving["runs_saved"] == saving["runs_of_the_full_design"]


def test_the_scores_are_those_of_the_policies_run_on_their_own(trial):
    from windtunnel.analysis.tunnel import run_plan

    best = next(row for row in trial["policies"] if row["policy"] == "remove_hostile")
    whole = run_plan(plans(["remove_hostile"], f"draws={best['draws']}")[0])
    assert best["averted"] == whole.estimates["table"]["n10"]
    assert best["backfire"] == whole.estimates["table"]["n01"]


def failing(monkeypatch, fails):
    """The runs whose units are named fail."""
    real = elimination.run

    def run(*args, **named):
        for block in real(*args, **named):
            for run in block.runs:
                if fails(run.unit):
                    run.status, run.stage, run.reason = "failed", "answer, step 1", "no letter came back"
            yield block

    monkeypatch.setattr(elimination, "run", run)


FEW = {"delta": 0.3, "first": 3, "alpha": 0.05}


@pytest.mark.parametrize("arms", [("policy",), ("baseline", "aa"), ("baseline", "aa", "policy")])
def test_a_failed_run_loses_its_draw_however_many_are_run_at_once(monkeypatch, arms):
    failing(monkeypatch, lambda unit: unit.draw == 0 and unit.arm in arms)
    few = plans(THREE[:2], "draws=5", "seeds=1")
    alone, at_once = (select(few, Objective(1.0, {}), **FEW, every=every) for every in (1, 5))
    assert alone["draws_lost"] == at_once["draws_lost"] == [0]
    fates = [
        [(row["policy"], row["score"], row["pairs"]) for row in one["policies"]] for one in (alone, at_once)
    ]
    assert fates[0] == fates[1]


def test_when_every_run_fails_nothing_is_selected_and_the_reason_is_told(monkeypatch):
    failing(monkeypatch, lambda unit: True)
    with pytest.raises(ValueError, match=r"all 12 runs failed, the first \(answer, step 1\): no letter"):
        select(plans(THREE[:2], "draws=3", "seeds=1"), Objective(1.0, {}), **FEW, every=1)


def test_after_a_baseline_that_did_not_repeat_itself_the_same_command_can_succeed(monkeypatch, tmp_path):
    few = plans(THREE[:2], "draws=3", "seeds=1")
    whole = select(few, Objective(1.0, {}), **FEW)

    class Drifting:
        def __init__(self, mind):
            self.mind = mind

        def __getattr__(self, name):
            return getattr(self.mind, name)

        def decide(self, batches):
            rows = self.mind.decide(batches)
            return [np.roll(row, place, axis=1) if len(row) else row for place, row in enumerate(rows)]

    with monkeypatch.context() as patch:
        patch.setattr(elimination, "make_mind", lambda experiment: Drifting(make_mind(experiment)))
        with pytest.raises(ValueError, match="differs from itself in draw 0, seed 0"):
            select(few, Objective(1.0, {}), **FEW, kept=Kept(tmp_path))
    assert select(few, Objective(1.0, {}), **FEW, kept=Kept(tmp_path)) == whole


def test_how_many_draws_are_run_at_once_changes_nobodys_fate(trial):
    again = select(
        plans(), Objective(1.0, {"moderator_actions": 0.002}), delta=0.3, first=5, alpha=0.05, every=5
    )
    for name in ("policy", "dropped_after", "score"):
        assert {row["policy"]: row[name] for row in again["policies"]} == {
            row["policy"]: row[name] for row in trial["policies"]
        }


def test_the_command_tells_the_rule_the_saving_and_goes_on_where_it_was(tmp_path, capsys):
    words = ["select", f"policy={','.join(THREE)}", *SMALL, *LIVELY, "delta=0.3", "first=5", "lambda=1"]
    assert main([*words, f"out={tmp_path / 'out'}"]) == 0
    said = capsys.readouterr().out
    assert "averted - 1 x backfire" in said and "of the full design" in said
    folder = Folder(tmp_path / "out")
    first = folder.read_json(folder.selection)
    assert first["rule"]["method"] == "Kim-Nelson"
    assert list(folder.units.glob("*.runs"))  # its finished runs are there
    assert main([*words, f"out={tmp_path / 'out'}"]) == 0
    assert folder.read_json(folder.selection) == first


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["lambda=1"], "delta is not stated"),
        (["delta=0.1"], "lambda is not stated"),
        (["delta=0.1", "lambda=1", "stop.evidence=0.05"], "a rule of its own"),
        (["delta=0.1", "lambda=1", "first=50"], "only 12 draws"),
        (["delta=x", "lambda=1"], "give a number"),
    ],
)
def test_what_is_not_stated_is_refused_in_one_sentence(words, said, capsys):
    assert main(["select", "policy=slow_mode,thread_lock", *SMALL, *LIVELY, *words]) == 2
    assert said in capsys.readouterr().err


def told(left=("a",), lost=(), **rows):
    """A record as `select` gives it, with a row of draws and score for each policy."""
    blank = {"averted": 0, "backfire": 0, "cost": 0.0}
    return {
        "objective": {"words": "averted"},
        "outcome": "escalation",
        "rule": {"delta": 0.1, "alpha": 0.05, "first": 10},
        "decided": len(left) == 1,
        "best": left[0] if len(left) == 1 else None,
        "left": list(left),
        "leading": None,
        "draws": 30,
        "draws_at_most": 30,
        "draws_lost": list(lost),
        "rough": [],
        "policies": [
            {
                "policy": name,
                "draws": draws,
                "pairs": 2 * draws,
                "score": score,
                "dropped_after": None if name in left else 12,
            }
            | blank
            for name, (draws, score) in rows.items()
        ],
        "saving": {"runs": 9, "runs_of_the_full_design": 10, "runs_saved": 1, "questions_saved_about": 0},
        "caveat": "inside this model",
    }


def test_the_chosen_one_is_told_with_the_draws_that_counted_and_against_doing_nothing(capsys):
    _print(told(lost=[4], a=(29, 0.25), b=(11, 0.5)))
    said = capsys.readouterr().out
    assert "Chosen: a, after 29 of 30 draws. If it truly beats every other by 0.1" in said
    assert "out after 11" in said and "1 draw did not count: a pair in it could not be scored." in said
    assert "the baseline is no candidate: it scores 0, and a +0.250" in said
    _print(told(lost=[4, 5], a=(28, -0.25), b=(10, -0.5)))
    said = capsys.readouterr().out
    assert "2 draws did not count: a pair in them" in said and "and a no more than that (-0.250)." in said


def test_several_that_are_left_are_still_in(capsys):
    _print(told(left=["a", "b"], a=(30, 0.0), b=(30, 0.0), c=(12, -1.0)))
    said = capsys.readouterr().out
    assert "Still in after 30 of 30 draws: a, b, which cannot be told apart" in said and "Chosen" not in said
    _print(told(left=["a", "b"], lost=range(30), a=(0, None), b=(0, None)))
    assert "30 draws did not count" in capsys.readouterr().out
