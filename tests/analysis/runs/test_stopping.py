"""A rule for stopping: declared in the settings, looked at after whole draws, told in manifest, estimates and words."""

import polars as pl
import pytest

from windtunnel.analysis.causal.estimates import estimate_pairs
from windtunnel.analysis.causal.necessity import paired_estimates
from windtunnel.analysis.commands.run import one_cell
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.runs.plan_from_manifest import plan_again
from windtunnel.analysis.runs.stopping import Rule, look, parts, record, rule_of, sentence
from windtunnel.analysis.summary import short_answer
from windtunnel.analysis.tunnel import run_plan
from windtunnel.sim.experiment import ARMS

SMALL = ("community.size=30", "steps=6", "seeds=2", "dowhy=false", "parallel.jobs=1", "baseline=none")
LIVELY = ("policy=remove_hostile", "outcome=hostile_exposures", "outcome.threshold=0.3", "steps=10")
"""A policy whose effect shows in every draw: the rule is reached."""


def planned(*words):
    return plan(compose([*SMALL, *words]))


def table(rows):
    return pl.DataFrame(rows, schema=["draw", "seed", "y_baseline", "y_policy"], orient="row")


def seen(rule, rows, draws, seeds=1):
    return look(rule, table(rows), draws, direction="preventive", confidence=0.95, seeds=seeds)


@pytest.fixture(scope="module")
def stopped():
    return run_plan(planned(*LIVELY, "draws=30", "stop.evidence=0.2", "stop.every=3"))


def test_parts_hold_whole_draws_and_all_of_them():
    experiment = planned("draws=7").experiment
    made = list(parts(experiment, Rule(evidence=0.05, every=3)))
    assert [sorted({unit.draw for unit in part}) for part in made] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [unit for part in made for unit in part] == experiment.units()
    assert all({unit.arm for unit in part} == set(ARMS) for part in made)
    assert list(parts(experiment, None)) == [experiment.units()]


def test_six_averted_harms_in_six_draws_are_evidence_of_14_44_to_1_and_seven_of_26_81():
    """2^n B(n + .5, .5) / pi by hand: 2^6 · 231/1024 = 14.4375, 2^7 · 429/2048 = 26.8125."""
    rule = Rule(evidence=0.05)
    six, seven = (seen(rule, [(k, 0, 1, 0) for k in range(n)], n) for n in (6, 7))
    assert (six["evidence"], six["reached"]) == (pytest.approx(14.4375), False)
    assert (seven["evidence"], seven["reached"]) == (pytest.approx(26.8125), True)


def test_seven_averted_harms_in_one_draw_are_one_observation():
    one = seen(Rule(evidence=0.05), [(0, k, 1, 0) for k in range(7)], 1, seeds=7)
    assert one["evidence"] == pytest.approx(1)


def test_precision_is_half_the_interval_of_the_quantity_asked_for():
    rows = [(k, 0, 1, int(k < 10)) for k in range(50)] + [(k, 0, 0, 0) for k in range(50, 90)]
    ps = seen(Rule(precision=0.18, of="ps"), rows, 90)
    assert (ps["est"], ps["low"], ps["high"]) == pytest.approx((0.8, 0.5858, 0.9366), abs=5e-5)
    assert ps["half_width"] == pytest.approx(0.1754, abs=5e-5)
    assert ps["reached"]
    assert not seen(Rule(precision=0.17, of="ps"), rows, 90)["reached"]


def test_a_quantity_without_a_case_is_never_precise():
    assert not seen(Rule(precision=0.6, of="ps"), [(0, 0, 0, 0)], 1)["reached"]


