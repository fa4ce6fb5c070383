"""The forward form: its likelihoods beside statsmodels, what it makes of planted truth, and the settings of mind=learned."""

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
import yaml

from tests.learned_law import forward
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.learned.forward import fit_forward, likelihood
from windtunnel.analysis.learned.forward.fit import fitted_law, newcomers, reach
from windtunnel.analysis.learned.forward.hotness import lasting_hotness
from windtunnel.analysis.learned.forward.rates import Clock
from windtunnel.analysis.learned.forward.replay import OWED, Choice, lived, with_strangers
from windtunnel.analysis.learned.record import record_of
from windtunnel.sim.communities.forum.learned.law import law_of


@pytest.fixture(autouse=True)
def hardly_any_ridge(monkeypatch):
    monkeypatch.setattr(likelihood, "RIDGE", 1e-6)


def test_rates_are_those_of_a_poisson_regression_with_exposure() -> None:
    draws = np.random.default_rng(0)
    terms = np.column_stack([np.ones(400), draws.normal(size=(400, 2))])
    hours = draws.uniform(0.5, 2, 400)
    count = draws.poisson(hours * np.exp(terms @ [-0.5, 0.8, -0.3]))
    found = likelihood.poisson(np.repeat(terms, count, axis=0), terms, hours)
    theirs = sm.GLM(count, terms, family=sm.families.Poisson(), exposure=hours).fit()
    assert np.allclose(found.value, theirs.params, atol=1e-4)
    assert np.allclose(found.error, theirs.bse, rtol=1e-3)


def test_a_choice_between_two_and_a_yes_or_no_are_logits() -> None:
    draws = np.random.default_rng(1)
    terms = np.column_stack([np.ones(500), draws.normal(size=500)])
    yes = draws.random(500) < 1 / (1 + np.exp(-(terms @ [0.3, -1.0])))
    theirs = sm.Logit(yes.astype(float), terms).fit(disp=0)
    found = likelihood.yes_or_no(terms, yes)
    assert np.allclose(found.value, theirs.params, atol=1e-4) and np.allclose(
        found.error, theirs.bse, rtol=1e-3
    )
    pairs = [np.stack([row, np.zeros(2)]) for row in terms]
    again = likelihood.choices(pairs, [0 if each else 1 for each in yes])
    assert np.allclose(again.value, theirs.params, atol=1e-4)
    fixed = likelihood.choices(pairs, [0 if each else 1 for each in yes], [np.array([1.0, 0.0])] * 500)
    assert fixed.value[0] == pytest.approx(theirs.params[0] - 1, abs=1e-3)


def test_errors_by_cluster_are_how_far_coefficients_scatter() -> None:
    """Members with a lasting factor of their own and a term that does not change: known by drawing such records again and again."""
    draws = np.random.default_rng(4)
    found, alone = [], []
    whose = np.repeat(np.arange(150), 8)
    for _ in range(150):
        terms = np.column_stack([np.ones(1200), np.repeat(draws.integers(0, 2, 150), 8)])
        rate = np.exp(terms @ [-0.5, 0.5]) * np.repeat(draws.gamma(1.5, 1 / 1.5, 150), 8)
        count = draws.poisson(rate)
        events = np.repeat(terms, count, axis=0), np.repeat(whose, count)
        found.append(likelihood.poisson(events[0], terms, np.ones(1200), (events[1], whose)))
        alone.append(likelihood.poisson(events[0], terms, np.ones(1200)).error[1])
    scatter = np.std([each.value[1] for each in found])
    assert np.mean([each.error[1] for each in found]) == pytest.approx(scatter, rel=0.15)
    assert np.mean(alone) < 0.6 * scatter, "independent acts would be too sure"
    spread = found[0].spread
    assert spread is not None
    assert np.allclose(np.sqrt(np.diag(spread @ spread.T)), found[0].error)


