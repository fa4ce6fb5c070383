"""DoWhy's part: the record of what is identified, the effect a second time, and its refuters.

PN and PS are DoWhy estimators too, so that its `refute_*` functions accept them. Those functions resample
rows and so break pairs: the estimators join the twins that are left, drop the singles, and count them.
DoWhy is slow where it infers effect modifiers (343 s against 0.02 s), hence the empty list in every fit.
Import this module late: DoWhy takes seconds to load.
"""

import contextlib
import copy
import io
import logging
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import dowhy
    from dowhy.causal_estimator import CausalEstimate, CausalEstimator
    from dowhy.causal_estimators.linear_regression_estimator import LinearRegressionEstimator
    from dowhy.causal_identifier import EstimandType, identify_effect_auto
    from dowhy.causal_identifier.identified_estimand import IdentifiedEstimand
    from dowhy.causal_refuters.bootstrap_refuter import refute_bootstrap
    from dowhy.causal_refuters.data_subset_refuter import refute_data_subset
    from dowhy.causal_refuters.placebo_treatment_refuter import PlaceboType, refute_placebo_treatment
    from dowhy.causal_refuters.random_common_cause import refute_random_common_cause

from windtunnel.analysis.causal.refute import ALPHA, cells_by_draw, panel_checks, quantity

AGREEMENT = 1e-9


class TwinEstimator(CausalEstimator):
    """A quantity of the paired table as a DoWhy estimator: it joins twins by the column `pair`.

    `name` is `rd`, `pn`, `ps` or another quantity of `necessity.CELLS`. `left` collects the number of pairs
    that each estimate was made from; copies that refuters make share the list.
    """

    def __init__(self, estimand: IdentifiedEstimand, *, name: str, direction: str, **settings: Any) -> None:
        super().__init__(estimand, **settings)
        self.name, self.direction = name, direction
        self.left: list[int] = []

    def fit(self, data: pd.DataFrame, effect_modifier_names: list[str] | None = None) -> "TwinEstimator":
        """Nothing is learnt; DoWhy's refuters only need the names set."""
        self._set_effect_modifiers(data, effect_modifier_names)
        return self

    def estimate_effect(
        self,
        data: pd.DataFrame,
        treatment_value: Any = 1,
        control_value: Any = 0,
        target_units: Any = None,
        **_: Any,
    ) -> CausalEstimate:
        """The quantity over the twins found in `data`; nan where undefined."""
        self._target_units = target_units
        treatment, outcome = self._target_estimand.treatment_variable, self._target_estimand.outcome_variable
        arm = data[treatment[0]].to_numpy()
        y0, y1 = join_twins(
            data["pair"].to_numpy(), arm == control_value, arm == treatment_value, data[outcome[0]].to_numpy()
        )
        self.left.append(len(y0))
        cells = cells_by_draw(y0 > 0.5, y1 > 0.5, np.zeros(len(y0), int))[0] if len(y0) else np.zeros(4)
        estimate = CausalEstimate(
            data=data,
            treatment_name=treatment,
            outcome_name=outcome,
            estimate=float(quantity(cells, self.name, self.direction)),
            control_value=control_value,
            treatment_value=treatment_value,
            target_estimand=self._target_estimand,
            realized_estimand_expr=f"{self.name} of joined twins",
        )
        estimate.add_estimator(self)
        return estimate

    def get_new_estimator_object(
        self, identified_estimand: IdentifiedEstimand, *_: Any, **__: Any
    ) -> "TwinEstimator":
        twin = copy.copy(self)
        twin._target_estimand = identified_estimand
        return twin


class NecessityEstimator(TwinEstimator):
    """PN of the declared direction."""

    def __init__(self, estimand: IdentifiedEstimand, *, direction: str, **settings: Any) -> None:
        super().__init__(estimand, name="pn", direction=direction, **settings)