def test_a_lost_pair_is_not_counted():
    assert seen(Rule(evidence=0.05), [(0, 0, 1, None), (1, 0, 1, 0)], 2)["pairs"] == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("stop.precision=0.1", "stop.evidence=0.05"), "one stopping rule"),
        (("stop.precision=0.1", "stop.of=pns"), "choose rd, pn or ps"),
        (("stop.evidence=0.7",), "stop.evidence is 0.7"),
        (("stop.precision=0",), "stop.precision is 0"),
        (("stop.evidense=0.05",), "did you mean 'stop.evidence'"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(words, said):
    with pytest.raises(ValueError, match=said):
        planned(*words)


def test_no_rule_is_the_default():
    assert planned().stop is None
    assert rule_of(Rule()._asdict()) is None


def test_a_run_stops_after_the_look_that_reaches_the_rule(stopped):
    told = stopped.manifest["stopping"]
    assert told["reached"] and told["draws"] < told["draws_at_most"] == 30
    assert [one["reached"] for one in told["looks"]] == [False] * (len(told["looks"]) - 1) + [True]
    assert told["draws"] % 3 == 0
    assert set(stopped.runs["draw"]) == set(range(told["draws"]))
    assert stopped.estimates["n_lost"] == 0
    assert stopped.manifest["config"]["stop"]["evidence"] == 0.2
    assert stopped.manifest["config"]["draws"] == 30


def test_a_stopped_run_is_the_beginning_of_the_whole_one(stopped):
    draws = stopped.manifest["stopping"]["draws"]
    whole = run_plan(planned(*LIVELY, f"draws={draws}"))
    assert whole.manifest["events_sha256"] == stopped.manifest["events_sha256"]
    assert whole.pairs.equals(stopped.pairs)
    assert whole.manifest["stopping"] is None


def test_where_it_stops_depends_on_neither_processes_nor_width(stopped):
    other = run_plan(
        planned(
            *LIVELY, "draws=30", "stop.evidence=0.2", "stop.every=3", "parallel.jobs=2", "parallel.worlds=2"
        )
    )
    assert other.manifest["stopping"] == stopped.manifest["stopping"]
    assert other.manifest["events_sha256"] == stopped.manifest["events_sha256"]


def test_all_intervals_of_a_stopped_run_are_anytime_valid(stopped):
    pairs, told = stopped.pairs, stopped.estimates
    y0, y1, draw = (pairs[name].to_numpy() for name in ("y_baseline", "y_policy", "draw"))
    anytime, fixed = (
        paired_estimates(y0, y1, direction="preventive", draw=draw, anytime=seeds) for seeds in (2, None)
    )
    for name in ("p0", "p1", "rd", "pn", "ps", "pns", "backfire"):
        assert told[name] == pytest.approx(getattr(anytime, name)._asdict())
    assert anytime.rd.high - anytime.rd.low > fixed.rd.high - fixed.rd.low
    assert told["intervals"] == "anytime-valid"
    assert told["mean_difference"]["low"] is None


@pytest.mark.parametrize("of", ["rd", "pn", "ps"])
def test_the_interval_of_a_stopped_run_is_the_one_that_its_rule_saw_though_a_seed_failed_in_every_draw(of):
    rule = Rule(precision=0.1, of=of)
    cells = [(1, 0)] * 5 + [(1, 1)] * 3 + [(0, 0)] * 3 + [(0, 1)]
    pairs = pl.DataFrame(
        [(draw, 0, *cell) for draw, cell in enumerate(cells)],
        schema=["draw", "seed", "y0", "y1"],
        orient="row",
    )
    seen = look(
        rule,
        pairs.rename({"y0": "y_baseline", "y1": "y_policy"}),
        len(cells),
        direction="preventive",
        confidence=0.9,
        seeds=2,
    )
    stopping = record(rule, [seen], planned("draws=12", "seeds=2").experiment, 0.9)
    told = estimate_pairs(
        pairs,
        outcome="escalation",
        direction="preventive",
        coupling="c",
        lost=12,
        confidence=0.9,
        dowhy=False,
        stopping=stopping,
    )
    assert told[of] == pytest.approx({name: seen[name] for name in ("est", "low", "high")})


def test_people_are_told_how_it_ended(tmp_path):
    folder = Folder(tmp_path / "out")
    one_cell(planned(*LIVELY, "draws=30", "stop.evidence=0.2", "stop.every=3"), folder)
    manifest, estimates = folder.read_json(folder.manifest), folder.read_json(folder.estimates)
    told = manifest["stopping"]
    lines = "\n".join(short_answer(estimates, manifest, folder.read_table("runs")))
    assert (
        f"Stopped early by the rule evidence of 5 to 1 that the arms differ: reached after {told['draws']} of 30"
        in lines
    )
    assert f"({told['draws']} communities x 2 seeds)" in lines
    for page in (folder.report, folder.report_text):
        assert "anytime-valid" in page.read_text(encoding="utf-8")
        assert "Stopped early by the rule" in page.read_text(encoding="utf-8")


def test_a_rule_that_was_not_reached_says_so():
    experiment = planned("draws=5").experiment
    rule = Rule(precision=0.01, of="pn")
    looks = [seen(rule, [(0, 0, 1, 0)], 5)]
    assert "was not reached in 5 draws" in sentence(record(rule, looks, experiment, 0.95))


def test_the_rule_is_kept_in_the_plan_of_a_finished_run(stopped):
    assert plan_again(stopped.manifest).stop == Rule(evidence=0.2, every=3)
