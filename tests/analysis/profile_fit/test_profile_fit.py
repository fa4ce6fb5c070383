"""Estimators find what a simulation put in, agree with a second method and with counts made elsewhere."""

import csv
import itertools
import json
import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from windtunnel.analysis.importers import import_corpus, parse_mapping
from windtunnel.analysis.profile_fit import fit_profile
from windtunnel.analysis.profile_fit.activity import (
    MAX_SILENT_SHARE,
    _presence,
    leaving,
    newcomer_return,
    newcomer_share,
    presence,
    zero_truncated_negative_binomial,
)
from windtunnel.analysis.profile_fit.answers import answer_back, answer_hours, answers_back
from windtunnel.analysis.profile_fit.attention import Choices, conditional_logit, sample_choices
from windtunnel.analysis.profile_fit.moderation import count_tones, moderation_in_force, tone_rates
from windtunnel.analysis.profile_fit.structure import depths, gini, structure
from windtunnel.sim.communities.forum.feed import GROWTH_ENDS
from windtunnel.sim.communities.forum.profile import read_profile, write_profile
from windtunnel.sim.communities.forum.waking import HORIZON

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("WINDTUNNEL_SHARED", ROOT.parent / "shared")) / "data"
MAPPINGS = {
    "reddit-feminism-2017h2": "id=post_id,parent=parent_id,thread=conversation_id,author=author,"
    "minute=minute,kind=kind,status=status,score=score,controversial=controversiality",
    "stackexchange-bicycles-meta": "id=post_id,parent=parent_id,thread=conversation_id,author=author,"
    "time=created_at,kind=kind,score=score,up=up,down=down,text=text",
}
MAPPINGS["stackexchange-conlang-meta"] = MAPPINGS["stackexchange-bicycles-meta"]


def table(rows, **columns):
    """Posts from (thread, parent, author, minute), numbered from 1; civil and visible unless said."""
    n = len(rows)
    frame = pl.DataFrame(
        rows,
        schema={"thread": pl.Int64, "parent": pl.Int64, "author": pl.String, "minute": pl.Int64},
        orient="row",
    )
    fixed = {
        "tone": ["civil"] * n,
        "status": ["visible"] * n,
        "role": ["member"] * n,
        "kind": ["reply" if parent else "thread" for parent in frame["parent"]],
    }
    return frame.with_columns(
        post=pl.int_range(1, n + 1),
        **{name: pl.Series(values) for name, values in {**fixed, **columns}.items()},
    )


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("imported")

    def get(name):
        path = DATA / name / "posts.parquet"
        if not path.exists():
            pytest.skip("the shared corpora are not here")
        if not (folder / name).exists():
            import_corpus(
                "table", path, folder / name, mapping=parse_mapping(MAPPINGS[name]), key_file=folder / "key"
            )
        return folder / name

    return get


@pytest.mark.parametrize(("mean", "shape"), [(1.0, 1.5), (3.0, 0.8), (0.6, 2.0)])
def test_the_truncated_fit_finds_the_mean_of_those_it_never_saw(mean, shape):
    rng = np.random.default_rng(7)
    counts = rng.poisson(rng.gamma(shape, mean / shape, 40_000))
    law = zero_truncated_negative_binomial(counts[counts > 0])
    assert law.mean == pytest.approx(mean, rel=0.08) and law.shape == pytest.approx(shape, rel=0.2)
    assert law.silent == pytest.approx((counts == 0).mean(), abs=0.03) and not law.bounded


def test_where_counts_do_not_bound_the_silent_the_fit_stops_at_the_declared_share():
    rng = np.random.default_rng(3)
    law = zero_truncated_negative_binomial(rng.logseries(0.6, 5_000))
    assert law.bounded and law.silent == pytest.approx(MAX_SILENT_SHARE, abs=1e-3)
    with pytest.raises(ValueError, match="some > 1"):
        zero_truncated_negative_binomial(np.ones(30))