class SufficiencyEstimator(TwinEstimator):
    """PS of the declared direction."""

    def __init__(self, estimand: IdentifiedEstimand, *, direction: str, **settings: Any) -> None:
        super().__init__(estimand, name="ps", direction=direction, **settings)


def join_twins(
    pair: np.ndarray, in_baseline: np.ndarray, in_policy: np.ndarray, outcome: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes (y0, y1) of the rows that find their twin; a resampled row joins one copy of it at most."""
    sides = []
    for mask in (in_baseline, in_policy):
        rows = np.flatnonzero(mask)
        rows = rows[np.argsort(pair[rows], kind="stable")]
        names = pair[rows]
        copies = np.arange(len(names)) - np.searchsorted(names, names)
        sides.append((names.astype(np.int64) * (len(pair) + 1) + copies, outcome[rows]))
    (base, y0), (other, y1) = sides
    _, left, right = np.intersect1d(base, other, assume_unique=True, return_indices=True)
    return y0[left], y1[right]


def causal_graph(runs: pd.DataFrame) -> nx.DiGraph:
    """policy -> outcome, and what twins share -> outcome; nothing points at the policy."""
    graph = nx.DiGraph([("policy", "outcome"), ("seed", "outcome")])
    graph.add_edges_from((name, "outcome") for name in runs.columns.difference(["pair", "policy", "outcome"]))
    return graph


def identify(runs: pd.DataFrame) -> IdentifiedEstimand:
    """The effect of policy on outcome as DoWhy identifies it from the graph."""
    observed = [name for name in runs.columns if name != "pair"]
    estimand = identify_effect_auto(
        causal_graph(runs), ["policy"], ["outcome"], observed, estimand_type=EstimandType.NONPARAMETRIC_ATE
    )
    estimand.set_identifier_method("backdoor")  # else the placebo refuter dies on None
    return estimand


def dowhy_record(
    runs: pd.DataFrame, *, direction: str, seed: int = 0, simulations: int | None = None
) -> dict[str, Any]:
    """`graph`, `estimand`, `estimate`, `paired_difference`, `agrees` and `refuters` for a panel of runs.

    `estimate` is DoWhy's regression on all rows and must equal the paired difference to 1e-9; if it does not,
    the rows are not made of pairs and `agrees` is False. `simulations` a refuter: 100, and down to 20 for
    large tables, so that the whole stays under 15 s.
    """
    simulations = simulations or min(100, max(20, 2_000_000 // len(runs)))
    with quiet():
        runs = runs.astype({"policy": int, "outcome": float})
        estimand = identify(runs)
        estimators = {
            "effect": LinearRegressionEstimator(estimand),
            "rd": TwinEstimator(estimand, name="rd", direction=direction),
            "pn": NecessityEstimator(estimand, direction=direction),
            "ps": SufficiencyEstimator(estimand, direction=direction),
        }
        found = {name: _fitted(estimator, runs) for name, estimator in estimators.items()}
        effect, twins = found["effect"], found["rd"]
        whole = twins.estimator.left[0]
        refuters = _resamplers("p1 - p0", effect, runs, seed, simulations)
        refuters.append(_placebo("p1 - p0", effect, runs, seed, simulations))
        refuters.append(_placebo("p1 - p0 of joined twins", twins, runs, seed, simulations))
        for name in ("pn", "ps"):
            refuters += _resamplers(name, found[name], runs, seed, simulations)
    value, paired = float(effect.value), _number(twins.value)
    return {
        "version": dowhy.__version__,
        "graph": [list(edge) for edge in causal_graph(runs).edges],
        "estimand": _text(estimand),
        "estimate": value,
        "paired_difference": paired,
        "agrees": paired is not None and abs(value - paired) <= AGREEMENT,
        "pairs": whole,
        "simulations": simulations,
        "note": "arithmetic cross-checks: they verify no assumption",
        "refuters": refuters + panel_checks(runs),
    }


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep DoWhy's warnings, log lines and prints to itself, and put everything back afterwards."""
    loggers = [
        logging.getLogger(name) for name in ("dowhy", "dowhy.causal_estimator", "dowhy.causal_refuter")
    ]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def _fitted(estimator: CausalEstimator, runs: pd.DataFrame) -> CausalEstimate:
    return estimator.fit(runs, effect_modifier_names=[]).estimate_effect(
        runs, treatment_value=1, control_value=0, target_units="ate"
    )


def _resamplers(
    of: str, effect: CausalEstimate, runs: pd.DataFrame, seed: int, simulations: int
) -> list[dict]:
    """Random common cause, subset of rows and bootstrap of rows."""
    # each gets a RandomState of its own: an integer gives DoWhy 0.14 the same resample every time, and p = 0
    refuters = (
        ("random_common_cause", refute_random_common_cause),
        ("data_subset", refute_data_subset),
        ("bootstrap", refute_bootstrap),
    )
    return [
        _refuted(
            name,
            of,
            effect,
            partial(
                refuter,
                runs,
                effect.estimator._target_estimand,
                effect,
                num_simulations=simulations,
                random_state=np.random.RandomState(seed + number),
                show_progress_bar=False,
            ),
        )
        for number, (name, refuter) in enumerate(refuters)
    ]


def _placebo(
    of: str, effect: CausalEstimate, runs: pd.DataFrame, seed: int, simulations: int
) -> dict[str, Any]:
    """The effect of a permuted treatment; only for differences, as PN and PS are not 0 without an effect."""
    return _refuted(
        "placebo_permute",
        of,
        effect,
        partial(
            refute_placebo_treatment,
            runs,
            effect.estimator._target_estimand,
            effect,
            ["policy"],
            num_simulations=simulations,
            placebo_type=PlaceboType.PERMUTE,
            random_state=np.random.RandomState(seed + 3),
            show_progress_bar=False,
        ),
    )


def _refuted(name: str, of: str, effect: CausalEstimate, refute: Callable[[], Any]) -> dict[str, Any]:
    """Run one refuter and note how many pairs it left on average; None where it needs no pairs.

    `passed` is None, not tried, where the value is undefined in some resample. None of them can fail on a table of whole
    pairs (`can_fail`): each asks whether a number lies among its own resamples, or whether a shuffled policy does nothing.
    """
    left = getattr(effect.estimator, "left", [])
    before = len(left)
    result = refute()
    kept = round(float(np.mean(left[before:])), 1) if left[before:] else None
    new = _number(result.new_effect)
    p = None if new is None else _number(result.refutation_result["p_value"])  # nan counts as no excess
    passed = None if p is None else p > ALPHA
    if p is None and new is not None and abs(new - effect.value) <= AGREEMENT:
        passed = True  # nothing moved in any resample, so DoWhy divides 0 by 0
    words = f"{of} is undefined in some resample" if new is None else f"{of} becomes {new:.3g}"
    if kept is not None:
        words += f" on {kept:g} whole pairs left on average"
    return {
        "name": name,
        "by": "dowhy",
        "of": of,
        "estimate": _number(effect.value),
        "new": new,
        "p_value": p,
        "passed": passed,
        "can_fail": False,
        "pairs_left": kept,
        "sentence": words,
    }


def _number(value: Any) -> float | None:
    value = float(value)
    return value if np.isfinite(value) else None


def _text(estimand: IdentifiedEstimand) -> str:
    """The estimand in one line; DoWhy's own print leaves stray commas behind an empty adjustment set."""
    adjustment = ", ".join(estimand.get_adjustment_set()) or "nothing"
    return (
        "E[outcome | do(policy=1)] - E[outcome | do(policy=0)] = "
        "E[outcome | policy=1] - E[outcome | policy=0], "
        f"back-door, adjusting for {adjustment}"
    )
