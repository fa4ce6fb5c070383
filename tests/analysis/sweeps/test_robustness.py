"""Shares of variants in which sign and ranking hold: counted by hand, and over a real small sweep."""

import json

import polars as pl
import pytest

from analysis.cli import main
from analysis.configuration import compose, plan
from analysis.sweeps.robustness import COLUMNS, by_level, robustness
from analysis.tunnel import run_plan
from analysis.wordings import worded

SMALL = (
    "community.size=30",
    "steps=6",
    "draws=3",
    "seeds=2",
    "dowhy=false",
    "parallel.jobs=1",
    "baseline=none",
)


def frame(*rows):
    return pl.DataFrame(
        rows, schema=dict(zip(COLUMNS, [pl.String] * 2 + [pl.Float64] * 3, strict=True)), orient="row"
    )


FOUR = frame(
    ("m1", "lock", -0.3, -0.4, -0.2),
    ("m2", "lock", -0.1, -0.3, 0.1),
    ("m3", "lock", 0.2, 0.1, 0.3),
    ("m4", "lock", None, None, None),
    ("m1", "slow", -0.1, -0.2, 0.0),
    ("m2", "slow", -0.2, -0.3, -0.1),
    ("m3", "slow", 0.3, 0.2, 0.4),
    ("m4", "slow", 0.0, -0.1, 0.1),
)


def test_the_share_with_the_same_sign_is_counted_over_all_variants():
    lock, slow = robustness(FOUR, polarity="harm")["policies"]
    assert (lock["sign"], lock["holds_in"], lock["of"], lock["share"]) == ("helps", 2, 4, 0.5)
    assert (lock["beyond_chance"], lock["against_beyond_chance"], lock["no_claim_in"]) == (1, 1, 1)
    assert (slow["holds_in"], slow["other_sign_in"], slow["no_change_in"]) == (2, 1, 1)


def test_the_same_numbers_of_a_good_outcome_say_that_it_harms():
    assert robustness(FOUR, polarity="good")["policies"][0]["sign"] == "harms"


def test_the_ranking_of_the_mean_is_sought_in_every_variant_that_has_both():
    """Means over m1 to m3: lock -.0667, slow 0. Lock is below slow in m1 and m3."""
    ranking = robustness(FOUR, polarity="harm")["ranking"]
    assert ranking["order"] == ["lock", "slow"]
    assert (ranking["variants"], ranking["holds_in"], ranking["best_in"]) == (3, 2, 2)
    assert ranking["pairs"] == [{"better": "lock", "worse": "slow", "holds_in": 2, "tied_in": 0}]
    assert robustness(FOUR, polarity="good")["ranking"]["order"] == ["slow", "lock"]


def test_a_tie_is_no_ranking():
    tied = frame(("m1", "a", -0.1, -0.2, 0.0), ("m1", "b", -0.1, -0.2, 0.0))
    ranking = robustness(tied, polarity="harm")["ranking"]
    assert (ranking["holds_in"], ranking["best_in"], ranking["pairs"][0]["tied_in"]) == (0, 0, 1)


def test_signs_that_are_even_hold_nowhere():
    even = frame(("m1", "a", -0.1, -0.2, 0.0), ("m2", "a", 0.1, 0.0, 0.2))
    assert robustness(even, polarity="harm")["policies"][0]["sign"] == "none"


def test_doubled_missing_and_undeclared_inputs_are_refused():
    with pytest.raises(ValueError, match="stands twice"):
        robustness(pl.concat([FOUR, FOUR]), polarity="harm")
    with pytest.raises(ValueError, match="no finished cell"):
        robustness(FOUR.clear(), polarity="harm")
    with pytest.raises(ValueError, match="no column 'rd'"):
        robustness(FOUR.drop("rd"), polarity="harm")
    with pytest.raises(ValueError, match="polarity"):
        robustness(FOUR, polarity="bad")


