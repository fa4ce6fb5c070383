"""Copies, swapped arms and losses in a table of pairs are noticed, or how far they could move the answer is told."""

import json

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis import summary
from windtunnel.analysis.causal.estimates import estimate_pairs
from windtunnel.analysis.causal.pairs import check_pairs, complete
from windtunnel.analysis.causal.table_checks import half_measured, table_checks
from windtunnel.analysis.cli import main


def table(draws=12, seeds=20, key=0, effect=-0.25):
    rng = np.random.default_rng(key)
    draw, luck = np.repeat(np.arange(draws), seeds), rng.random(draws * seeds)
    rate = rng.beta(6, 6, draws)[draw]
    seed = np.tile(np.arange(seeds), draws)
    kinds = {"draw": draw, "seed": seed, "y0": (luck < rate).astype(int)}
    return pl.DataFrame(kinds | {"y1": (luck < rate + effect).astype(int)})


def checked(pairs):
    pairs = check_pairs(pairs)
    return {one["name"]: one for one in table_checks(pairs, complete(pairs))}


def noticed(pairs):
    return [name.split()[0] for name, one in checked(pairs).items() if one["noticed"]]


@pytest.mark.parametrize("key", range(40))
def test_an_honest_table_is_not_suspected(key):
    assert noticed(table(key=key, effect=[-0.25, 0.0][key % 2])) == []


@pytest.mark.parametrize(
    "copied",
    [
        lambda t: pl.concat([t, t.with_columns(pl.col("draw") + 100)]),
        lambda t: pl.concat([t, t.filter(pl.col("draw") == 3).with_columns(draw=pl.lit(99, pl.Int64))]),
        lambda t: pl.concat([t, t.with_columns(pl.col("seed") + 1000)]),
        lambda t: pl.concat([t.with_columns(pl.col("seed") * 2), t.with_columns(pl.col("seed") * 2 + 1)]),
        lambda t: t.with_columns(
            y0=pl.when(pl.col("draw") == 5)
            .then(pl.col("y0").slice(0, 20).gather(pl.col("seed")))
            .otherwise("y0"),
            y1=pl.when(pl.col("draw") == 5)
            .then(pl.col("y1").slice(0, 20).gather(pl.col("seed")))
            .otherwise("y1"),
        ),
    ],
    ids=["all draws again", "one draw again", "all seeds again", "each pair twice", "a draw over another"],
)
def test_copied_pairs_are_noticed_whatever_they_are_called(copied):
    found = checked(copied(table()))["no pair stands twice"]
    assert found["noticed"] and "look copied" in found["sentence"]


def test_without_its_copies_the_table_is_what_it_was():
    pairs = table()
    found = checked(pl.concat([pairs, pairs.with_columns(pl.col("draw") + 100)]))["no pair stands twice"]
    assert "240 of 480 pairs" in found["sentence"] and "240 pairs in 12 draws are left" in found["sentence"]
    assert found["rd"]["low"] == pytest.approx((pairs["y1"] - pairs["y0"]).mean())


def test_a_calm_community_that_never_changes_is_no_copy():
    calm = table().with_columns(y0=pl.lit(0), y1=pl.lit(0))
    assert noticed(calm) == []


def turn(pairs, draw):
    swap = pl.col("draw") == draw
    return pairs.with_columns(
        y0=pl.when(swap).then("y1").otherwise("y0"), y1=pl.when(swap).then("y0").otherwise("y1")
    )


@pytest.mark.parametrize("draw", [0, 4, 11])
def test_arms_swapped_in_one_draw_are_noticed_or_bounded(draw):
    pairs = table(key=3)
    truth = (pairs["y1"] - pairs["y0"]).mean()
    found = checked(turn(pairs, draw))["arms are named alike in every draw"]
    assert found["rd"]["low"] - 1e-9 <= truth <= found["rd"]["high"] + 1e-9
    assert found["noticed"] and f"draw {draw} look" in found["sentence"]


def test_a_second_baseline_shows_swapped_arms_without_a_large_effect():
    pairs = table(key=5, effect=-0.2).with_columns(y_aa=pl.col("y0"))
    found = checked(turn(pairs, 7))["arms are named alike in every draw"]
    assert found["noticed"] and "agrees with the other arm" in found["sentence"]


def test_where_a_swap_cannot_be_seen_its_reach_is_told():
    found = checked(table(effect=-0.05))["arms are named alike in every draw"]
    assert not found["noticed"] and "were they in any one" in found["sentence"]


