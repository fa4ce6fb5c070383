"""Many policies on common seeds, the clearly worse ones dropped as the draws come in: what is left, and what was saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from windtunnel.analysis.causal.controls import REPEATS
from windtunnel.analysis.causal.questions import CAVEAT
from windtunnel.analysis.configuration import Plan
from windtunnel.analysis.models.serving import serving
from windtunnel.analysis.runs import repeats
from windtunnel.analysis.runs.tables import tables
from windtunnel.analysis.sweeps.objective import Objective, scores
from windtunnel.analysis.sweeps.selection import Elimination
from windtunnel.sim.block import Block, in_order
from windtunnel.sim.experiment import Experiment, Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import run
from windtunnel.sim.run_cache import Kept
from windtunnel.sim.watch import Progress

ENOUGH = 10
"""Changed pairs in a candidate's first draws below which its variance, learnt from them, is rough."""


@dataclass
class Candidate:
    """One policy on trial: its plan, the pairs it has been scored on, and what its runs have asked."""

    name: str
    plan: Plan
    pairs: list[pl.DataFrame] = field(default_factory=list)
    asked: int = 0
    runs: int = 0
    failed: list[str] = field(default_factory=list)
    """Of each of its runs that failed: the stage, and why."""
    dropped_after: int | None = None


def candidates(plans: Sequence[Plan]) -> list[Candidate]:
    """The policies of these plans under names of their own; `ValueError` unless they differ in the policy alone."""
    if len(plans) < 2:
        raise ValueError(
            "select chooses among policies: name two or more, as in policy=slow_mode,thread_lock"
        )
    first = plans[0].resolved
    for plan in plans[1:]:
        for key, value in plan.resolved.items():
            if key not in ("policy", "policy_with") and value != first[key]:
                raise ValueError(
                    f"the candidates differ in {key}, not in the policy alone: sweep over policy or policy_with"
                )
    specs = [plan.resolved["policy"] for plan in plans]
    for place, one in enumerate(specs):
        if one in specs[:place]:
            raise ValueError(f"{_name(one, specs)} is a candidate twice: name each once")
    if [] in specs:
        raise ValueError("policy=none is no candidate: every score is against the baseline already")
    return [Candidate(_name(one, specs), plan) for one, plan in zip(specs, plans, strict=True)]