def test_errors_of_logits_and_choices_by_cluster_agree_with_statsmodels() -> None:
    draws = np.random.default_rng(5)
    whose = np.repeat(np.arange(60), 10)
    terms = np.column_stack([np.ones(600), np.repeat(draws.normal(size=60), 10)])
    odds = terms @ [0.2, 0.6] + np.repeat(draws.normal(size=60), 10)
    yes = draws.random(600) < 1 / (1 + np.exp(-odds))
    theirs = sm.Logit(yes.astype(float), terms).fit(disp=0, cov_type="cluster", cov_kwds={"groups": whose})
    correction = np.sqrt(598 / 599)  # theirs counts coefficients, too
    assert np.allclose(likelihood.yes_or_no(terms, yes, whose).error, correction * theirs.bse, rtol=1e-3)
    pairs = [np.stack([row, np.zeros(2)]) for row in terms]
    chosen = likelihood.choices(pairs, [0 if each else 1 for each in yes], clusters=whose)
    assert np.allclose(chosen.error, correction * theirs.bse, rtol=1e-3)
    few = likelihood.yes_or_no(terms, yes, whose // 20)
    assert np.allclose(few.error, likelihood.yes_or_no(terms, yes).error), "three clusters tell nothing"


@pytest.mark.parametrize("shape", [0.7, 0.0])
def test_hotness_is_found_where_it_was_planted_and_nowhere_else(shape: float) -> None:
    draws = np.random.default_rng(2)
    hot = np.log(draws.gamma(shape, 1 / shape, 300)) if shape else np.zeros(300)
    made = []
    for _ in range(3000):
        names = draws.choice(300, 20, replace=False)
        terms = draws.normal(size=(20, 1))
        taken = int(np.argmax(0.5 * terms[:, 0] + hot[names] + draws.gumbel(size=20)))
        order = np.append(taken, np.delete(np.arange(20), taken))
        made.append(Choice(terms[order], 0, names[order], 20))
    found, estimate = lasting_hotness({"new": made, "old": []})
    if shape:
        assert 0.5 < found < 1.1 and np.corrcoef(estimate, hot)[0, 1] > 0.8
    else:
        assert found == 0.0 or found > 8


def talk(rows) -> pl.DataFrame:
    """Posts from (thread, parent, author, minute)."""
    table = pl.DataFrame(
        rows,
        orient="row",
        schema={"thread": pl.Int64, "parent": pl.Int64, "author": pl.String, "minute": pl.Int64},
    )
    return table.with_columns(
        post=pl.int_range(1, table.height + 1, dtype=pl.Int64),
        kind=pl.when(pl.col("parent").is_null()).then(pl.lit("thread")).otherwise(pl.lit("reply")),
        tone=pl.lit("civil"),
    )


def test_a_nameless_answer_back_is_its_author_s_and_pays_a_debt() -> None:
    record = record_of(
        talk([(1, None, "a", 0), (1, 1, None, 5), (1, 2, "a", 9), (1, 3, None, 12), (1, 1, None, 20)])
    )
    member, stranger = with_strangers(record)
    assert member[1] == member[3] >= stranger and member[4] not in (member[1], member[0])
    life = lived(record, np.ones(5, bool))
    assert life.kind.tolist()[2:4] == [OWED, OWED]
    assert life.debts.paid == [True, True, False, False] and life.debts.member[0] == member[0]


def a_month_with_a_hole() -> pl.DataFrame:
    """Eighty days: a thread each two hours and an answer to it, but for days 30 to 50."""
    rows, row = [], 0
    for at in range(0, 80 * 1440, 120):
        who = f"u{(at // 120) % 37}"
        rows.append((row + 1, None, who, at))
        row += 1
        if not 30 * 1440 <= at < 50 * 1440:
            rows.append((row, row, f"v{(at // 120) % 11}", at + 45))
            rows.append((row, row + 1, who, at + 50))
            row += 2
    return talk(rows)


def test_a_hole_counts_for_nothing() -> None:
    record = record_of(a_month_with_a_hole())
    clock = Clock(record)
    assert 26.5 < clock.masked.sum() / 24 < 28.5  # twenty days, and a week after
    assert clock.at(np.array([30 * 24.0]))[0] == pytest.approx(clock.at(np.array([50 * 24.0]))[0], abs=1.5)
    law = fitted_law(record)
    assert law.posts_per_day == pytest.approx(36, rel=0.03) and law.notes
    assert law.owes.acts > 500
    assert law_of(fit_forward(record)) == law


def test_what_a_record_lacks_is_said() -> None:
    record = record_of(a_month_with_a_hole(), lacks=("author",))
    with pytest.raises(ValueError, match="tells no authors"):
        fit_forward(record)
    for rows in ([(1, None, "a", 0)], [(1, None, None, 0), (1, 1, None, 5)]):
        with pytest.raises(ValueError, match="needs 300 replies over 7 days"):
            fit_forward(record_of(talk(rows)))


def test_rates_of_a_record_that_lies_in_the_weeks_after_holes_are_refused() -> None:
    sampled = [day * 1440 + 2 * turn for day in (0, 100, 200, 300) for turn in range(500)]
    steady = [(400 * 24 + hour) * 60 for hour in range(20 * 24)]
    rows = [
        (row // 3, row if row % 3 else None, f"m{row % 20}", at) for row, at in enumerate(sampled + steady)
    ]
    with pytest.raises(
        ValueError, match=r"of its 2,480 posts 1,6\d\d lie in holes .* another place than the recorded one"
    ):
        fit_forward(record_of(talk(rows)))


def test_a_record_in_which_nobody_answers_has_a_law_all_the_same() -> None:
    law = fitted_law(record_of(talk([(i, None, f"a{i % 3}", i * 60) for i in range(1, 60)])))
    assert law.owes.acts == 0 and law.hotness == 0 and law.newcomers.replies == 0


@pytest.fixture
def imported(tmp_path):
    """A folder with a profile and a law."""
    from tests.conftest import make_tiny

    profile = make_tiny().community["profile"]
    (tmp_path / "profile.yaml").write_text(yaml.safe_dump(profile))
    (tmp_path / "learned.yaml").write_text(yaml.safe_dump({"schema": 1, "forward": forward()}))
    return tmp_path


def test_a_folder_with_a_law_has_learned_members_unless_told_otherwise(imported) -> None:
    words = [f"community.profile={imported}", "policy=slow_mode"]
    assert compose(words)["mind"]["name"] == "learned"
    assert compose([*words, "mind=rules"])["mind"]["name"] == "rules"
    assert compose(["policy=slow_mode"])["mind"]["name"] == "rules"
    made = plan(compose(words))
    assert made.resolved["community"]["learned"]["start"] == "cold"
    assert len(made.experiment.builder().scenes()) == 8
    again = plan({**compose(words), "community": made.resolved["community"]})
    assert again.experiment.community == made.experiment.community
    (imported / "learned.yaml").unlink()
    assert compose(words)["mind"]["name"] == "rules"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mind=learned"], "needs a learned.yaml beside the profile"),
        (["mind=learned", "mind.file=nowhere.yaml"], "there is no such file"),
        (["mind=learned", "community=commons"], "mind=learned is for forums: commons has no members"),
        (["mind.steps_an_hour=9"], "mind.steps_an_hour is 9"),
        (["mind.start=tepid"], "mind.start is 'tepid'"),
        (["mind.start=warm"], "holds no posts.parquet"),
    ],
)
def test_a_mistake_is_one_sentence(imported, words, said) -> None:
    folder = [] if words[0] == "mind=learned" else [f"community.profile={imported}", "mind=learned"]
    with pytest.raises(ValueError, match=said):
        plan(compose([*folder, *words]))


