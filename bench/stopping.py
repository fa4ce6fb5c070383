"""What peeking costs: errors of stopping rules over 400 looks, by pairs counted and by draws, and the price in width.

    python bench/stopping.py

The last line is one JSON document. Draws differ: each has rates of its own (Dirichlet) and 5 pairs. `false_stops` are
shares of runs with equal arms that stop at level 0.05; `missed` shares of runs whose interval leaves the truth out at
some look; `width` is the anytime-valid interval's over the fixed one's after so many draws (medians of 20 runs).
"""

import argparse
import json

import numpy as np
from scipy.special import betaln

from windtunnel.analysis.causal.intervals import paired_difference, share
from windtunnel.analysis.causal.sequential import anytime_difference, anytime_share, log_evidence

SEEDS, LEVEL = 5, np.log(20)


def cells(rng: np.random.Generator, runs: int, looks: int, averted: float, backfires: float) -> np.ndarray:
    """(runs, looks, 4) counts of n00, n01, n10, n11 in each draw."""
    means = np.array([0.4, backfires, averted, 0.6 - averted - backfires])
    return rng.multinomial(SEEDS, rng.dirichlet(means, size=(runs, looks)))


def reached(top: np.ndarray, bottom: np.ndarray, p: float) -> float:
    """Share of runs whose wealth reaches 20 at some look."""
    return float(np.mean([log_evidence(t, n, p).max() >= LEVEL for t, n in zip(top, bottom, strict=True)]))


def mixture(b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The same bet on pairs counted one by one, as if seeds of a draw were independent."""
    return betaln(0.5 + b, 0.5 + c) - betaln(0.5, 0.5) + (b + c) * np.log(2)


def mcnemar(b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Whether a McNemar test of the pairs so far, at 0.05, rejects."""
    return (b - c) ** 2 > 3.841 * np.maximum(b + c, 1)


def widths(rng: np.random.Generator, draws: int) -> dict[str, float]:
    ratios: dict[str, list[float]] = {"rd": [], "ps": []}
    for run in cells(rng, 20, draws, 0.25, 0.05):
        draw, cell = np.repeat(np.arange(draws), SEEDS), np.repeat(np.tile(np.arange(4), draws), run.ravel())
        y0, y1 = cell >= 2, cell % 2 == 1
        for name, (long, short) in {
            "rd": (anytime_difference(y0, y1, draw), paired_difference(y0, y1, draw)),
            "ps": (anytime_share(y0 & ~y1, y0, draw), share(y0 & ~y1, y0, draw)),
        }.items():
            ratios[name].append((long[2] - long[1]) / (short[2] - short[1]))
    return {name: round(float(np.median(values)), 2) for name, values in ratios.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--looks", type=int, default=400)
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    null = cells(rng, asked.runs, asked.looks, 0.15, 0.15)
    c, b = null[..., 1].cumsum(1), null[..., 2].cumsum(1)
    half = 0.5 + (null[..., 1] - null[..., 2]) / (2 * SEEDS)
    n = cells(rng, asked.runs, asked.looks, 0.25, 0.05)
    averted, full = n[..., 2] / SEEDS, np.ones(n.shape[:2])
    figures = {
        "runs": asked.runs,
        "looks": asked.looks,
        "standard_error": round(float(np.sqrt(0.05 * 0.95 / asked.runs)), 4),
        "false_stops": {
            "draws": reached(half, np.ones_like(half), 0.5),
            "pairs_counted": float((mixture(b, c) >= LEVEL).any(1).mean()),
            "mcnemar_peeked_at": float(mcnemar(b, c).any(1).mean()),
        },
        "missed": {
            "rd": reached(0.5 + (n[..., 1] - n[..., 2]) / (2 * SEEDS), full, 0.4),
            "ps": reached(averted, (n[..., 2] + n[..., 3]) / SEEDS, 0.25 / 0.55),
            "pn": reached(averted, (n[..., 0] + n[..., 2]) / SEEDS, 0.25 / 0.65),
        },
        "width": {str(draws): widths(rng, draws) for draws in (20, 100, 400)},
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