def test_levels_are_averaged_each_on_its_own():
    table = by_level(FOUR.with_columns(wording=pl.Series(["x", "y"] * 4)), ["wording"])
    found = {(row["level"], row["policy"]): row["rd"] for row in table.to_dicts()}
    assert found["x", "lock"] == pytest.approx(-0.05)
    assert found["y", "slow"] == pytest.approx(-0.1)


def test_a_sweep_over_wordings_and_roots_is_read_from_its_folder(tmp_path, capsys):
    words = ["policy=slow_mode,rule_reminder", "community.wording=plain,short", "root=0,1", *SMALL]
    assert main(["design", "full", *words, f"out={tmp_path / 'out'}", "--run"]) == 0
    capsys.readouterr()
    assert main(["robustness", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "4 variants of the model; varied: community.wording, root" in said
    assert "community.wording changed no number" in said  # rules read no words
    assert main(["robustness", str(tmp_path / "out"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["factors"] == ["community.wording", "root"]
    assert [one["of"] for one in told["policies"]] == [4, 4]


def test_levels_stand_in_the_order_of_their_numbers_and_too_many_are_counted(tmp_path, capsys):
    roots = [f"root={','.join(map(str, range(11)))}", *SMALL, "policy=slow_mode"]
    assert main(["run", "-m", *roots, f"out={tmp_path / 'out'}"]) == 0
    capsys.readouterr()
    assert main(["robustness", str(tmp_path / "out")]) == 0
    rows = [line.split()[:2] for line in capsys.readouterr().out.splitlines() if line.startswith("root ")]
    assert rows == [["root", str(root)] for root in range(11)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.commands.robustness.SHOWN", 10)
        assert main(["robustness", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "root has 11 levels" in said and "factor" not in said


def test_a_folder_without_runs_is_refused(tmp_path, capsys):
    assert main(["robustness", str(tmp_path)]) == 2
    assert "holds no finished run" in capsys.readouterr().err


def test_a_wording_replaces_words_and_nothing_else():
    plain, formal = (plan(compose([*SMALL, f"community.wording={name}"])) for name in ("plain", "formal"))
    before, after = (one.experiment.community["features"] for one in (plain, formal))
    assert {name for name in before if before[name] != after[name]} == {"reminder", "warned", "counterspeech"}
    assert all(before[name]["edges"] == after[name]["edges"] for name in before)
    assert "wordings" not in formal.experiment.community
    assert formal.resolved["community"]["wording"] == "formal"


def test_every_declared_paraphrase_fits_the_community():
    community = compose([*SMALL])["community"]
    for choice, options in (("wording", "wordings"), ("persona_format", "persona_formats")):
        for name in community[options]:
            made = plan(compose([*SMALL, f"community.{choice}={name}"]))
            made.experiment.kind().scene({"reminder", "warned", "counterspeech"})


def test_personas_keep_their_shares_and_tempers_in_every_format():
    formats = [
        plan(compose([*SMALL, f"community.persona_format={name}"])) for name in ("plain", "second_person")
    ]
    before, after = (one.experiment.community["personas"] for one in formats)
    assert before != after
    assert [(one["share"], one["temper"]) for one in before.values()] == [
        (one["share"], one["temper"]) for one in after.values()
    ]


def test_rules_decide_the_same_under_every_wording():
    runs = [
        run_plan(plan(compose([*SMALL, "policy=rule_reminder", f"community.wording={name}"])))
        for name in ("plain", "short")
    ]
    assert runs[0].manifest["events_sha256"] == runs[1].manifest["events_sha256"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"wording": "florid"}, "choose plain"),
        ({"wordings": {"plain": {"no_such": ["", ""]}}}, "no such entry in features"),
        ({"wordings": {"plain": {"reminder": ["one"]}}}, "1 sentences; reminder has 2 bins"),
    ],
)
def test_a_wording_that_does_not_fit_is_refused(change, said):
    with pytest.raises(ValueError, match=said):
        worded(compose([*SMALL])["community"] | change)
