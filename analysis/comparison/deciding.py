"""From effects to a choice: the Pareto front, and act, pilot or leave by a rule that is declared."""

from collections.abc import Mapping, Sequence
from typing import Any

NOTHING = "doing nothing"
"""The baseline as a choice: it averts nothing and costs nothing. A cell of `policy=none` is called "no policy"."""
UNLIMITED: Mapping[str, Sequence[str]] = {"fails": (), "unsure": ()}
RULE = (
    "Act: the simultaneous interval lies wholly beyond the smallest effect worth acting on, and no group is harmed "
    "beyond noise, and every stated limit is met. Leave: it lies wholly on the other side, the policy makes the outcome worse, or it breaks a "
    "stated limit. Pilot: everything else."
)


def front(
    effects: Sequence[Mapping[str, Any]], costs: Mapping[str, Mapping[str, Any]], direction: str
) -> dict[str, list[str]]:
    """For each policy that makes a claim, and for doing nothing: the policies that dominate it, by estimates.

    One dominates another where it is at least as good in the outcome and in every cost, and better in one.
    `costs[policy]` gives the mean change of each cost, more being worse; a policy that nothing dominates is on the front.
    """
    made = [effect for effect in effects if effect["claim"] == "made"]
    names = sorted({name for effect in made for name in costs[effect["policy"]]})
    places = {
        effect["policy"]: (
            _harm(effect, direction),
            *(costs[effect["policy"]].get(name) or 0.0 for name in names),
        )
        for effect in made
    }
    places.setdefault(NOTHING, (0.0,) * (1 + len(names)))
    return {
        name: [other for other, there in places.items() if _dominates(there, here)]
        for name, here in places.items()
    }


def verdict(
    effect: Mapping[str, Any],
    harmed: Sequence[str],
    smallest: float | None,
    direction: str,
    limits: Mapping[str, Sequence[str]] = UNLIMITED,
) -> tuple[str | None, str]:
    """act, pilot or leave, and why; None without a smallest effect, or where the run makes no claim.

    `limits` names what the designer stated that the policy `fails`, and that it is `unsure` to meet.
    """
    if effect["claim"] != "made":
        return None, f"no claim is made: {effect['claim_reason']}"
    if smallest is None:
        return None, "the smallest effect worth acting on was not stated"
    interval = effect["rd_simultaneous"]
    if interval["low"] is None:
        return "pilot", "one community was drawn, so nothing can be said about others like it"
    good = (
        (-interval["high"], -interval["low"])
        if direction == "preventive"
        else (interval["low"], interval["high"])
    )
    n = effect["n_pairs"]
    worth = f"{smallest * n:.3g} of {n} futures, the smallest effect worth acting on"
    if good[1] < 0:
        return "leave", "it makes the outcome worse, at either end of its interval"
    if good[1] < smallest:
        return "leave", f"the effect is smaller than {worth}, at either end of its interval"
    if limits["fails"]:
        return "leave", f"it breaks what was stated: {', '.join(limits['fails'])}"
    if good[0] <= smallest:
        return "pilot", f"the interval holds {worth}: these runs cannot say whether the effect is worth it"
    if harmed:
        return (
            "pilot",
            f"the effect is larger than {worth}, but the policy harms {' and '.join(harmed)} beyond noise",
        )
    if limits["unsure"]:
        return (
            "pilot",
            f"the effect is larger than {worth}, but these runs cannot say whether it keeps to {', '.join(limits['unsure'])}",
        )
    return (
        "act",
        f"the effect is larger than {worth}, at either end of its interval, and no group is shown to be harmed",
    )


def _harm(effect: Mapping[str, Any], direction: str) -> float:
    return float(effect["rd"]["est"]) * (1 if direction == "preventive" else -1)


def _dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    return all(a <= b for a, b in zip(one, other, strict=True)) and any(
        a < b for a, b in zip(one, other, strict=True)
    )
