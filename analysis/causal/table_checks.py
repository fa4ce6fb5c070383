"""What a table of pairs may hide: copies, arms swapped in a draw, and pairs that are not there.

A count cannot prove any of the three; where it points to one that is said, and how far the net change could move is
given either way. Each check is a record with `name`, `noticed`, `sentence`, and `rd`, the ends of the difference.
"""

from math import lgamma
from typing import Any

import numpy as np
import polars as pl

from windtunnel.analysis.numbers_in_words import counted

CHANCE = 0.01
"""Beyond this chance of a coincidence, all comparisons counted, a copy or a swap is noticed."""
SELDOM = 0.02
"""Where fewer pairs than this share go the other way, a draw in which they do looks swapped."""
OUTCOMES = ("y0", "y1", "severity0", "severity1")


def table_checks(pairs: pl.DataFrame, whole: pl.DataFrame) -> list[dict[str, Any]]:
    """All three, for checked pairs and those that are complete."""
    return [copies(whole), swapped(whole), absent(pairs, whole), *half_measured(whole)]


def half_measured(whole: pl.DataFrame) -> list[dict[str, Any]]:
    """A severity of one arm alone, or of some pairs alone; nothing where there is none, or all of it."""
    there = [name for name in OUTCOMES[2:] if name in whole.columns]
    if len(there) == 1:
        other = "severity1" if there == ["severity0"] else "severity0"
        sentence = f"{there[0]} stands alone, without {other}: it counts for nothing, and no mean difference is given"
    elif there and (both := whole.drop_nulls(there).height) < whole.height:
        sentence = f"severity0 and severity1 are both there in {both} of {counted(whole.height, 'pairs')}: the mean difference is of these alone"
    else:
        return []
    return [_record("severities come in twos", True, sentence, whole)]


def copies(whole: pl.DataFrame) -> dict[str, Any]:
    """Draws that repeat another row by row, and draws whose second half repeats their first; `rd` without them."""
    rows = [name for name in OUTCOMES if name in whole.columns]
    codes = whole.select(pl.struct(rows).rank("dense"))[rows[0]].to_numpy()
    draws = _by_draw(whole, codes)
    again = _draws_again(draws) | _halves_again(draws)
    pairs_again = sum(len(places) for _, places in again.values())
    if not again:
        return _record(
            "no pair stands twice", False, "no draw repeats another, or its own first half, row by row", whole
        )
    named = ", ".join(f"draw {draw} ({how})" for draw, (how, _) in list(again.items())[:5])
    more = f" and {len(again) - 5} more" if len(again) > 5 else ""
    left = np.ones(len(whole), bool)
    left[np.concatenate([places for _, places in again.values()])] = False
    sentence = (
        f"{pairs_again} of {counted(len(whole), 'pairs')} look copied, row by row: {named}{more}; copies make intervals too short; "
        f"without them {counted(int(left.sum()), 'pairs')} in {counted(whole.filter(left)['draw'].n_unique(), 'draws')} are left"
    )
    return _record("no pair stands twice", True, sentence, whole.filter(left))


def swapped(whole: pl.DataFrame) -> dict[str, Any]:
    """A draw that differs from all others as if its arms were swapped; `rd` holds a swap in any one draw."""
    labels, draw = np.unique(whole["draw"].to_numpy(), return_inverse=True)
    step = whole["y1"].to_numpy().astype(float) - whole["y0"].to_numpy()
    net, size = np.bincount(draw, step), np.bincount(draw)
    turned = (net.sum() - 2 * net) / size.sum()
    low, high = min(turned.min(), step.mean()), max(turned.max(), step.mean())
    ups = np.bincount(draw, step > 0)
    odd = [
        place
        for place in range(len(net))
        if _turned_fits(net / size, place) or _against_all_others(net, ups, place)
    ]
    again = _policy_twice(whole, draw)
    name, noticed = "arms are named alike in every draw", sorted({*odd, *again})
    if not noticed:
        sentence = (
            f"no draw stands apart as if its arms were swapped; were they in any one, p1 - p0 would lie between "
            f"{low:+.3f} and {high:+.3f}"
        )
    else:
        why = (
            "the baseline run twice agrees with the other arm"
            if again
            else "its difference has the other sign"
        )
        sentence = (
            f"the arms of draw {', '.join(str(labels[place]) for place in noticed)} look swapped ({why}), or the policy does the opposite there: turned round, "
            f"p1 - p0 is {(net.sum() - 2 * net[noticed].sum()) / size.sum():+.3f} instead of {step.mean():+.3f}"
        )
        low = min(low, float((net.sum() - 2 * net[noticed].sum()) / size.sum()))
        high = max(high, float((net.sum() - 2 * net[noticed].sum()) / size.sum()))
    return {
        "name": name,
        "noticed": bool(noticed),
        "sentence": sentence,
        "rd": {"low": float(low), "high": float(high)},
    }


