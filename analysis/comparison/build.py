"""One comparison from its inputs: every part is computed once here and put into one record."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from windtunnel.analysis.comparison.benefit import benefit, check_payoff
from windtunnel.analysis.comparison.contrasts import (
    better_for_groups,
    contrasts,
    group_contrasts,
    interactions,
)
from windtunnel.analysis.comparison.deciding import NOTHING, RULE, front, verdict
from windtunnel.analysis.comparison.effects import costs_of, effects, group_changes, outcome_changes
from windtunnel.analysis.comparison.evasion import evasion
from windtunnel.analysis.comparison.goal import FAILS, MEETS, Goal, goal_record
from windtunnel.analysis.comparison.groups import declared_of, turns
from windtunnel.analysis.comparison.inputs import Inputs
from windtunnel.analysis.comparison.result import Comparison
from windtunnel.analysis.comparison.sentences import sentences
from windtunnel.analysis.comparison.simultaneous import Family
from windtunnel.analysis.outcomes.immovable import cannot_move
from windtunnel.analysis.summary import INSIDE
from windtunnel.sim.community import Declared

Record = dict[str, Any]


def compare_inputs(
    inputs: Inputs,
    *,
    payoff: Mapping[str, float] | None = None,
    smallest_effect: float | None = None,
    confidence: float = 0.95,
    goal: Goal | None = None,
) -> Comparison:
    """See `windtunnel.analysis.comparison.compare`, which reads the inputs from folders."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; it must lie between 0 and 1, as 0.95 does")
    if smallest_effect is not None and not (isfinite(smallest_effect) and 0 <= smallest_effect < 1):
        raise ValueError(f"the smallest effect is {smallest_effect}; give a share of futures, as 0.05 is")
    stated = None if payoff is None else check_payoff(payoff, inputs.direction)
    tested, direction = inputs.tested, inputs.direction
    policies, all_policies = effects(tested, direction, confidence)
    outcomes = outcome_changes(tested, confidence)
    fixed = cannot_move(inputs.config)
    outcomes = [row | {"cannot_move": row["outcome"] in fixed} for row in outcomes]
    found_of = declared_of(inputs.config)
    groups, all_groups = group_changes(tested, confidence, found_of)
    two, all_two = contrasts(tested, direction, confidence)
    two_groups, all_two_groups = group_contrasts(tested, confidence, found_of)
    for row in two:
        row["better_for_groups"], row["groups_forced"] = better_for_groups(row, two_groups, found_of)
        row["for_everyone"] = row["better"] is not None and row["better"] == row["better_for_groups"]
    points, flips, level = evasion(tested, policies, two)
    costs = {one.name: costs_of(outcomes, one.name) for one in tested}
    means = {name: {cost: _worse(row) for cost, row in found.items()} for name, found in costs.items()}
    dominated = front(policies, means, direction)
    wanted = None if goal is None else goal_record(goal, tested, confidence)
    for one, record in zip(tested, policies, strict=True):
        made = one.claim_reason is None
        mine = [row for row in groups if row["policy"] == one.name]
        harmed = list(dict.fromkeys(row["group"] for row in mine if row["harmed"]))
        said, reason = verdict(record, harmed, smallest_effect, direction, broken(wanted, one.name))
        worst = _worst(mine, found_of)
        record |= {
            "costs": {name: row["change"] for name, row in costs[one.name].items()},
            "benefit": benefit(one, stated, direction, confidence) if stated and made else None,
            "harmed_groups": harmed,
            "worst_group": worst,
            "worse": bool(record["told_apart"]) and (record["rd"]["est"] > 0) == (direction == "preventive"),
            "exposures": dict(one.spread) if made else None,
            "on_front": not dominated[one.name] if made else None,
            "dominated_by": dominated.get(one.name, []),
            "verdict": said,
            "verdict_reason": reason,
            "goal": wanted["verdicts"].get(one.name) if wanted else None,
            "doubts": list(one.doubts),
            "what": one.what,
            "idle": one.idle,
        }
    record = {
        "caveat": INSIDE,
        "outcome": dict(inputs.outcome),
        "direction": direction,
        "shared": _shared(inputs),
        "harm": found_of.harms[0].said() if found_of.harms else None,
        "nouns": found_of.nouns._asdict(),
        "confidence": confidence,
        "smallest_effect": smallest_effect,
        "goal": wanted,
        "rule": RULE,
        "payoff": stated,
        "simultaneous": {
            "policies": _method(all_policies),
            "pairs_of_policies": _method(all_two),
            "groups": _method(all_groups),
            "groups_of_pairs": _method(all_two_groups),
        },
        "policies": policies,
        "outcomes": outcomes,
        "groups": groups,
        "pairs_of_policies": two,
        "groups_of_pairs": two_groups,
        "interactions": interactions(tested, confidence),
        "evasion": {"points": points, "flips": flips, "level": level},
        "nothing_dominated_by": dominated.get(NOTHING, []),
        "left_out": list(inputs.left_out),
        "fidelity": list(inputs.fidelity),
    }
    return Comparison(record | {"sentences": sentences(record)})


def broken(wanted: Record | None, policy: str) -> dict[str, list[str]]:
    """The statements of the goal that a policy is shown to fail, and those of which these runs cannot tell."""
    rows = [row for row in wanted["rows"] if row["policy"] == policy] if wanted else []
    return {
        "fails": [row["statement"] for row in rows if row["verdict"] == FAILS],
        "unsure": [row["statement"] for row in rows if row["verdict"] not in (FAILS, MEETS)],
    }


def _worse(row: Mapping[str, Any]) -> float | None:
    """The mean change of a cost, turned so that more is worse."""
    found = row["change"]["est"]
    return -found if found is not None and row["polarity"] == "good" else found


def _worst(rows: list[Record], found_of: Declared) -> Record | None:
    """The group whose lot in the first of the declared harms changed for the worst, or the least for the better."""
    first = found_of.harms[0].said()["name"] if found_of.harms else None
    seen = [row for row in rows if row["measure"] == first]
    if not seen:
        return None
    turn = turns(found_of)[str(first)]
    row = max(seen, key=lambda row: turn * row["change"]["est"])
    return {
        "group": row["group"],
        "kind": row["kind"],
        "change": row["simultaneous"],
        "harmed": row["harmed"],
        "gains": turn * (row["simultaneous"]["est"] or 0) < 0,
        "forced": row["forced"],
    }


def _shared(inputs: Inputs) -> Record:
    config = inputs.config
    community, mind = config.get("community") or {}, config.get("mind") or {}
    return {
        "community": community.get("name"),
        "size": community.get("size"),
        "profile": (community.get("profile") or {}).get("name"),
        "mind": mind.get("name"),
        "baseline": config.get("baseline"),
        "status_quo": bool(config.get("status_quo")),
        "couplings": sorted({one.coupling for one in inputs.tested}),
        **{key: config.get(key) for key in ("draws", "seeds", "steps", "root")},
    }


def _method(found: Family) -> Record:
    return {
        "method": found.method,
        "level": found.level,
        "comparisons": found.comparisons,
        "draws": found.draws,
        "sees": found.sees,
    }
