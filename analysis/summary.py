"""The answer in a few lines of plain words: counts of simulated futures first, how far to trust them last."""

from collections.abc import Mapping
from typing import Any

import polars as pl

INSIDE = "Inside this model of the community; not evidence of what its members would have done."


def short_answer(
    estimates: Mapping[str, Any] | None, manifest: Mapping[str, Any] | None, runs: pl.DataFrame | None
) -> list[str]:
    """Lines for a terminal: what was compared, the four questions in counts, the noise floor, failures."""
    lines = []
    if manifest:
        lines.append(compared(manifest))
    if estimates:
        lines += answer(estimates)
    if runs is not None:
        lines += failures(runs)
    return lines


def compared(manifest: Mapping[str, Any]) -> str:
    """One sentence: which policy, against what, where, how often."""
    config = manifest["config"]
    policy = _policies(config["policy"]) or "no policy"
    baseline = _policies(config["baseline"]) or "no moderation"
    community = config["community"]
    pairs = config["draws"] * config["seeds"]
    return (
        f"{policy} against {baseline}, in a {community['name']} of {community['size']} members like "
        f"{community['profile']['name']}, {config['steps']} steps, mind {config['mind']['name']}: "
        f"{pairs} pairs of twins ({config['draws']} communities x {config['seeds']} seeds)."
    )


def answer(estimates: Mapping[str, Any]) -> list[str]:
    """The questions with counts and intervals, in the order of the table of questions."""
    name = estimates["outcome"]
    if estimates.get("claim") == "withheld":
        return [f"No claim is made: {estimates['claim_reason']}.", INSIDE]
    lines = [
        f"Outcome: {name}"
        + (f" at {estimates['threshold']:g} or more." if estimates["threshold"] is not None else ".")
    ]
    for question in estimates["questions"]:
        lines.append(f"- {question['question']} {_capital(question['sentence'])}{_interval(question)}.")
    aa = estimates["aa_discordance"]
    if aa is not None:
        lines.append(f"Noise floor: the baseline run twice disagreed with itself in {aa:.1%} of pairs.")
    if estimates.get("by_construction"):
        lines.append(f"By construction: the policy's own mechanism decides {name}; do not headline it alone.")
    if estimates.get("n_lost"):
        lines.append(f"{estimates['n_lost']} pairs were lost; worst-case bounds are in estimates.json.")
    lines.append(INSIDE)
    return lines


def failures(runs: pl.DataFrame) -> list[str]:
    """One line a reason for which runs failed."""
    failed = (
        runs.filter(pl.col("status") == "failed")
        .group_by("stage", "reason", maintain_order=True)
        .len()
        .head(5)
    )
    return [f"{count} runs failed ({stage}): {reason}" for stage, reason, count in failed.iter_rows()]


def _policies(specs: list[Any]) -> str:
    return " + ".join(name for name, _parameters in specs)


def _interval(question: Mapping[str, Any]) -> str:
    if not question["percent"] or question["est"] is None or question["low"] is None:
        return ""
    return f" ({question['est']:.0%}, interval {question['low']:.0%} to {question['high']:.0%})"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