def absent(pairs: pl.DataFrame, whole: pl.DataFrame) -> dict[str, Any]:
    """Pairs that the fullest draw has and others lack, or that lost a half: how the net change could move, and whether
    the losses go with the outcome."""
    name = "pairs are not lost by their outcome"
    size = pairs.group_by("draw").len()["len"].to_numpy()
    seeds = pairs["seed"].n_unique()
    full = seeds if seeds <= 1.5 * size.max() else int(size.max())  # else each draw has seeds of its own
    gone = int((full - size).sum())
    halves = len(pairs) - len(whole)
    missing = gone + halves
    if not missing:
        return _record(name, False, f"every draw has {full} complete pairs", whole)
    net = float((whole["y1"].cast(pl.Float64) - whole["y0"]).sum())
    n = len(whole) + missing
    low, high = (net - missing) / n, (net + missing) / n
    told = _selective(pairs, whole)
    parts = [
        f"{halves} lost a half" * bool(halves),
        f"{gone} are not there if every draw was to have {full}" * bool(gone),
    ]
    sentence = (
        f"of {n} pairs {' and '.join(part for part in parts if part)}; however they ended, p1 - p0 lies between {low:+.3f} and "
        f"{high:+.3f}{told}"
    )
    return {"name": name, "noticed": bool(told), "sentence": sentence, "rd": {"low": low, "high": high}}


def _record(name: str, noticed: bool, sentence: str, left: pl.DataFrame) -> dict[str, Any]:
    rd = float((left["y1"].cast(pl.Float64) - left["y0"]).mean() or 0)  # type: ignore[arg-type]
    return {"name": name, "noticed": noticed, "sentence": sentence, "rd": {"low": rd, "high": rd}}


def _by_draw(whole: pl.DataFrame, codes: np.ndarray) -> dict[Any, tuple[np.ndarray, np.ndarray]]:
    """For each draw its rows' codes in order of seed, and where they stand; rows are sorted by draw and seed."""
    labels = whole["draw"].to_numpy()
    return {label: (codes[labels == label], np.flatnonzero(labels == label)) for label in np.unique(labels)}


def _orders(codes: np.ndarray) -> float:
    """Logarithm of the number of orders that these rows could stand in."""
    counts = np.unique(codes, return_counts=True)[1]
    return lgamma(len(codes) + 1) - sum(lgamma(count + 1) for count in counts)


def _draws_again(draws: dict[Any, tuple[np.ndarray, np.ndarray]]) -> dict[Any, tuple[str, np.ndarray]]:
    """Draws whose rows stand in the same order as an earlier draw's, which chance would seldom do."""
    first: dict[bytes, Any] = {}
    found = {}
    comparisons = max(len(draws) * (len(draws) - 1) / 2, 1)
    for label, (codes, places) in draws.items():
        key = codes.tobytes()
        if key in first and np.exp(-_orders(codes)) * comparisons < CHANCE:
            found[label] = (f"as draw {first[key]}", places)
        first.setdefault(key, label)
    return found


def _halves_again(draws: dict[Any, tuple[np.ndarray, np.ndarray]]) -> dict[Any, tuple[str, np.ndarray]]:
    """Draws that hold each row twice, one behind the other or block by block; all draws are judged together."""
    for how, cut in (
        ("each pair twice", lambda rows: (rows[::2], rows[1::2])),
        ("its first half again", _halves),
    ):
        twice = {
            label: (how, cut(places)[1])
            for label, (codes, places) in draws.items()
            if len(codes) % 2 == 0 and np.array_equal(*cut(codes))
        }
        orders = sum(_orders(cut(draws[label][0])[0]) for label in twice)
        # so many of the draws may do so by chance: as many ways to choose them as there are draws
        if twice and np.exp(-orders) * 2 ** len(draws) < CHANCE:
            return twice
    return {}