def test_pairs_that_lost_a_half_by_the_outcome_are_noticed_and_bounded():
    pairs = table()
    truth = (pairs["y1"] - pairs["y0"]).mean()
    lost = (pl.col("y0") == 1) & (pl.col("seed") < 8)
    found = checked(pairs.with_columns(y1=pl.when(lost).then(None).otherwise("y1")))
    one = found["pairs are not lost by their outcome"]
    assert one["noticed"] and "which pairs were lost goes with the outcome" in one["sentence"]
    assert one["rd"]["low"] <= truth <= one["rd"]["high"]


def test_rows_that_are_gone_are_counted_and_bounded():
    pairs = table()
    truth = (pairs["y1"] - pairs["y0"]).mean()
    kept = pairs.filter(~((pl.col("y1") == 1) & (pl.col("draw") < 8)))
    one = checked(kept)["pairs are not lost by their outcome"]
    assert f"{len(pairs) - len(kept)} are not there" in one["sentence"]
    assert one["rd"]["low"] <= truth <= one["rd"]["high"]


def test_losses_by_chance_are_counted_and_not_suspected():
    pairs = table()
    kept = pairs.filter((pl.col("draw") * 7 + pl.col("seed") * 3) % 10 != 0)
    one = checked(kept)["pairs are not lost by their outcome"]
    assert not one["noticed"] and "are not there" in one["sentence"]


def test_the_command_says_it_and_the_json_holds_it(tmp_path, capsys):
    path = tmp_path / "pairs.csv"
    pairs = table()
    pl.concat([pairs, pairs.with_columns(pl.col("draw") + 100)]).write_csv(path)
    words = ["estimate", str(path), "--direction", "preventive", "--no-dowhy"]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert (
        "Noticed: 240 of 480 pairs look copied" in said
        and "Checked: every draw has 20 complete pairs" in said
    )
    assert main([*words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["noticed"] for one in found["table_checks"]] == [True, False, False]
    assert {one["status"] for one in found["assumptions"]} >= {
        "fails",
        "not contradicted",
        "counted",
        "assumed",
    }


def estimated(pairs, **options):
    given = {"outcome": "escalation", "direction": "preventive", "coupling": "gumbel-max", "dowhy": False}
    return estimate_pairs(pairs, **(given | options))


def assumption(found, name):
    (one,) = [each for each in found["assumptions"] if each["name"] == name]
    return one["status"], one["sentence"]


def test_no_backfire_contradicts_nothing_and_has_its_interval():
    pairs = pl.DataFrame(
        {
            "draw": np.repeat(range(6), 3),
            "seed": np.tile(range(3), 6),
            "y0": [1, 0, 1] * 6,
            "y1": [0, 0, 1] * 6,
        }
    )
    status, said = assumption(estimated(pairs), "monotonicity")
    assert status == "not contradicted" and said.startswith("not contradicted in 18")
    assert "(interval 0 to " in said
    status, _ = assumption(estimated(pairs.with_columns(y1=pl.lit(1))), "monotonicity")
    assert status == "fails"


@pytest.mark.parametrize(
    ("draws", "said"), [(3, "so few carry only large effects"), (12, "they see a net change of ")]
)
def test_the_number_of_draws_and_what_it_carries_are_told(draws, said):
    status, sentence = assumption(estimated(table(draws=draws)), "enough communities")
    assert status == "counted" and sentence.startswith(f"{draws} draws") and said in sentence


def test_a_share_and_a_mean_that_quarrel_are_told_apart():
    rng = np.random.default_rng(2)
    s0 = rng.normal(0, 1, 240)
    pairs = table().with_columns(severity0=s0, severity1=s0 - 0.3 + rng.normal(0, 0.05, 240))
    pairs = pairs.with_columns(
        y0=(pl.col("severity0") >= 1.9).cast(int), y1=(pl.col("severity1") >= 1.9).cast(int)
    )
    found = estimated(pairs, threshold=1.9) | {"by_construction": True}
    mean = summary.mean_change(found)
    assert "These are two questions" in mean and "Only the mean is clear of chance" in mean
    assert "by construction" in mean and "by construction" in summary.net(found)
    assert "two questions" not in summary.mean_change(
        estimated(pairs.with_columns(severity1="severity0", y1="y0"))
    )


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"severity0": 1.5}, "severity0 stands alone, without severity1: it counts for nothing"),
        ({"severity1": 1.5}, "severity1 stands alone, without severity0"),
        (
            {"severity0": pl.when(pl.col("seed") == 1).then(2.0), "severity1": 1.5},
            "are both there in 12 of 240 pairs",
        ),
        ({"severity0": 1.5, "severity1": 1.5}, None),
        ({}, None),
    ],
)
def test_a_severity_of_one_arm_or_of_some_pairs_is_said(columns, said):
    pairs = table().with_columns(
        **{name: pl.lit(value) if isinstance(value, float) else value for name, value in columns.items()}
    )
    found = [one["sentence"] for one in half_measured(pairs)]
    assert found == [] if said is None else said in found[0]
