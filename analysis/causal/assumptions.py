"""What an estimate rests on: what was checked, what could only be counted, and what nobody can check here."""

from collections.abc import Mapping
from typing import Any

from windtunnel.analysis.causal.intervals import FEW
from windtunnel.analysis.causal.necessity import Paired, coupling_free
from windtunnel.analysis.causal.questions import CAVEAT


def assumptions(
    record: Mapping[str, Any],
    found: Paired,
    noise: tuple[int, int] | None,
    controls: Mapping[str, Any] | None,
    seen: float | None,
) -> list[dict[str, str]]:
    """What the numbers rest on: `holds` and `fails` were checked, `assumed` was not or cannot be.

    `not contradicted` means that nothing speaks against it, which so many cases could still have missed; `counted` is how
    much there is to go by. `seen` is the difference of the rates that so many draws can see; None where unknown.
    """
    pairs, draws, lost = record["n_pairs"], record["n_draws"], record["n_lost"]

    def checked(name: str, holds: bool | None, sentence: str) -> dict[str, str]:
        return {
            "name": name,
            "status": {True: "holds", False: "fails", None: "assumed"}[holds],
            "sentence": sentence,
        }

    return [
        checked(
            "arms differ in the policy alone",
            None if controls is None else bool(controls["passed"]),
            "no negative control was checked"
            if controls is None
            else str(controls.get("reason") or "traits and events before the fork are the same in both arms"),
        ),
        checked(
            "the baseline repeats itself",
            None if noise is None else noise[0] == 0,
            "there is no A/A arm"
            if noise is None
            else f"run a second time, the baseline came out otherwise in {noise[0]} of {noise[1]} pairs",
        ),
        checked(
            "every pair is complete",
            lost == 0,
            f"{lost} of {pairs + lost} pairs lost a run: worst-case bounds are given"
            if lost
            else "no pair was lost",
        ),
        {"name": "monotonicity", **_monotonicity(record, found)},
        checked(
            "coupling",
            None,
            f"PN and PS belong to the coupling {record['coupling']!r}; the bounds hold under any",
        ),
        {"name": "enough communities", **_communities(draws, pairs, seen)},
        *(_of_table(one) for one in record["table_checks"]),
        checked(
            "no interference between runs",
            None,
            "members act on each other inside a run; one run must not reach another",
        ),
        checked("one version of the policy", None, "the policy means the same in every run"),
        checked("the model resembles the community", None, CAVEAT),
    ]


def _monotonicity(record: Mapping[str, Any], found: Paired) -> dict[str, str]:
    """None that backfired contradicts nothing; it does not show that none would."""
    pairs = record["n_pairs"]
    backfires = found.table.n01 if record["direction"] == "preventive" else found.table.n10
    possible = coupling_free(found.p1.est, found.p0.est, record["direction"])["backfire"] or (0, 1)
    other = f"with the same rates, another coupling may have up to {round(possible[1] * pairs)}"
    if backfires:
        said = f"the policy backfired in {backfires} of {pairs} pairs under this coupling"
        return {"status": "fails", "sentence": f"{said}; {other}"}
    high = found.backfire.high
    ends = "no interval" if high is None else f"interval 0 to {high * pairs:.3g} of {pairs}"
    said = f"not contradicted in {pairs}: the policy backfired in none of these pairs under this coupling ({ends})"
    return {"status": "not contradicted", "sentence": f"{said}; {other}"}


def _communities(draws: int, pairs: int, seen: float | None) -> dict[str, str]:
    """How many draws there are, and what so many can carry."""
    if draws < 2:
        said = "one community draw: no interval can speak of others; within_one_draw speaks of its seeds"
        return {"status": "fails", "sentence": said}
    said = f"{draws} draws: intervals speak of communities like these"
    if draws <= FEW:
        carry = "so few carry only large effects, and swapping their arms cannot be tested"
    elif seen is None:
        carry = "no draw differs from another in its net change, so what they can see is unknown"
    else:
        least = min(pairs, max(1, round(seen * pairs)))
        carry = f"they see a net change of {least} of {pairs} futures in four cases of five, a smaller one less often"
    return {"status": "counted", "sentence": f"{said}; {carry}"}


def _of_table(check: Mapping[str, Any]) -> dict[str, str]:
    status = "fails" if check["noticed"] else "not contradicted"
    return {"name": check["name"], "status": status, "sentence": check["sentence"]}
