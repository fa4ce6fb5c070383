"""Negative controls: what the policy cannot have touched must be the same in both arms of every pair.

Who the members are, and everything that happened before the policies could differ, comes before the
treatment. If it differs, the arms differ for a reason other than the policy, and the claim is withheld.
"""

from typing import Any

import polars as pl

PAIR = ["draw", "seed"]
REPEATS = "A/A"
"""Stage of a run that failed because the baseline, run again, was another."""
AFTERMATH = ("left", "active_steps", "first_active", "last_active")
"""Columns of members that sum up the run in every community."""


def negative_controls(
    members: pl.DataFrame, events: pl.DataFrame, fork: int, traits: list[str] | None = None
) -> dict[str, Any]:
    """Compare the baseline and the policy arm of each pair in traits, and in events at steps before `fork`.

    Traits are compared over the members who joined before `fork` (at 0: those who were there at step 0).
    `traits` are the columns that the community declares as fixed; without them every column is one that is not an
    aftermath, so a summary that is not declared as such withholds claims loudly. Gives `passed`, `pairs`, `checked`, and `differs`: for each failed control
    its name, in how many pairs, and the first example; `reason` is a sentence or None. Where no pair has
    both arms nothing could be compared, and that does not pass.
    """
    both = _both_arms(members)
    present = _traits(members) if traits is None else traits
    twins = pl.col("arm").is_in(["baseline", "policy"])
    start = members.filter(twins, pl.col("joined").fill_null(0) < max(fork, 1)).join(
        both, on=PAIR, how="semi"
    )
    early = events.filter(twins, pl.col("step") < fork).join(both, on=PAIR, how="semi")

    failed = [_difference("who is there at the start", start, ["member"])]
    here = _in_both(start)
    failed += [_difference(f"trait {name}", here, ["member", name]) for name in present]
    happened = [name for name in events.columns if name not in (*PAIR, "arm")]
    failed.append(_difference("events before the fork", early, happened))
    differs = [found for found in failed if found]
    return {
        "passed": not differs and not both.is_empty(),
        "fork": fork,
        "pairs": len(both),
        "checked": {"members": len(start), "traits": present, "events": len(early)},
        "differs": differs,
        "reason": _reason(differs, len(both)),
    }


def repeat_control(runs: pl.DataFrame) -> dict[str, Any]:
    """What the controls say instead where the baseline, run twice, was another: nothing can then be claimed. Else nothing."""
    reasons = runs.filter(pl.col("stage") == REPEATS)["reason"]
    return {"passed": False, "reason": reasons[0]} if len(reasons) else {}


def _traits(members: pl.DataFrame) -> list[str]:
    known = (*PAIR, "arm", "member", *AFTERMATH)
    return [name for name in members.columns if name not in known]


def _both_arms(members: pl.DataFrame) -> pl.DataFrame:
    arms = (
        members.filter(pl.col("arm").is_in(["baseline", "policy"]))
        .group_by(PAIR)
        .agg(pl.col("arm").n_unique())
    )
    return arms.filter(pl.col("arm") == 2).select(PAIR)


def _in_both(start: pl.DataFrame) -> pl.DataFrame:
    """The rows of members whom both arms have, so that a missing member is reported once."""
    key = [*PAIR, "member"]
    shared = _arm(start, "baseline").select(key).join(_arm(start, "policy").select(key), on=key, how="semi")
    return start.join(shared.unique(), on=key, how="semi")


def _arm(frame: pl.DataFrame, arm: str) -> pl.DataFrame:
    return frame.filter(pl.col("arm") == arm).drop("arm")


def _difference(name: str, frame: pl.DataFrame, columns: list[str]) -> dict[str, Any] | None:
    """The rows that one arm has more often than the other, as a failed control; None when there are none."""
    rows = [*PAIR, *columns]
    base, other = (_arm(frame, arm).select(rows).group_by(rows).len() for arm in ("baseline", "policy"))
    sides = [
        mine.join(yours, on=[*rows, "len"], how="anti", nulls_equal=True).with_columns(only_in=pl.lit(arm))
        for mine, yours, arm in ((base, other, "baseline"), (other, base, "policy"))
    ]
    odd = pl.concat(sides).drop("len")
    if odd.is_empty():
        return None
    order = [*PAIR, *(c for c in ("step", "ordinal", "member") if c in columns), "only_in"]
    first = odd.sort(order, nulls_last=True).row(0, named=True)
    return {"control": name, "pairs": odd.select(PAIR).n_unique(), "rows": len(odd), "example": first}


def _reason(differs: list[dict[str, Any]], pairs: int) -> str | None:
    if not pairs:
        return "no pair has both arms, so nothing could be compared"
    if not differs:
        return None
    worst = max(differs, key=lambda found: found["pairs"])
    where = ", ".join(f"{key} {value}" for key, value in worst["example"].items() if key in PAIR)
    return (
        f"the arms differ before the policy could act: {worst['control']} "
        f"in {worst['pairs']} of {pairs} pairs (first in {where})"
    )