def test_a_law_of_another_form_is_refused(imported) -> None:
    content = forward()
    content["owes"]["terms"] = content["owes"]["terms"][:-1]
    (imported / "learned.yaml").write_text(yaml.safe_dump({"schema": 1, "forward": content}))
    with pytest.raises(ValueError, match="fit it again by `windtunnel fit`"):
        plan(compose([f"community.profile={imported}", "mind=learned"]))


def test_newcomers_of_a_short_record_are_those_of_its_later_weeks() -> None:
    """Forty regulars write once in four days; one more member comes each day, once. In the first week of two all look new."""
    chance = np.random.default_rng(3)
    rows = [
        (0, None, f"regular{who}", int(at)) for who in range(40) for at in chance.uniform(0, 14, 4) * 1440
    ]
    rows += [(0, None, f"new{day}", day * 1440 + 700) for day in range(14)]
    rows = sorted(rows, key=lambda row: row[3])
    record = record_of(talk([(row, *told[1:]) for row, told in enumerate(rows, 1)]))
    clock = Clock(record)
    found = newcomers(lived(record, np.ones(len(record), bool)), clock)
    silent = 40 * np.exp(-4 * 7 / 14) * 0.9
    assert found.weeks == 1 and found.opens * 168 == pytest.approx(7 + silent, abs=4)
    assert reach(clock) == pytest.approx(10.5 * 24, rel=0.05)
