"""Shares of variants in which sign and ranking hold: counted by hand, and over a real small sweep."""

import json

import polars as pl
import pytest

from windtunnel.analysis.cli import main
from windtunnel.analysis.commands.robustness import _print, notes
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.folder import Folder
from windtunnel.analysis.settings.wordings import apply_wording
from windtunnel.analysis.sweeps.robustness import COLUMNS, by_level, distinct, robustness
from windtunnel.analysis.tunnel import run_plan

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
    assert ranking["ties"] == ["b"]


def test_means_that_differ_by_rounding_alone_tie():
    """0.1 + 0.2 + 0.3 against 0.3 + 0.2 + 0.1."""
    rows = [
        (f"m{at}", name, rd, None, None)
        for name, rds in (("a", (0.1, 0.2, 0.3)), ("b", (0.3, 0.2, 0.1)))
        for at, rd in enumerate(rds)
    ]
    ranking = robustness(frame(*rows), polarity="harm")["ranking"]
    assert (ranking["order"], ranking["ties"]) == (["a", "b"], ["b"])


def cells_of(*rows):
    """Variant, size, root, wording, policy, runs and rd of each cell."""
    names = ["variant", "size", "root", "wording", "policy", "events_sha256", "rd"]
    table = pl.DataFrame(rows, schema=names, orient="row")
    return table.with_columns(low=pl.col("rd") - 0.1, high=pl.col("rd") + 0.1)


def test_variants_with_the_same_runs_and_numbers_of_every_policy_count_once():
    cells = cells_of(
        ("v1", "60", "0", "plain", "a", "x", 0.1),
        ("v1", "60", "0", "plain", "b", "y", 0.2),
        ("v2", "60", "0", "short", "b", "y", 0.2),
        ("v2", "60", "0", "short", "a", "x", 0.1),
        ("v3", "60", "0", "formal", "a", "x", 0.1),
        ("v3", "60", "0", "formal", "b", "z", 0.2),  # the same number from other runs
        ("v4", "90", "0", "plain", "a", "x", 0.3),  # the same runs, another number
        ("v4", "90", "0", "plain", "b", "y", 0.2),
    )
    found = distinct(cells, ["size", "root", "wording"])
    assert (found.frame["variant"].unique(maintain_order=True).to_list(), found.dropped) == (
        ["v1", "v3", "v4"],
        1,
    )
    assert found.idle == ["wording"]
    assert [one["of"] for one in robustness(found.frame, polarity="harm")["policies"]] == [3, 3]


def said_of(rows, capsys, varied=("size",), apart_from_root=None, polarity="harm"):
    found = robustness(frame(*rows), polarity=polarity)
    apart = found["variants"] if apart_from_root is None else apart_from_root
    _print(found | {"notes": [], "variants_apart_from_root": apart}, varied, [])
    return capsys.readouterr().out


def test_a_single_variant_is_no_share(capsys):
    said = said_of(
        [("m", "a", -0.2, -0.3, -0.1), ("m", "b", -0.1, -0.3, 0.1), ("m", "c", 0.0, 0.0, 0.0)], capsys, ()
    )
    assert "a: fewer harms or more good (net change -0.200), beyond chance (its interval alone)." in said
    assert "b: fewer harms or more good (net change -0.100), not beyond chance" in said
    assert "c: no change." in said and "Ranking, best first: a > b > c.\n" in said
    assert "of 1" not in said and "1 variants" not in said and "spread" not in said


def test_policies_of_the_same_mean_are_ranked_alike_and_intervals_stand_alone(capsys):
    rows = [
        (m, name, rd, rd - 0.05, rd + 0.05)
        for m in ("m1", "m2")
        for name, rd in (("a", -0.1), ("b", 0.0), ("c", -0.1))
    ]
    said = said_of(rows, capsys)
    assert "best first: a = c > b. It holds in 0 of 2 variants; a alone is best in 0 of 2." in said
    assert "a: fewer harms or more good in 2 of 2 variants, beyond chance in 2 (each interval alone)" in said
    assert "do not shrink the spread over variants of the model" in said