def select(
    plans: Sequence[Plan],
    objective: Objective,
    *,
    delta: float,
    first: int,
    alpha: float,
    every: int = 5,
    kept: Kept | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run the candidates on common draws until one is left or the draws run out; the record of how it went.

    `delta` is the difference in the objective that matters, `first` the draws before anybody is dropped, `every`
    how many draws are run at once: a candidate that is dropped in between has some runs too many, and nothing
    else changes. A draw counts if every pair of everybody still in can be scored. `ValueError` where the baseline
    run twice differs from itself, and where every run has failed.
    """
    found = candidates(plans)
    whole = plans[0].experiment
    if first > whole.draws:
        raise ValueError(f"first is {first}, but the run has only {whole.draws} draws: set draws higher")
    rule = Elimination(len(found), delta=delta, first=first, alpha=alpha)
    base = Candidate("baseline", plans[0])
    lost: list[int] = []
    draws = 0
    with serving(whole, plans[0].llm, plans[0].probe) as ready:
        while draws < whole.draws and not rule.decided:
            part = range(draws, min(draws + every, whole.draws))
            before = _ran(base, ready, part, ("baseline", "aa"), kept, progress)
            _check_repeats(before, kept)
            baseline = tables(base.plan, [one for one in in_order(before) if one.unit.arm == "baseline"]).runs
            scored = {}
            for place in rule.left:
                one = found[place]
                experiment = replace(one.plan.experiment, mind=ready.mind)
                after = in_order(_ran(one, experiment, part, ("policy",), kept, progress))
                both = pl.concat([baseline, tables(one.plan, after).runs], how="diagonal_relaxed")
                scored[place] = scores(objective, both, one.plan.outcome, one.plan.threshold)
            for draw in part:
                lost += [] if _take(rule, found, scored, draw, whole.seeds) else [draw]
            draws = part.stop
    _check_some_ran([base, *found])
    return _record(rule, found, base, objective, whole, draws, lost) | {
        "outcome": plans[0].outcome.name,
        "threshold": plans[0].threshold,
        "config": _shared(plans[0].resolved),
    }


def _take(
    rule: Elimination,
    found: Sequence[Candidate],
    scored: Mapping[int, pl.DataFrame],
    draw: int,
    seeds: int,
) -> bool:
    """Give the rule one draw, a mean over its seeds for each who is still in; False if some pair is missing."""
    if rule.decided:
        return True
    rows = {place: scored[place].filter(pl.col("draw") == draw) for place in rule.left}
    if any(len(table) < seeds for table in rows.values()):
        return False
    values = np.full(len(found), np.nan)
    for place, table in rows.items():
        found[place].pairs.append(table)
        values[place] = table["score"].mean()
    for place in rule.see(values):
        found[place].dropped_after = draw + 1
    return True


def _ran(
    one: Candidate,
    experiment: Experiment,
    draws: range,
    arms: Sequence[str],
    kept: Kept | None,
    progress: Progress | None,
) -> list[Block]:
    """The runs of these arms in these draws; what they asked is added to the candidate's account."""
    units = [Unit(draw, seed, arm) for draw in draws for seed in range(experiment.seeds) for arm in arms]
    blocks = list(
        run(
            experiment,
            make_mind,
            units,
            kept=kept,
            jobs=one.plan.jobs,
            backend=one.plan.backend,
            pairs_a_block=one.plan.worlds,
            progress=progress,
        )
    )
    runs = in_order(blocks)
    one.runs += len(units)
    one.asked += sum(made.decisions for made in runs)
    one.failed += [f"({made.stage}): {made.reason}" for made in runs if made.status == "failed"]
    return blocks


def _check_repeats(blocks: Sequence[Block], kept: Kept | None) -> None:
    """`ValueError` where the baseline run twice differs from itself; both runs are then no longer kept."""
    odd = sorted(repeats.unrepeated(in_order(blocks)))
    if not odd:
        return
    if kept is not None:
        repeats.drop_unrepeated(kept, blocks, odd)
    raise ValueError(
        f"{REPEATS}: the baseline run twice differs from itself in draw {odd[0].draw}, seed {odd[0].seed}: the "
        "engine is not deterministic, so nothing can be selected"
    )


def _check_some_ran(everybody: Sequence[Candidate]) -> None:
    reasons = [reason for one in everybody for reason in one.failed]
    if len(reasons) == sum(one.runs for one in everybody):
        raise ValueError(f"all {len(reasons)} runs failed, the first {reasons[0]}")


def _record(
    rule: Elimination,
    found: Sequence[Candidate],
    base: Candidate,
    objective: Objective,
    whole: Experiment,
    draws: int,
    lost: Sequence[int],
) -> dict[str, Any]:
    rows = [_row(one) for one in found]
    left = sorted((rows[place] for place in rule.left), key=lambda row: -(row["score"] or 0))
    policy_runs = sum(one.runs for one in found)
    full = len(found) * whole.draws * whole.seeds
    a_run = sum(one.asked for one in found) / policy_runs if policy_runs else 0
    each = base.asked / base.runs if base.runs else 0
    base_saved = 2 * whole.draws * whole.seeds - base.runs
    saved = full - policy_runs + base_saved
    return {
        "objective": objective.record(),
        "rule": {
            "method": "Kim-Nelson",
            "delta": rule.delta,
            "first": rule.first,
            "alpha": rule.alpha,
            "eta": rule.constants.eta,
            "h2": rule.constants.h2,
        },
        "decided": rule.decided,
        "best": left[0]["policy"] if rule.decided else None,
        "left": [row["policy"] for row in left],
        "leading": left[0]["policy"] if len(left) == 1 or left[0]["score"] != left[1]["score"] else None,
        "draws": draws,
        "draws_at_most": whole.draws,
        "seeds": whole.seeds,
        "draws_lost": list(lost),
        "rough": [one.name for one in found if one.dropped_after and _changed(one, rule.first) < ENOUGH],
        "policies": sorted(rows, key=lambda row: (-row["draws"], -(row["score"] or 0))),
        "saving": {
            "runs": policy_runs + base.runs,
            "runs_of_the_full_design": full + 2 * whole.draws * whole.seeds,
            "runs_saved": saved,
            "questions": sum(one.asked for one in found) + base.asked,
            "questions_saved_about": round((full - policy_runs) * a_run + base_saved * each),
        },
        "caveat": CAVEAT,
    }


def _changed(one: Candidate, draws: int) -> int:
    """Pairs of its first draws whose outcome the policy changed."""
    pairs = pl.concat(one.pairs[:draws])
    return int((pairs["averted"] + pairs["backfire"]).sum())


def _row(one: Candidate) -> dict[str, Any]:
    """What a candidate's pairs show; null where it has none."""
    pairs = pl.concat(one.pairs) if one.pairs else None
    means = {name: None if pairs is None else pairs[name].mean() for name in ("score", "cost")}
    counts = {name: 0 if pairs is None else int(pairs[name].sum()) for name in ("averted", "backfire")}
    return {
        "policy": one.name,
        "dropped_after": one.dropped_after,
        "draws": len(one.pairs),
        "pairs": 0 if pairs is None else len(pairs),
        "averted": counts["averted"],
        "backfire": counts["backfire"],
        "cost": means["cost"],
        "score": means["score"],
        "runs": one.runs,
    }


def _name(specs: Sequence[Any], among: Sequence[Sequence[Any]]) -> str:
    """The policies' names, with the parameters in which candidates of the same names differ."""
    namesakes = [one for one in among if [name for name, _ in one] == [name for name, _ in specs]]
    words = []
    for place, (name, given) in enumerate(specs):
        differ = [
            key for key, value in given.items() if any(one[place][1][key] != value for one in namesakes)
        ]
        inside = ", ".join(f"{key}={given[key]}" for key in differ)
        words.append(f"{name} ({inside})" if inside else name)
    return " + ".join(words)


def _shared(resolved: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that all candidates have."""
    return {key: value for key, value in resolved.items() if key not in ("policy", "policy_with")}
