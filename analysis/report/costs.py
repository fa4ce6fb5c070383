"""What else the policy changed: every other outcome and cost, as paired mean differences with intervals."""

from collections.abc import Mapping
from typing import Any

from windtunnel.analysis import numbers_in_words, summary
from windtunnel.analysis.outcomes import immovable, leading
from windtunnel.analysis.report.blocks import Block, Rows, Section, Text
from windtunnel.analysis.report.measures import Difference

Record = Mapping[str, Any]
FIXED = " They are for a number of draws fixed beforehand; this run had a stopping rule, which makes them somewhat too short."
HEAD = ("outcome", "counted in", "without", "with", "change (interval)", "reading")


def forced_outcomes(estimates: Record, manifest: Record) -> set[str]:
    """Outcomes that the mechanism of one of the policies decides."""
    from windtunnel.policies.registry import make_policy

    forced = {estimates["outcome"]} if estimates.get("by_construction") else set()
    for name, parameters in manifest["config"]["policy"]:
        try:
            forced |= set(make_policy(name, parameters).forced())
        except ValueError:  # an out-of-tree policy that this installation lacks: what the run recorded stands
            continue
    return forced


def costs(found: list[Difference], estimates: Record) -> Section:
    """Every other outcome in a table, costs last."""
    others = [one for one in found if one.outcome.name != estimates["outcome"]]
    if not others:
        return Section("What else it changed", [Text("No other outcome was measured.")])
    blocks: list[Block] = [
        Text(
            "Means over pairs in each arm, and the paired difference. Each interval stands alone: of "
            f"{len(others)} at {estimates['confidence']:.0%}, one may miss zero by chance."
            + (FIXED if estimates.get("stopping") else "")
        ),
        Rows(HEAD, [_row(one) for one in others], summary.INSIDE),
    ]
    if fixed := immovable.sentence([one.outcome.name for one in others if one.fixed]):
        blocks.append(Text(fixed, "small"))
    return Section("What else it changed, and its costs", blocks)


def free_first(found: list[Difference], estimates: Record) -> list[Section]:
    """Where the declared outcome is forced: one that is not, in a sentence, to stand before it."""
    free = {
        one.outcome.name: one
        for one in found
        if not (one.forced or one.fixed) and one.outcome.name != estimates["outcome"]
    }
    lead = next((free[name] for name in leading() if name in free), next(iter(free.values()), None))
    if not estimates.get("by_construction") or lead is None:
        return []
    return [Section("First, what the policy does not decide itself", [Text(sentence(lead), "claim")])]


def sentence(one: Difference) -> str:
    """One outcome's difference, with its interval and its reading."""
    tail = {
        "unclear": "not told apart from no change",
        "the same": f"the same in all {numbers_in_words.number(one.pairs, 'pair')}",
    }.get(one.reading, one.reading)
    return (
        f"{numbers_in_words.capital(numbers_in_words.words(one.outcome.name))} ({one.outcome.unit}): {numbers_in_words.figure(one.without)} without the "
        f"policy, {numbers_in_words.figure(one.under)} with it, change {numbers_in_words.change(*one.change)}: {tail}."
    )


def _row(one: Difference) -> tuple[str, ...]:
    return (
        numbers_in_words.words(one.outcome.name) + (" (cost)" if one.outcome.cost else ""),
        one.outcome.unit,
        numbers_in_words.figure(one.without),
        numbers_in_words.figure(one.under),
        numbers_in_words.change(*one.change),
        one.reading + (", by construction" if one.forced else ""),
    )