def test_roots_are_chance_and_not_variants_of_the_model(capsys):
    rows = [(f"root={at}", "a", -0.1, -0.2, 0.0) for at in range(3)]
    said = said_of(rows, capsys, ("root",), apart_from_root=1)
    assert "3 roots of one variant of the model; varied: root." in said and "in 3 of 3 roots" in said
    assert "do not shrink" not in said
    assert notes([], 0, True) == ["Roots are chance, not the model: more draws shrink the spread over them."]
    rows = [(f"size={size}, root={at}", "a", -0.1, -0.2, 0.0) for at in range(3) for size in (60, 90)]
    assert "6 variants with roots, 2 of the model" in said_of(
        rows, capsys, ("root", "size"), apart_from_root=2
    )


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
    assert "2 roots of one variant of the model; varied: community.wording, root" in said
    assert "2 variants more gave the same runs and numbers as another" in said  # rules read no words
    assert (
        "community.wording changed nothing there (rules read no words" in said and "Roots are chance" in said
    )
    assert main(["robustness", str(tmp_path / "out"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["factors"] == ["community.wording", "root"]
    assert [one["of"] for one in told["policies"]] == [2, 2]
    assert (told["variants"], told["variants_apart_from_root"]) == (2, 1)
    assert told["same_as_another"] == {"variants": 2, "factors": ["community.wording"]}
    assert len(told["cells"]) == 8


def test_levels_stand_in_the_order_of_their_numbers_and_too_many_are_counted(tmp_path, capsys):
    roots = [f"root={','.join(map(str, range(11)))}", *SMALL, "policy=slow_mode"]
    assert main(["run", "-m", *roots, f"out={tmp_path / 'out'}"]) == 0
    capsys.readouterr()
    assert main(["robustness", str(tmp_path / "out")]) == 0
    rows = [line.split()[:2] for line in capsys.readouterr().out.splitlines() if line.startswith("root ")]
    assert rows == [["root", str(root)] for root in range(11)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("windtunnel.analysis.commands.robustness.SHOWN", 10)
        assert main(["robustness", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "root has 11 levels" in said and "factor" not in said


def test_a_cell_that_is_not_finished_is_named(tmp_path, capsys):
    assert main(["run", "-m", *SMALL, "policy=slow_mode,thread_lock", f"out={tmp_path}"]) == 0
    killed = Folder(tmp_path / "policy=counterspeech-12345678")
    killed.path.mkdir()
    killed.write_json(killed.begun, {})
    capsys.readouterr()
    assert main(["robustness", str(tmp_path)]) == 0
    assert "policy=counterspeech-12345678 is left out: it is not finished." in capsys.readouterr().out


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
            made.experiment.builder().scene({"reminder", "warned", "counterspeech"})


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
        apply_wording(compose([*SMALL])["community"] | change)


@pytest.mark.parametrize(
    ("varied", "factors"),
    [
        ("mind=rules,llm", ["mind.name"]),
        ("llm.model=a,b", ["llm.model"]),
        ("community.profile=reddit-feminism,stackexchange-bicycles-meta", ["community.profile.name"]),
        ("community.size=40,50", ["community.size"]),
        ("mind=rules,llm community.size=40,50", ["community.size", "mind.name"]),
    ],
)
def test_one_choice_is_one_factor_however_many_settings_follow_from_it(varied, factors):
    from itertools import product

    from windtunnel.analysis.runs.resume import settings_of
    from windtunnel.analysis.sweeps.robustness import _scalars, one_a_choice

    keys = [word.partition("=") for word in varied.split()]
    settings = []
    for values in product(*(key[2].split(",") for key in keys)):
        words = [f"{key[0]}={value}" for key, value in zip(keys, values, strict=True)]
        whole = compose(["llm=openai", "policy=slow_mode", *words])
        profile = whole["community"]["profile"]
        content = {"name": profile, "posts": len(profile), "rates": {"hostile": len(profile) / 100}}
        config = whole | {"community": whole["community"] | {"profile": content}, "threshold": 2.0}
        mind = config["mind"] | ({"name": "llm", "alpha": "profile"} if varied.startswith("llm.") else {})
        settings.append(_scalars(settings_of(config | {"mind": mind, "policy": [], "baseline": []})))
    varying = [
        key for key in sorted(set().union(*settings)) if len({repr(one.get(key)) for one in settings}) > 1
    ]
    assert one_a_choice(varying, settings) == factors and (len(varying) > 6 or "rules" not in varied)