def _halves(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return rows[: len(rows) // 2], rows[len(rows) // 2 :]


def _turned_fits(differences: np.ndarray, place: int) -> bool:
    """Whether a draw stands apart from the others by Student's t, and would not with its sign turned."""
    from scipy.special import stdtr

    rest = np.delete(differences, place)
    if len(rest) < 3 or rest.std() == 0:
        return False
    error = float(rest.std(ddof=1) * np.sqrt(1 + 1 / len(rest)))
    as_it_is, turned = (
        abs(value - rest.mean()) / error for value in (differences[place], -differences[place])
    )
    chance = 2 * float(stdtr(len(rest) - 1, -as_it_is)) * len(differences)
    return chance < CHANCE and turned < 2


def _against_all_others(net: np.ndarray, ups: np.ndarray, place: int) -> bool:
    """Whether a draw goes the other way than each of five others or more, further than their pairs' directions would."""
    from scipy.special import bdtrc

    rest = np.delete(net, place)
    others = rest[rest != 0]
    if len(others) < 5 or len(np.unique(np.sign(others))) > 1 or np.sign(net[place]) != -np.sign(others[0]):
        return False
    counts = np.stack([ups, ups - net])  # pairs that differ, upwards and downwards
    with_it, all_ = counts[0 if net[place] > 0 else 1], counts.sum(0)
    against, other = with_it.sum() - with_it[place], all_.sum() - all_[place]
    if against > SELDOM * other:  # pairs that go the other way are nothing strange here
        return False
    share = (against + 1) / (other + 2)
    return bool(bdtrc(with_it[place] - 1, all_[place], share) * len(net) < CHANCE)


def _policy_twice(whole: pl.DataFrame, draw: np.ndarray) -> list[int]:
    """Draws in which the baseline, run again, agrees with the policy's arm more than with its own first run."""
    if "y_aa" not in whole.columns:
        return []
    again, y0, y1 = (whole[name].cast(pl.Float64).to_numpy() for name in ("y_aa", "y0", "y1"))
    with_own, with_other = (np.bincount(draw, again == y) for y in (y0, y1))
    steady = (
        np.count_nonzero(with_own < np.bincount(draw)) <= 1
    )  # where no other draw's baseline differs from itself
    return [int(place) for place in np.flatnonzero(with_other >= with_own + (1 if steady else 3))]


def _selective(pairs: pl.DataFrame, whole: pl.DataFrame) -> str:
    """Whether what is missing goes with the outcome: in halves that are left, and in draws that have fewer pairs."""
    from scipy.stats import fisher_exact, spearmanr

    said = ""
    for arm, name in (("y0", "without the policy"), ("y1", "with it")):
        other = "y1" if arm == "y0" else "y0"
        left = pairs.filter(pl.col(other).is_null() & pl.col(arm).is_not_null())[arm]
        if len(left):
            seen, all_ = int(left.sum()), int(whole[arm].sum())
            odds = fisher_exact([[seen, len(left) - seen], [all_, len(whole) - all_]]).pvalue
            if odds < 0.05:
                said += f"; {name} it happened in {seen} of {len(left)} pairs that lost the other half and in {all_} of {len(whole)} whole ones: which pairs were lost goes with the outcome"
    sizes = whole.group_by("draw", maintain_order=True).agg(
        pl.len(), rd=(pl.col("y1").cast(pl.Float64) - pl.col("y0")).mean(), p0=pl.col("y0").mean()
    )
    if len(sizes) >= 6 and sizes["len"].n_unique() > 1:
        for column, words in (("rd", "another difference"), ("p0", "another rate without the policy")):
            if sizes[column].n_unique() > 1 and spearmanr(sizes["len"], sizes[column]).pvalue < CHANCE:
                said += f"; draws with fewer pairs have {words}: the loss may choose"
    return said