def test_the_conditional_logit_agrees_with_statsmodels():
    from statsmodels.discrete.conditional_models import ConditionalLogit

    rng = np.random.default_rng(1)
    features = rng.normal(size=(200, 5, 2))
    pull = features @ np.array([0.8, -1.2]) + rng.gumbel(size=(200, 5))
    chosen = pull.argmax(axis=1)
    for row, column in enumerate(chosen):
        features[row, [0, column]] = features[row, [column, 0]]
    valid = np.ones((200, 5), bool)
    valid[:50, 4] = False
    mine = conditional_logit(Choices(features, valid))
    there = valid.ravel()
    theirs = ConditionalLogit(
        np.tile([1, 0, 0, 0, 0], 200)[there],
        features.reshape(-1, 2)[there],
        groups=np.repeat(np.arange(200), 5)[there],
    ).fit(disp=0)
    assert mine.coefficients == pytest.approx(theirs.params, abs=1e-4)
    assert mine.errors == pytest.approx(theirs.bse, rel=1e-3)


def simulated_attention(seed):
    """Posts of a forum whose replies choose their thread by the law itself, with exponents .8, -1 and -.6."""
    rng = np.random.default_rng(seed)
    opened, replies, last, rows = [], [], [], []
    for minute in range(0, 3_000 * 10, 10):
        if minute % 100 == 0 or not opened:
            opened.append(minute)
            replies.append(0)
            last.append(minute)
            rows.append((len(opened), None, "a", minute))
            continue
        age, quiet = (minute - np.array(opened)) / 60, (minute - np.array(last)) / 60
        grown = 1 + np.minimum(replies, GROWTH_ENDS)
        pull = grown**0.8 * (1 + age) ** -1.0 * (1 + quiet) ** -0.6
        thread = int(rng.choice(len(opened), p=pull / pull.sum()))
        replies[thread] += 1
        last[thread] = minute
        rows.append((thread + 1, 1, None, minute))
    return table(rows)


def test_attention_recovers_the_exponents_of_a_simulated_forum():
    fits = [
        conditional_logit(sample_choices(simulated_attention(seed), 24, np.random.default_rng(0)))
        for seed in range(4)
    ]
    off = [(fit.coefficients - [0.8, -1.0, -0.6]) / fit.errors for fit in fits]
    assert (np.abs(np.mean(off, axis=0)) < 3 / np.sqrt(len(fits))).all()
    assert (np.abs(off) < 4).all() and all((fit.errors < 0.1).all() for fit in fits)


def test_replies_that_answer_back_follow_a_law_of_their_own():
    rows = [
        (1, None, "a", 0),
        (1, 1, "b", 10),
        (1, 2, "a", 40),
        (1, 3, "b", 160),
        (1, 2, "c", 200),
        (1, 1, "a", 300),
    ]
    posts = table([*rows, (2, None, "z", 30 * 1440)])
    assert answers_back(posts).tolist() == [False, False, True, True, False, False, False]
    assert answer_hours(posts).tolist() == [0.5, 2.0, np.inf, np.inf], "b, a, b and c wrote to somebody else"


@pytest.mark.parametrize(("share", "delay"), [(0.3, 0.1), (0.15, 2.0)])
def test_the_delay_of_answers_is_found_again(share, delay):
    rng = np.random.default_rng(4)
    scale = -np.log1p(-share) / np.log1p(HORIZON / delay)
    rows: list[tuple] = []
    for pair in range(4_000):
        at = 10 * pair
        rows.append((pair + 1, None, "a", at))
        for turn in itertools.count():
            rows.append((pair + 1, len(rows), "ba"[turn % 2], at))
            wait = delay * np.expm1(min(rng.exponential() / scale, 50))
            if wait > HORIZON:
                break
            at += round(60 * wait)
    back, late = answer_back(table([*rows, (10**6, None, "z", 10 * 4_000 + 60 * 1440)]))
    assert back.value == pytest.approx(share, abs=0.03) and late.value == pytest.approx(delay, rel=0.4)


def test_a_logit_that_one_feature_decides_is_refused():
    features = np.zeros((30, 2, 1))
    features[:, 0] = 1
    with pytest.raises(ValueError, match="decides every choice"):
        conditional_logit(Choices(features, np.ones((30, 2), bool)))


