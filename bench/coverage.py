"""How often intervals and tests hold what they say, on worlds whose truth is known: before (faad972) and now.

    python bench/coverage.py
    python bench/coverage.py --rows shares,pilot --seeds second

Each row prints its grid, a line a cell; the last line is one JSON document. `--seeds first` was used while the methods were
made; `--seeds second` was run once, afterwards, and `--seeds third` for what lay at the edge. Draws differ by beta (Dirichlet) laws
of a given intraclass correlation. `pilot` takes longest.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from itertools import combinations, product
from typing import Any

import numpy as np
import polars as pl
from scipy.special import ndtri, stdtrit
from scipy.stats import binomtest

from windtunnel.analysis.causal import clusters
from windtunnel.analysis.causal.intervals import mean_difference, paired_difference, share
from windtunnel.analysis.causal.refute import sign_flip_placebo
from windtunnel.analysis.comparison.effects import paired
from windtunnel.analysis.comparison.simultaneous import by_draw, family, strength, told_apart
from windtunnel.analysis.sweeps.pilot import (
    alike,
    design_effect,
    prudent,
    prudent_rate,
    units_needed,
)

SEEDS = {"first": 20260711, "second": 97531, "third": 31337}
Z = float(ndtri(0.975))
LARGEST = 30
Record = dict[str, Any]


def rates(rng: np.random.Generator, mean: float, icc: float, shape: tuple[int, ...]) -> np.ndarray:
    """A rate for each draw from a beta law of this mean and intraclass correlation."""
    total = 1 / icc - 1 if icc else np.inf
    return rng.beta(mean * total, (1 - mean) * total, shape) if icc else np.full(shape, mean)


# shares of rare, clustered events


def shares(rng: np.random.Generator, repetitions: int) -> Record:
    """Coverage and mean width of 95 % intervals of backfire and of its two conditionals."""
    table, cells = Table(), []
    grid = product(
        ("backfire", "pn_backfire", "ps_backfire"),
        ("equal", "1-30"),
        (5, 10, 30),
        (0, 0.1, 0.2, 0.4),
        (0.02, 0.05, 0.2),
    )
    print("quantity      seeds  draws  icc  rate   before  width    now  width  ratio")
    for what, seeds, draws, icc, rate in grid:
        hits, of = trials(rng, what, seeds, (repetitions, draws), icc, rate)
        old, new = before_share(hits, of), table.share(hits, of)
        said = ~np.isnan(old[0])
        covered = [
            float(np.mean((low <= rate) & (rate <= high))) for low, high in (held(old, said), held(new, said))
        ]
        width = [float(np.mean(high - low)) for low, high in (held(old, said), held(new, said))]
        cell = {"quantity": what, "seeds": seeds, "draws": draws, "icc": icc, "rate": rate}
        cell |= {"before": covered[0], "now": covered[1], "ratio": width[1] / width[0]}
        cells.append(
            {key: round(value, 4) if isinstance(value, float) else value for key, value in cell.items()}
        )
        print(
            f"{what:<12} {seeds:>6} {draws:>6} {icc:>4} {rate:>5} {covered[0]:>8.3f} {width[0]:>6.3f} {covered[1]:>6.3f} "
            f"{width[1]:>6.3f} {width[1] / width[0]:>6.2f}",
            flush=True,
        )
    fair = [cell for cell in cells if 0.93 <= cell["before"] <= 0.97]
    return {
        "cells": len(cells),
        "repetitions": repetitions,
        "least_before": min(cell["before"] for cell in cells),
        "least": min(cells, key=lambda cell: cell["now"]),
        "below_93": sum(cell["now"] < 0.93 for cell in cells),
        "widest_where_before_held": max(fair, key=lambda cell: cell["ratio"]),
        "wider_than_1.25_where_before_held": [cell for cell in fair if cell["ratio"] > 1.25],
        "of_such": len(fair),
        "farthest_from_share": table.check(rng),
    }


def held(ends: tuple[np.ndarray, np.ndarray], said: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Those intervals that were given: tables of fewer than two draws with a trial have none, before and now."""
    return ends[0][said], ends[1][said]


def trials(
    rng: np.random.Generator, what: str, seeds: str, shape: tuple[int, int], icc: float, rate: float
) -> tuple[np.ndarray, np.ndarray]:
    """Hits and trials of each draw. A conditional's trials are a part of the pairs, with a law of its own: two fifths have
    the outcome under the policy, three fifths have none without it."""
    size = np.full(shape, 10) if seeds == "equal" else rng.integers(1, LARGEST + 1, shape)
    part = {"pn_backfire": 0.4, "ps_backfire": 0.6}.get(what)
    of = size if part is None else rng.binomial(size, rates(rng, part, icc, shape))
    return rng.binomial(of, rates(rng, rate, icc, shape)), of


