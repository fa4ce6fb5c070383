"""Comparing policies on common seeds: which one, at what cost, to whom, and how sure."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from windtunnel.analysis.comparison.build import compare_inputs
from windtunnel.analysis.comparison.goal import goal_of, judging
from windtunnel.analysis.comparison.inputs import read_inputs
from windtunnel.analysis.comparison.judged import judged
from windtunnel.analysis.comparison.ranked import BY, ranked
from windtunnel.analysis.comparison.result import Comparison

__all__ = ["Comparison", "compare"]


def compare(
    folders: Sequence[Path | str] | Path | str,
    *,
    payoff: Mapping[str, float] | None = None,
    smallest_effect: float | None = None,
    confidence: float = 0.95,
    outcome: str | None = None,
    goal: str | None = None,
    limits: Sequence[str] = (),
    rank: str | None = None,
) -> Comparison:
    """The policies of finished runs against the same baseline on the same seeds, as one object of frames.

        found = compare("outputs/sweep", goal="less hostile_share", limits=["civil_posts>=-5%", "moderator_actions<=10/day"])
        print(*found.sentences, sep="\\n")
        print(found.memo())

    `folders` are output folders of runs, or of sweeps, which stand for their cells. `payoff` states what a
    future of each kind is worth (see `benefit.KINDS`); without it no benefit is shown. `smallest_effect` is the
    smallest net share of futures worth acting on; without it there is no verdict. `outcome` (NAME or NAME:THRESHOLD) judges them;
    without it that of the goal does, else the declared one, or, where a policy here decides that by its own mechanism, the first
    that none decides.

    `goal` says what is wanted, "less NAME" or NAME<=-20%, and each of `limits` what it may cost: each policy then meets it, fails
    it, or cannot be told apart. `rank` "pns" puts a `ranking` into the record (see `ranked`). `ValueError` where the runs do not share their community, seeds, outcome or baseline, and for a
    goal that nobody can read.
    """
    if rank not in (None, *BY):
        raise ValueError(f"rank is {rank!r}: a ranking is by {', '.join(BY)}")
    inputs = read_inputs(folders)
    wanted = goal_of(goal, limits, inputs.config)
    tested, by, way = judged(inputs.tested, inputs.config, inputs.outcome, outcome or judging(wanted))
    if wanted and not outcome and by.get("instead_of"):
        by["by_goal"] = True
    inputs = inputs._replace(tested=tested, outcome=by, direction=way)
    found = compare_inputs(
        inputs, payoff=payoff, smallest_effect=smallest_effect, confidence=confidence, goal=wanted
    )
    if rank:
        found.record["ranking"] = ranked(inputs.tested, inputs.direction, confidence)
    return found