def test_structure_of_a_thread_that_can_be_counted_by_hand():
    posts = table([(1, None, "a", 0), (1, 1, "b", 10), (1, 2, "a", 40), (1, 2, None, 45), (2, None, "c", 50)])
    assert depths(posts).tolist() == [0, 1, 2, 2, 0]
    assert structure(posts) == {
        "thread_mean": 2.5,
        "thread_median": 2.5,
        "thread_singletons": 0.5,
        "depth_mean": 1.0,
        "no_reply_share": 0.6,
        "top_level_share": 0.3333,
        "reply_delay_median_min": 30.0,
        "gini_posts": 0.1667,
        "one_post_author_share": 0.6667,
    }
    circle = posts.with_columns(parent=pl.Series([None, 3, 2, 2, None], dtype=pl.Int64))
    assert depths(circle).tolist() == [0, -1, -1, -1, 0]


def test_gini_is_half_the_relative_mean_difference():
    counts = np.random.default_rng(2).geometric(0.2, 300)
    difference = np.abs(counts[:, None] - counts[None]).mean()
    assert gini(counts) == pytest.approx(difference / (2 * counts.mean()))


def test_coming_and_going_of_members_counted_by_hand():
    day = 1440  # 8 days: warm-up and end are 2 windows each
    rows = [
        (1, None, "old", 0),
        *((1, 1, "old", d * day) for d in range(1, 8)),
        (1, 1, "once", 3 * day),
        (1, 1, "back", 4 * day),
        (1, 1, "back", 5 * day + 1),
        *((1, 1, f"n{i}", 7 * day) for i in range(40)),
    ]
    daily = _presence(table(sorted(rows, key=lambda row: row[3])), 24)
    assert newcomer_share(daily).value == pytest.approx((1 + 1 + 40) / (6 + 1 + 2 + 40), abs=1e-4)
    assert leaving(daily).mark == "chosen"  # nine visits before the end are too few


@pytest.mark.parametrize(("authors_a_day", "hours"), [(20, 24), (19, 168), (2, 720)])
def test_the_window_is_the_smallest_with_twenty_authors(authors_a_day, hours):
    rows = [(1, None, f"m{day % 10}.{i}", day * 1440 + i) for day in range(60) for i in range(authors_a_day)]
    assert presence(table(rows)).hours == hours


def test_return_counts_the_week_after_the_first_day():
    day = 1440
    rows = [(1, None, "z", 0)]
    for i in range(30):
        rows += [
            (1, 1, f"same{i}", 60),
            (1, 1, f"same{i}", day),
            (1, 1, f"week{i}", 60),
            (1, 1, f"week{i}", 3 * day),
            (1, 1, f"late{i}", 60),
            (1, 1, f"late{i}", 12 * day),
        ]
    posts = table(sorted(rows, key=lambda row: row[3]))
    assert newcomer_return(posts, _presence(posts, 720)).value == pytest.approx(30 / 91, abs=1e-4)


def test_tone_as_posted_and_removal_by_tone_counted_by_hand():
    """30 threads (12 removed, 8 deleted: own share .4), 100 replies: 60 stand, 40 gone (10 hostile)."""
    rows = [(i, None, "a", i) for i in range(1, 31)] + [(1, 1, "b", 100 + i) for i in range(100)]
    status = ["removed"] * 12 + ["deleted"] * 8 + ["visible"] * 10 + ["visible"] * 60 + ["gone"] * 40
    tone = [None] * 30 + ["civil"] * 50 + ["heated"] * 8 + ["hostile"] * 2 + ["hostile"] * 10 + [None] * 30
    counts = count_tones(table(rows, status=status, tone=tone))
    assert counts.own_deletions == 0.4 and counts.guessed == pytest.approx(40 * 0.6 - 10)
    assert counts.posted() == pytest.approx(60 + 24)
    assert counts.removed == pytest.approx({"civil": 7, "heated": 7, "hostile": 10})
    heated, hostile = tone_rates(counts, "rule", sure=False)
    assert (heated.value, hostile.value) == (round(15 / 84, 4), round(12 / 84, 4)) and hostile.mark == "proxy"
    policy = moderation_in_force(counts).policies["remove_hostile"]
    assert (policy["detection"], policy["false_positive"], policy["heated"]) == (
        round(10 / 12, 3),
        round(7 / 57, 3),
        round(7 / 15, 3),
    )