def before_share(hits: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`intervals.share` of faad972 for many tables at once: Wilson on the effective number of trials; nan for none."""
    draws, total = (of > 0).sum(1), of.sum(1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = hits.sum(1) / total
        left = hits - ratio[:, None] * of
        variance = draws / (draws - 1) * (left**2).sum(1) / total**2
        spread = ratio * (1 - ratio)
        alike_ = np.where(variance > 0, np.minimum(total, spread / variance), total)
        n = alike_ * (Z / stdtrit(np.maximum(draws - 1, 1), 0.975)) ** 2
        shrink, centre = 1 + Z**2 / n, ratio + Z**2 / (2 * n)
        half = Z * np.sqrt(spread / n + Z**2 / (4 * n**2))
        low, high = np.clip((centre - half) / shrink, 0, ratio), np.clip((centre + half) / shrink, ratio, 1)
    none = draws < 2
    return np.where(none, np.nan, low), np.where(none, np.nan, high)


class Table:
    """`intervals.share` for many tables at once: the likelihood of every (hits, trials) up to `LARGEST` is looked up."""

    def __init__(self, points: int = 160) -> None:
        self.edges = np.linspace(0, np.pi / 2, points + 1)
        kinds = [(k, n) for n in range(1, LARGEST + 1) for k in range(n + 1)]
        hits, of = np.array(kinds).T
        found = clusters.log_likelihood(hits, of, clusters.middles(self.edges))
        self.logs = found.reshape(len(kinds), -1).astype(np.float32)
        self.priors = np.array(
            [clusters.prior(self.edges, draws) for draws in range(LARGEST + 1)], np.float32
        )

    def share(self, hits: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        parts = [self._part(hits[at : at + 500], of[at : at + 500]) for at in range(0, len(hits), 500)]
        low, high = (np.concatenate(ends) for ends in zip(*parts, strict=True))
        old = before_share(hits, of)
        return np.minimum(low, old[0]), np.maximum(high, old[1])

    def _part(self, hits: np.ndarray, of: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        place = np.where(of > 0, (of - 1) * (of + 2) // 2 + hits, -1)
        kinds, where = np.unique(place, return_inverse=True)
        counts = np.zeros((len(hits), len(kinds)), np.float32)
        np.add.at(counts, (np.arange(len(hits))[:, None], where.reshape(place.shape)), 1)
        real = kinds >= 0
        logs = (counts[:, real] @ self.logs[kinds[real]]).reshape(len(hits), *self.priors.shape[1:])
        prior = self.priors[(of > 0).sum(1)]
        weights = (np.exp(logs - logs.max((1, 2), keepdims=True)) * prior).sum(1)
        sums = hits.sum(1), of.sum(1)
        ends = [
            clusters.limits_of(self.edges, row.astype(float), k, max(n, 1), 0.95)
            for row, k, n in zip(weights, *sums, strict=True)
        ]
        return np.array([low for low, _ in ends]), np.array([high for _, high in ends])

    def check(self, rng: np.random.Generator) -> float:
        """The largest distance of an end from `intervals.share` itself, over 60 tables."""
        hits, of = trials(rng, "ps_backfire", "1-30", (60, 10), 0.2, 0.05)
        mine = np.column_stack(self.share(hits, of))
        gaps = []
        for row, (k, n) in enumerate(zip(hits, of, strict=True)):
            draw = np.repeat(np.arange(len(n)), n)
            hit = np.concatenate([np.arange(many) < few for few, many in zip(k, n, strict=True)])
            found = share(hit, np.ones(len(hit), bool), draw)
            if found.low is not None and found.high is not None:
                gaps.append(max(abs(mine[row, 0] - found.low), abs(mine[row, 1] - found.high)))
        return round(float(max(gaps)), 5)


# the sign-flip placebo


def placebo(rng: np.random.Generator, repetitions: int) -> Record:
    """How often the difference "stands out": without one, and with one of .2 beside the draw-clustered interval."""
    cells = []
    print("difference  icc  draws  seeds   before    now  interval")
    for effect, icc, draws, seeds in product((0, 0.2), (0.2, 0.3, 0.4), (10, 20), (5, 10, 30)):
        if effect and draws == 10:
            continue
        means = np.array([0.35, 0.15 - effect / 2, 0.15 + effect / 2, 0.35])
        found = []
        for _ in range(repetitions):
            table = rng.multinomial(seeds, rng.dirichlet(means * (1 / icc - 1), draws))
            kind = np.concatenate([np.repeat(np.arange(4), row) for row in table])
            ends = paired_difference(kind >= 2, kind % 2 == 1, np.repeat(np.arange(draws), seeds))
            up, down = int(table[:, 1].sum()), int(table[:, 2].sum())
            p = binomtest(up, up + down).pvalue if up + down else 1.0
            outside = ends.low is not None and ends.high is not None and not ends.low <= 0 <= ends.high
            found.append((p <= 0.05, bool(sign_flip_placebo(table)["passed"]), outside))
        old, new, interval = np.mean(found, axis=0).tolist()
        cells.append(
            {"difference": effect, "icc": icc, "draws": draws, "seeds": seeds, "before": old, "now": new}
        )
        cells[-1]["interval"] = interval
        print(
            f"{effect:>10} {icc:>4} {draws:>6} {seeds:>6} {old:>8.3f} {new:>6.3f} {interval:>9.3f}",
            flush=True,
        )
    null, true = ([cell for cell in cells if bool(cell["difference"]) == kind] for kind in (False, True))
    return {
        "repetitions": repetitions,
        "without_a_difference": {name: [least(null, name), most(null, name)] for name in ("before", "now")},
        "found_less_often_than_the_interval": sum(cell["now"] < cell["interval"] for cell in true),
        "of": len(true),
    }


def least(cells: list[Record], name: str) -> float:
    return float(min(cell[name] for cell in cells))


def most(cells: list[Record], name: str) -> float:
    return float(max(cell[name] for cell in cells))


# mean differences of a few draws


def means(rng: np.random.Generator, repetitions: int) -> Record:
    """Coverage of skewed paired differences: before over all tables, now where an interval is given, and how often it is."""
    laws: dict[str, tuple[Callable[[tuple[int, int]], np.ndarray], float]] = {
        "a tenth exponential": (lambda s: (rng.random(s) < 0.1) * rng.exponential(1, s), 0.1),
        "a third exponential": (lambda s: (rng.random(s) < 0.3) * rng.exponential(1, s), 0.3),
        "a tenth geometric": (lambda s: (rng.random(s) < 0.1) * rng.geometric(0.3, s), 0.1 / 0.3),
        "exponential": (lambda s: rng.exponential(1, s), 1.0),
        "in a third of draws": (lambda s: (rng.random((s[0], 1)) < 0.3) * rng.exponential(1, s), 0.3),
    }
    cells = []
    print("differences            draws  seeds  before    now  given")
    for (name, (law, truth)), draws, seeds in product(laws.items(), (2, 3, 4, 5), (1, 5)):
        label = np.repeat(np.arange(draws), seeds)
        old, new = [], []
        for _ in range(repetitions):
            step = law((draws, seeds))
            each = step.mean(1)
            reach = stdtrit(draws - 1, 0.975) * each.std(ddof=1) / np.sqrt(draws)
            if (
                each.std() > 1e-12 or not each.mean()
            ):  # before: no limits for a few that agree, but [0, 0] for zeros
                old.append(abs(each.mean() - truth) <= reach)
            found = mean_difference(step.ravel(), label)
            if found.low is not None and found.high is not None:
                new.append(found.low <= truth <= found.high)
        cell = {"law": name, "draws": draws, "seeds": seeds, "before": float(np.mean(old))}
        cell |= {"now": float(np.mean(new)), "given": len(new) / repetitions}
        cells.append(cell)
        print(
            f"{name:<22} {draws:>5} {seeds:>6} {cell['before']:>7.3f} {cell['now']:>6.3f} {cell['given']:>6.2f}",
            flush=True,
        )
    return {
        "repetitions": repetitions,
        "before": [least(cells, "before"), most(cells, "before")],
        "least": min(cells, key=lambda cell: cell["now"]),
        "given": [least(cells, "given"), most(cells, "given")],
    }


# policies told apart


def compare(rng: np.random.Generator, repetitions: int) -> Record:
    """Ten draws of ten seeds: chance of telling the better policy from another, and of telling any two apart that are alike."""
    cells = []
    print("policies  difference   before    now  Student's t at Bonferroni's level")
    for count, shift in product((3, 5, 8), (0.0, -0.85)):
        many = repetitions if count < 8 else max(repetitions // 2, 20)
        each = [apart(rng, count, shift) for _ in range(many)]
        if shift:  # pairs that hold the better policy, which is the first
            said = [[found[: count - 1].mean() for found in one] for one in each]
        else:
            said = [[found.any() for found in one] for one in each]
        old, new, students = np.mean(said, axis=0).tolist()
        cells.append({"policies": count, "alike": not shift, "before": old, "now": new, "students": students})
        words = "power" if shift else "error"
        print(f"{count:>8} {words:>11} {old:>8.3f} {new:>6.3f} {students:>8.3f}", flush=True)
    return {"repetitions": repetitions, "cells": [rounded(cell) for cell in cells]}


def apart(rng: np.random.Generator, count: int, shift: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each pair of policies whether it is told apart: before, now, and by Student's t."""
    draws, seeds = 10, 10
    draw, size = np.repeat(np.arange(draws), seeds), draws * seeds
    base = np.repeat(rng.normal(0, 1, draws), seeds) + rng.normal(0, 1, size)
    happened = []
    for k in range(count):
        own = np.repeat(rng.normal(0, 0.7, draws), seeds) + rng.normal(0, 0.4, size)
        happened.append((base + own + shift * (k == 0) > 0).astype(int))
    two = list(combinations(range(count), 2))
    sums, counts = by_draw([(draw, happened[a] - happened[b]) for a, b in two])
    found, each = family(sums, counts, 0.95), strength(sums, counts)
    frames = [pl.DataFrame({"draw": draw, "a": happened[a], "b": happened[b]}) for a, b in two]

    def old(k: int, level: float) -> Any:
        a, b = two[k]
        return paired_difference(happened[b], happened[a], draw, level)

    def new(k: int, level: float) -> Any:
        return paired(frames[k], "b", "a", level, 0.95)

    said = [np.array(told_apart(found, each.tolist(), ends, 0.95)) for ends in (old, new)]
    return said[0], said[1], each > stdtrit(draws - 1, 1 - 0.025 / len(two))


# sizes of a real test


def pilot(rng: np.random.Generator, repetitions: int) -> Record:
    """Plans from 20 draws x 5 seeds and others: how many have the power .8, and the median size over the right one."""
    rate, effect, each, cells = 0.4, 0.1, 10, []
    print("draws  seeds   icc   before  size    now  size")
    for (draws, seeds), icc in product(((20, 5), (20, 10), (40, 5)), (0.05, 0.1, 0.2, 0.4)):
        asked, draw = size(rate, effect, icc, each), np.repeat(np.arange(draws), seeds)
        old, new = [], []
        for _ in range(repetitions):
            y = (rng.random(draws * seeds) < rates(rng, rate, icc, (draws,))[draw]).astype(float)
            p, found = float(y.mean()), alike(y, draw)
            if not effect < p < 1 or found is None:
                continue
            means = y.reshape(draws, seeds).mean(1)
            error = float(means.std(ddof=1) / np.sqrt(draws))
            old.append(size(p, effect, found.icc, each) / asked)
            new.append(size(p, effect, prudent(y, draw)[1], each, error) / asked)
        cell = {"draws": draws, "seeds": seeds, "icc": icc}
        for name, sizes in (("before", old), ("now", new)):
            cell |= {name: float(np.mean(np.array(sizes) >= 1)), f"{name}_size": float(np.median(sizes))}
        cells.append(cell)
        print(
            f"{draws:>5} {seeds:>6} {icc:>5} {cell['before']:>8.3f} {cell['before_size']:>5.2f} {cell['now']:>6.3f} "
            f"{cell['now_size']:>5.2f}",
            flush=True,
        )
    return {
        "repetitions": repetitions,
        "before": [least(cells, "before"), most(cells, "before")],
        "now": [least(cells, "now"), most(cells, "now")],
        "median_size": [least(cells, "now_size"), most(cells, "now_size")],
    }


def size(p: float, effect: float, icc: float, each: int, error: float = 0.0) -> int:
    """Communities an arm for power .8 at level .05, each with `each` observations."""
    both = [prudent_rate(one, error) if error else one for one in (p, p - effect)]
    spread = sum(one * (1 - one) for one in both) / 2
    return units_needed(effect, spread * design_effect(icc, each) / each, power=0.8, alpha=0.05)


def rounded(cell: Record) -> Record:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in cell.items()}


ROWS: dict[str, tuple[Callable[[np.random.Generator, int], Record], int]] = {
    "shares": (shares, 2000),
    "placebo": (placebo, 500),
    "means": (means, 2000),
    "compare": (compare, 300),
    "pilot": (pilot, 2000),
}


def asked_rows(words: str) -> Iterator[str]:
    for name in words.split(","):
        if name not in ROWS:
            raise SystemExit(f"there is no row {name!r}: choose from {', '.join(ROWS)}")
        yield name


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", default=",".join(ROWS))
    parser.add_argument("--repetitions", type=int, help="the same number for each row asked for")
    parser.add_argument("--seeds", choices=SEEDS, default="first")
    asked = parser.parse_args()
    figures: Record = {"seeds": asked.seeds}
    for name in asked_rows(asked.rows):
        row, many = ROWS[name]
        began = time.process_time()
        print(f"\n{name}: {(row.__doc__ or '').splitlines()[0]}")
        rng = np.random.default_rng([SEEDS[asked.seeds], list(ROWS).index(name)])
        figures[name] = row(rng, asked.repetitions or many)
        figures[name]["processor_s"] = round(time.process_time() - began, 1)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
