"""The A/A check: the baseline run twice must be the same to the last event, else the engine made a difference."""

from collections.abc import Iterable, Sequence

from windtunnel.analysis.causal.controls import REPEATS
from windtunnel.sim.block import Block, Run
from windtunnel.sim.experiment import Unit
from windtunnel.sim.run import parted
from windtunnel.sim.run_cache import Kept


def unrepeated(runs: Sequence[Run]) -> dict[Unit, int]:
    """The A/A runs that differ from their baseline, each with the first step in which it does."""
    by_unit = {run.unit: run for run in runs}
    found = {}
    for again in runs:
        first = by_unit[again.unit._replace(arm="baseline")]
        if again.unit.arm == "aa" and "failed" not in (again.status, first.status):
            step = parted(first, again)
            if step is not None:
                found[again.unit] = step
    return found


def fail_unrepeated(runs: Sequence[Run]) -> set[Unit]:
    """Mark those A/A runs as failed; which these are."""
    odd = unrepeated(runs)
    for run in runs:
        if run.unit in odd:
            run.status, run.stage = "failed", REPEATS
            run.reason = (
                f"the baseline run twice differs from itself from step {odd[run.unit]} on: "
                "the engine is not deterministic"
            )
    return set(odd)


def drop_unrepeated(kept: Kept, blocks: Iterable[Block], odd: Iterable[Unit]) -> None:
    """Keep no run of the pairs of these A/A runs, so that the same command runs them again."""
    pairs = {unit[:2] for unit in odd}
    kept.drop(block for block in blocks if any(run.unit[:2] in pairs for run in block.runs))