def test_a_forum_where_nothing_was_removed_has_no_moderation_in_force():
    assert moderation_in_force(count_tones(table([(1, None, "a", 0), (1, 1, "b", 1)]))).policies == {}


@pytest.mark.parametrize("name", MAPPINGS)
def test_structure_equals_what_others_counted_in_the_same_corpus(imported, name):
    figures = structure(pl.read_parquet(imported(name) / "posts.parquet"))
    # Elsewhere the machine account "system" was counted as an author.
    authors = 0.011 if name == "stackexchange-conlang-meta" else 0.005
    with (DATA / "calibration_targets.csv").open(newline="") as file:
        target = next(row for row in csv.DictReader(file) if row["name"] == name)
    for figure, tolerance in [
        ("thread_mean", 0.01),
        ("thread_median", 0.01),
        ("thread_singletons", 0.001),
        ("depth_mean", 0.01),
        ("no_reply_share", 0.001),
        ("gini_posts", 0.005),
        ("one_post_author_share", authors),
        ("reply_delay_median_min", 2.0),
    ]:
        assert figures[figure] == pytest.approx(float(target[figure]), abs=tolerance), figure
    metrics = json.loads((DATA / name / "metrics.json").read_text())
    assert figures["depth_mean"] == pytest.approx(metrics["depth_mean"], abs=0.1)


def test_r_feminism_looks_like_a_moderated_forum(imported):
    profile = read_profile(imported("reddit-feminism-2017h2") / "profile.yaml")
    assert 0.05 < profile.hostile_share.value < 0.15 and 0.1 < profile.heated_share.value < 0.2
    assert profile.hostile_share.mark == profile.moderation_mark == "proxy"
    policy = profile.moderation["remove_hostile"]
    assert policy["detection"] > policy["heated"] > policy["false_positive"]
    assert profile.window_hours == 24 and profile.root_share.value == pytest.approx(
        0.419, abs=0.002
    )  # [R], fidelity
    assert profile.attention_growth.value > 0 and profile.attention_decay.value > 0
    assert np.mean(profile.rhythm) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("corpus", "profile"),
    [
        ("reddit-feminism-2017h2", "reddit-feminism"),
        ("stackexchange-bicycles-meta", "stackexchange-bicycles-meta"),
    ],
)
def test_the_profiles_we_ship_are_what_an_import_fits_today(imported, corpus, profile):
    shipped = read_profile(ROOT / "conf" / "profile" / f"{profile}.yaml")
    posts = pl.read_parquet(imported(corpus) / "posts.parquet")
    today = read_profile(imported(corpus) / "profile.yaml").source.tone
    assert shipped.source.tone == today
    fitted = fit_profile(posts, name=profile, tone=today)
    versions = {"source": {"fitted_by"}}
    assert fitted.model_dump(exclude=versions) == shipped.model_dump(exclude=versions)


def test_a_fit_repeats_itself_and_survives_its_yaml(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        (i // 5 + 1, None if i % 5 == 0 else i // 5 * 5 + 1, f"m{rng.geometric(0.05)}", i * 30)
        for i in range(2_000)
    ]
    posts = table(rows)
    first = fit_profile(posts, name="made", tone="none")
    assert fit_profile(posts, name="made", tone="none") == first
    write_profile(first, tmp_path / "p.yaml")
    assert read_profile(tmp_path / "p.yaml") == first
    with pytest.raises(ValueError, match="no posts"):
        fit_profile(posts.clear(), name="none", tone="none")


def test_rows_in_another_order_give_the_same_profile():
    rng = np.random.default_rng(4)
    rows = [
        (i // 4 + 1, None if i % 4 == 0 else i // 4 * 4 + 1, f"m{rng.geometric(0.1)}", i * 20)
        for i in range(800)
    ]
    posts = table(rows)
    assert all(a <= b for a, b in pairwise(posts["minute"]))
    assert fit_profile(posts, name="x", tone="") == fit_profile(
        posts.sample(fraction=1, shuffle=True, seed=1), name="x", tone=""
    )
