"""What pairing saves: model calls shared between arms and seeds, and simulations through shared chance.

    python bench/pairing.py

The last line is one JSON document. `call_share` is distinct questions over decisions, both arms of `--seeds`
pairs of one community, `prompt: archetype`; `call_share_member` the same with `prompt: member` and a lock of
every thread at half-time. `variance_ratio` is the variance of the effect from independent runs over that from
twins, by how strong the policy is made (a prompt before heated posts, and the share of posts dropped on it).
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import polars as pl

from windtunnel.agents.llm.fake import FakeModel
from windtunnel.agents.minds.llm import LLMMind
from windtunnel.analysis.causal.pairs import variance_ratio
from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.outcomes import Runs, find_outcome
from windtunnel.sim.experiment import Experiment, Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world, run_block

ARMS = ("baseline", "policy")
STRENGTHS = (0.05, 0.15, 0.4, 0.9)


def experiment(*words: str) -> tuple[Experiment, float]:
    """The experiment that these settings make, and its outcome's threshold."""
    made = plan(compose(["dowhy=false", *words]))
    return made.experiment, made.threshold


def call_share(seeds: int, prompt: str) -> dict[str, float]:
    """Distinct questions over decisions; the fake model answers, so the share is the prompts' doing alone."""
    words = [f"seeds={seeds}", "draws=1", "mind=llm", "llm=fake", f"prompt={prompt}"]
    if prompt == "member":
        words += ["policy=thread_lock", "policy_with.thread_lock.start=12", "policy_with.thread_lock.heat=0"]
    made, _ = experiment(*words)
    kind = made.builder()
    scene = kind.scene(made.raised())
    mind = LLMMind(FakeModel(), scene, prompt=prompt, alpha=kind.alpha(scene).tolist())
    worlds = [make_world(made, Unit(0, seed, arm), (scene,)) for seed in range(seeds) for arm in ARMS]
    lock_step(worlds, mind, made.steps)
    record = mind.record()
    return {
        "decisions": record["questions"],
        "questions": record["unique"],
        "share": record["unique"] / record["questions"],
    }


def by_strength(cancel: float, draws: int, seeds: int) -> dict[str, Any]:
    """Risk difference and variance ratio when `cancel` of the heated drafts are dropped; rules mind."""
    made, threshold = experiment(
        "policy=reconsider_prompt",
        "policy_with.reconsider_prompt.detection=1",
        "policy_with.reconsider_prompt.soften=0",
        f"policy_with.reconsider_prompt.cancel={cancel}",
        f"draws={draws}",
        f"seeds={seeds}",
    )
    units = [Unit(draw, seed, arm) for draw in range(draws) for seed in range(seeds) for arm in ARMS]
    runs = run_block(made, units, make_mind).runs
    rows = pl.DataFrame(
        [run.unit._asdict() for run in runs], schema_overrides={"draw": pl.Int32, "seed": pl.Int32}
    )
    events, members = (pl.concat([getattr(run, name) for run in runs]) for name in ("events", "members"))
    found = find_outcome("escalation").measure(Runs(rows, events, members))
    y = {
        arm: (found.filter(pl.col("arm") == arm).sort("draw", "seed")["value"] >= threshold).to_numpy()
        for arm in ARMS
    }
    difference = float(np.mean(y["policy"]) - np.mean(y["baseline"]))
    ratio = variance_ratio(y["baseline"].astype(int), y["policy"].astype(int))
    return {
        "cancel": cancel,
        "risk_difference": round(difference, 3),
        "variance_ratio": ratio and round(ratio, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--draws", type=int, default=20, help="for the variance ratio")
    asked = parser.parse_args()
    began = time.perf_counter()
    shared, member = call_share(asked.seeds, "archetype"), call_share(asked.seeds, "member")
    strengths = [by_strength(cancel, asked.draws, 10) for cancel in STRENGTHS]
    print(
        json.dumps(
            {
                "bench": "pairing",
                "seeds": asked.seeds,
                "call_share": round(shared["share"], 4),
                "call_share_member": round(member["share"], 4),
                "decisions": shared["decisions"],
                "questions": shared["questions"],
                "variance_ratio": strengths,
                "seconds": round(time.perf_counter() - began, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
