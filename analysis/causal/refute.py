"""Our own arithmetic cross-checks of a paired estimate: they keep twins together, which row refuters cannot.

They check the sums and the pairing, not the assumptions: a passed check verifies no assumption. Each gives a
record with `name`, `of` (the quantity), `estimate`, `new` (its value under the check, or None), `p_value`,
`passed` (None where it could not be tried), `can_fail`, `pairs_left` and a sentence. Checks that ask whether a number
lies among its own resamples cannot fail on a sound table; the others can.
"""

from typing import Any

import numpy as np

from windtunnel.analysis.causal.necessity import CELLS, Table

ALPHA = 0.05
SURE = ("whole-pair subset", "draw bootstrap")
"""Our checks that cannot fail."""


def own_checks(
    y0: np.ndarray, y1: np.ndarray, draw: np.ndarray, *, direction: str, seed: int = 0, repeats: int = 1000
) -> list[dict[str, Any]]:
    """All of our own checks on complete pairs; `draw` labels each pair's community draw."""
    y0, y1 = np.asarray(y0, bool), np.asarray(y1, bool)
    labels = np.unique(np.asarray(draw), return_inverse=True)[1].reshape(-1)
    cells = cells_by_draw(y0, y1, labels)
    checks = []
    for name in ("rd", "pn", "ps"):
        checks.append(
            whole_pair_subset(cells.sum(0), name, direction, np.random.default_rng([seed, 1]), repeats)
        )
        checks.append(draw_bootstrap(cells, name, direction, np.random.default_rng([seed, 2]), repeats))
    checks.append(sign_flip_placebo(cells))
    checks.append(shuffled_twins(y0, y1, labels, np.random.default_rng([seed, 3]), repeats))
    return checks


def cells_by_draw(y0: np.ndarray, y1: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Counts of n00, n01, n10, n11 for each draw, shape (draws, 4)."""
    return np.bincount(labels * 4 + 2 * y0 + y1, minlength=4 * (labels.max() + 1)).reshape(-1, 4)


def quantity(cells: np.ndarray, name: str, direction: str) -> np.ndarray:
    """`rd` (p1 - p0) or a quantity of `CELLS` from counts, cells on the last axis; nan where undefined."""
    column = dict(zip(Table._fields, np.moveaxis(np.asarray(cells, float), -1, 0), strict=True))
    if name == "rd":
        top, bottom = column["n01"] - column["n10"], sum(column.values())
    else:
        top, bottom = (sum(column[cell] for cell in group) for group in CELLS[direction][name])
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(np.asarray(bottom) > 0, top / bottom, np.nan))


def whole_pair_subset(
    cells: np.ndarray, name: str, direction: str, rng: np.random.Generator, repeats: int, kept: float = 0.8
) -> dict[str, Any]:
    """Re-estimate on random subsets of whole pairs: the estimate should lie among its subsets' values."""
    pairs = int(cells.sum())
    left = max(1, round(kept * pairs))
    values = quantity(rng.multivariate_hypergeometric(cells, left, size=repeats), name, direction)
    return _resampled(
        "whole-pair subset",
        name,
        quantity(cells, name, direction),
        values,
        left,
        f"on random subsets of {left} of {pairs} pairs",
    )


def draw_bootstrap(
    cells: np.ndarray, name: str, direction: str, rng: np.random.Generator, repeats: int
) -> dict[str, Any]:
    """Re-estimate on communities drawn with replacement, all seeds of a community together."""
    draws, pairs = len(cells), int(cells.sum())
    words = f"on {draws} communities drawn again with replacement"
    estimate = quantity(cells.sum(0), name, direction)
    if draws < 2:
        return _record(
            "draw bootstrap",
            name,
            estimate,
            None,
            None,
            None,
            pairs,
            "one community draw: there is nothing to draw again; run with more draws",
        )
    weights = rng.multinomial(draws, np.full(draws, 1 / draws), size=repeats)
    return _resampled(
        "draw bootstrap", name, estimate, quantity(weights @ cells, name, direction), pairs, words
    )


def sign_flip_placebo(cells: np.ndarray) -> dict[str, Any]:
    """Swap the two arms of whole draws by fair coins: how often would the difference be as large?

    `cells` is (draws, 4). Pairs of one draw are alike, so they turn over together; coins for single pairs called
    a difference in 13 to 49 of 100 tables without one. Every pattern of coins counts, one that is just as far for
    half (the mid-p value; Fagerland et al. 2013): with one pair a draw this is McNemar's mid-p test. It tests that the policy changes the rate; a policy that averts as
    often as it causes has a difference of 0 and is not told apart here, though its PN is not 0.
    """
    draws, least = len(cells), 2.0 ** (1 - len(cells))
    about = ("sign-flip placebo", "rd", quantity(cells.sum(0), "rd", "generative"))
    if least > ALPHA:
        few = f"{draws} draw{'' if draws == 1 else 's'}: swapping the arms of whole draws cannot give p below {least:.3g}"
        return _record(*about, None, None, None, int(cells.sum()), f"{few}; run 6 draws or more")
    p = flipped_as_far((cells[:, 1] - cells[:, 2]).astype(int))
    verdict = "stands out from" if p <= ALPHA else "is not told apart from"
    words = f"the difference {verdict} swapping the arms of whole draws at random (p = {p:.3g})"
    return _record(*about, 0.0, p, p <= ALPHA, int(cells.sum()), words)


def flipped_as_far(net: np.ndarray, ties: float = 0.5) -> float:
    """Chance that whole numbers under random signs sum to more than here, on either side; exact.

    Sums as far as here count by `ties`: 1 gives McNemar's exact test where each number is 1 or -1.

    >>> flipped_as_far(np.array([1, 1, 1, 1, -1]), ties=1)
    0.375
    """
    seen, chance = abs(int(net.sum())), np.ones(1)
    for step in np.abs(net[net != 0]).tolist():
        wider = np.zeros(len(chance) + 2 * step)
        wider[: len(chance)] += chance / 2
        wider[2 * step :] += chance / 2
        chance = wider
    sums = np.abs(np.arange(len(chance)) - len(chance) // 2)
    return min(1.0, float(chance[sums > seen].sum() + ties * chance[sums == seen].sum()))


def shuffled_twins(
    y0: np.ndarray, y1: np.ndarray, labels: np.ndarray, rng: np.random.Generator, repeats: int
) -> dict[str, Any]:
    """Give each baseline run another seed's policy run: real twins should agree more often than that.

    Twins are shuffled within their draw, or over all pairs where no draw has two seeds. A failure says that
    the pairs share nothing that can be seen: rows mixed up, or chance that is not shared.
    """
    groups = labels if (np.bincount(labels) > 1).any() else np.zeros_like(labels)
    agree = float((y0 == y1).mean())
    order = np.argsort(groups, kind="stable")
    base, other, groups = y0[order], y1[order], groups[order]
    repeats = min(repeats, max(100, 5_000_000 // len(base)))
    spots = np.array(
        [(base == other[np.lexsort((rng.random(len(base)), groups))]).mean() for _ in range(repeats)]
    )
    if spots.min() == spots.max():
        return _record(
            "shuffled twins",
            "agreement",
            agree,
            None,
            None,
            None,
            len(y0),
            "shuffling changes nothing: an arm has the same outcome in every run that could be swapped",
        )
    p = float((1 + (spots >= agree - 1e-12).sum()) / (repeats + 1))
    word = "more often than" if p <= ALPHA else "no more often than"
    return _record(
        "shuffled twins",
        "agreement",
        agree,
        float(spots.mean()),
        p,
        p <= ALPHA,
        len(y0),
        f"twins agree in {agree:.3g} of pairs, {word} strangers do ({spots.mean():.3g})",
    )


def panel_checks(panel: Any) -> list[dict[str, Any]]:
    """Whether a row-per-run table is made of twins: a run of each arm, alike in all but the outcome.

    `panel` is a pandas frame with pair, policy (0 or 1), outcome, and draw or covariates.
    """
    total = panel["pair"].nunique()
    arms = panel.groupby("pair")["policy"].agg(["min", "max", "size"])
    whole = int(((arms["min"] == 0) & (arms["max"] == 1) & (arms["size"] == 2)).sum())
    checks = [
        _record(
            "one run of each arm",
            "pairs",
            float(whole),
            float(total),
            None,
            whole == total,
            whole,
            f"{whole} of {total} pairs have one run of each arm",
        )
    ]
    for name in panel.columns.difference(["pair", "policy", "outcome"]):
        alike = int((panel.groupby("pair")[name].nunique(dropna=False) == 1).sum())
        checks.append(
            _record(
                f"twins share their {name}",
                name,
                float(alike),
                float(total),
                None,
                alike == total,
                alike,
                f"{alike} of {total} pairs have the same {name} in both arms",
            )
        )
    return checks


def _resampled(
    check: str, name: str, estimate: Any, values: np.ndarray, left: int, how: str
) -> dict[str, Any]:
    """A record that passes when the estimate lies inside the middle 95 % of the resampled values."""
    undefined = int(np.isnan(values).sum())
    if np.isnan(estimate) or undefined:
        often = "" if undefined == len(values) else f" in {undefined} of {len(values)} cases"
        return _record(check, name, estimate, None, None, None, left, f"{name} is undefined {how}{often}")
    above = float(((values > estimate) + 0.5 * (values == estimate)).mean())
    p = min(1.0, 2 * min(above, 1 - above))
    low, high = np.quantile(values, [ALPHA / 2, 1 - ALPHA / 2]).tolist()
    record = _record(
        check,
        name,
        estimate,
        float(values.mean()),
        p,
        p > ALPHA,
        left,
        f"{how}, {name} lies in [{low:.3g}, {high:.3g}]",
    )
    return record | {"low": low, "high": high}


def _record(
    check: str,
    name: str,
    estimate: Any,
    new: float | None,
    p: float | None,
    passed: bool | None,
    left: int,
    words: str,
) -> dict[str, Any]:
    value = float(estimate)
    return {
        "name": check,
        "by": "windtunnel",
        "of": name,
        "estimate": None if np.isnan(value) else value,
        "new": new,
        "p_value": p,
        "passed": passed,
        "can_fail": check not in SURE,
        "pairs_left": int(left),
        "sentence": words,
    }
