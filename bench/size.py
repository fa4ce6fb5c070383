"""What a forum is like at every size and after any time: the default settings, the rules mind, the baseline alone.

    python bench/size.py
    python bench/size.py --members 200,2000 --hours 24,168 --work 2000000
    python bench/size.py --members 50,408 --hours 168 --runs 40 community.profile=FOLDER mind=learned
    python bench/size.py --members 8000 --hours 24 --runs 20 --seconds 300 community.profile=FOLDER mind=learned mind.weeks_before=2

The last line is one JSON document: `rows`, one a size and length, with what is asked beside. Shares and rates are means over
runs; the largest thread's share, posts a member (of those who wrote) and reciprocity are of the last week of a run, or of all
of a shorter one. People are those whose name a record would have, as in the bands: posts a member, active members and reciprocity are of
them. `--work` bounds members times hours of a cell's runs together, so larger cells have fewer runs; `--runs` names their number instead. `--seconds` bounds the processor time of a cell, the weeks that a learned place lives before its first step included: a
cell that takes longer is cut short, and its row says so under `cut`. `p0_interval` is Wilson's, 95 %.

Asked: the hostile share within .03 of the profile's; posts a member, comments a thread and reciprocity in the bands of
7-day windows of r/Feminism; the largest thread's share of a week within a factor of two of what it is in places of so many active
members; the share of runs in which the default outcome happens, .2 to .6.
"""

import argparse
import json
import signal
import time
from collections.abc import Callable
from typing import Any

import networkx as nx
import numpy as np
import polars as pl

from windtunnel.analysis.causal.intervals import wilson
from windtunnel.analysis.configuration import Plan, compose, plan
from windtunnel.analysis.outcomes import Runs, find_outcome
from windtunnel.sim.experiment import Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import Run, run_block

WEEK = 168
BY_SIZE = ((53, 0.175), (183, 0.087), (382, 0.054), (1_110, 0.027), (3_800, 0.023), (11_900, 0.017))
"""Active members of a week, and the share of the week's posts that the largest thread has."""
BANDS = {"posts_a_member": (1.5, 2.5), "comments_a_thread": (2.8, 5.3), "reciprocity": (0.2, 0.45)}
P0 = (0.2, 0.6)
HOSTILE_ROOM = 0.03
BLOCK = 8
"""Runs stepped together."""
SECONDS = 600.0
"""Processor time of a cell."""


def largest_asked(active: float) -> float:
    """The largest thread's share among so many active members, on a straight line in logs between the known places."""
    sizes, shares = np.log(np.array(BY_SIZE)).T
    return float(np.exp(np.interp(np.log(active), sizes, shares)))


class TimeIsUp(BaseException):
    """A cell has had its processor time. No `Exception`, since a run notes those as its own failures."""


def within(seconds: float, call: Callable[[], Any]) -> Any:
    """What `call` gives; `TimeIsUp` once it has had so many seconds of processor time."""
    running = True

    def stop(*_: Any) -> None:
        if running:
            raise TimeIsUp

    before = signal.signal(signal.SIGPROF, stop)
    # again and again: raised where Python calls back from a collection of garbage, it is lost
    signal.setitimer(signal.ITIMER_PROF, max(seconds, 0.01), 0.02)
    try:
        return call()
    finally:
        running = False
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def measured(made: Plan, runs: list[Run]) -> dict[str, float]:
    """Figures of these runs, means over runs; `p0` is the share in which the outcome happened."""
    units = pl.DataFrame(
        [run.unit._asdict() for run in runs], schema_overrides={"draw": pl.Int32, "seed": pl.Int32}
    )
    events, members = (pl.concat([getattr(run, name) for run in runs]) for name in ("events", "members"))
    tables = Runs(units, events, members, made.horizon)
    severity = find_outcome("escalation").measure(tables)["value"]
    size = made.experiment.community["size"]
    figures: list[dict[str, float]] = [of_run(run, size) for run in runs]
    means = {name: float(np.nanmean([one[name] for one in figures])) for name in figures[0]}
    hostile = find_outcome("hostile_share").measure(tables)["value"].mean()
    return {
        "p0": float((severity >= made.threshold).mean()),
        "focal_hostile": float(severity.mean()),
        "focal_replies": focal_replies(events, made.horizon) / len(runs),
        "hostile_share": float(hostile),
        **means,
    }


def focal_replies(events: pl.DataFrame, horizon: int | None) -> int:
    """Replies in the provoking threads of these runs, within so many steps after the provoking post."""
    done = events.filter(pl.col("status") == "done")
    keys = ["draw", "seed", "arm", "place"]
    begun = done.filter(pl.col("kind") == "spark").select(*keys, begun="step")
    replies = done.filter(pl.col("kind") == "reply").join(begun, on=keys)
    late = 10**9 if horizon is None else horizon
    return replies.filter(pl.col("step") <= pl.col("begun") + late).height


def of_run(run: Run, size: int) -> dict[str, float]:
    """Of one run: what was written, by how many, in which threads, and who answers whom back."""
    events = run.events
    wrote = events.filter(
        pl.col("kind").is_in(["post", "reply", "open", "spark"]) & (pl.col("status") == "done")
    )
    week = wrote.filter(pl.col("step") > wrote["step"].max() - WEEK)
    replies = wrote.filter(pl.col("kind") == "reply")
    sizes = week.group_by("place").len()["len"]
    who = named(run)
    known = week.filter(pl.col("member").is_in(who.implode()))
    last = week.filter(pl.col("kind") == "reply").join(run.links, on="target")
    last = last.with_columns(asked=pl.col("parent") // 100_000)
    last = last.filter(pl.col("member").is_in(who.implode()), pl.col("asked").is_in(who.implode()))
    graph = nx.DiGraph(list(last.select("member", "asked").iter_rows()))
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    acts = events.filter(pl.col("kind").is_in(["upvote", "downvote"]))
    return {
        "posts_a_member": known.height / max(known["member"].n_unique(), 1),
        "active": known["member"].n_unique(),
        "posts_a_member_day": week.height / run_days(week) / size,
        "comments_a_thread": replies.height / (wrote.height - replies.height),
        "largest": float(sizes.max()) / week.height,
        "singletons": float((sizes == 1).mean()),
        "reciprocity": nx.overall_reciprocity(graph) if graph.number_of_edges() else float("nan"),
        "voted_twice": acts.height - acts.select("member", "target").n_unique(),
    }


def named(run: Run) -> pl.Series:
    """Ids of the members whose name a record would have: of learned members not all, and the bands are of named people."""
    if "unnamed" not in run.members.columns:
        return run.members["member"]
    return run.members.filter(pl.col("unnamed") == 0)["member"]


def run_days(week: pl.DataFrame) -> float:
    return min(int(week["step"].max()) + 1, WEEK) / 24


def runs_within(made: Plan, count: int, seconds: float) -> list[Run]:
    """Runs of the baseline, one a draw: `count` of them, or fewer where the processor time is up before."""
    began, runs = time.process_time(), list[Run]()
    while len(runs) < count:
        used = time.process_time() - began
        fit = int((seconds - used) * len(runs) / used) if runs else 1
        draws = range(len(runs), min(len(runs) + max(1, min(fit, BLOCK)), count))
        units = [Unit(draw, 0, "baseline") for draw in draws]
        try:
            runs += within(
                seconds - used, lambda units=units: run_block(made.experiment, units, make_mind).runs
            )
        except TimeIsUp:
            break
    return runs


def cell(
    members: int,
    hours: int,
    work: int,
    words: tuple[str, ...] = (),
    *,
    count: int | None = None,
    seconds: float = SECONDS,
) -> dict[str, Any]:
    """The figures of a community of so many members after so many hours: of `count` runs, or of as many as `work` asks for, or of as many
    as `seconds` of processor time leave room for."""
    count = count or int(np.clip(work / (members * hours), 1, 120))
    made = plan(compose([f"community.size={members}", f"steps={hours}", f"draws={count}", "seeds=1", *words]))
    began = time.process_time()
    runs = runs_within(made, count, seconds)
    row: dict[str, Any] = {"members": members, "hours": hours, "runs": len(runs)}
    if (learned := made.experiment.community.get("learned")) is not None:
        row["weeks_before"] = learned["weeks_before"]
    if len(runs) < count:
        row["cut"] = f"{len(runs)} of {count} runs were done in {seconds:g} s of processor time"
    row["seconds"] = round(time.process_time() - began, 1)
    return row | judged(made, runs) if runs else row | {"missed": []}


def judged(made: Plan, runs: list[Run]) -> dict[str, Any]:
    """What these runs came to, what is asked of them, and what is missed."""
    hours = made.experiment.steps
    found = measured(made, runs)
    profile = made.experiment.community["profile"]
    share, largest = profile["hostile_share"]["value"], largest_asked(found["active"])
    asked = {
        "hostile_share": (share - HOSTILE_ROOM, share + HOSTILE_ROOM),
        "p0": P0,
        "largest": (largest / 2, largest * 2),
        **BANDS,
    }
    if hours < WEEK:  # a day has less of everything but hostility and the outcome
        asked = {name: asked[name] for name in ("hostile_share", "p0")}
    missed = [name for name, (low, high) in asked.items() if not low <= found[name] <= high]
    if len(runs) < 20:
        missed = [name for name in missed if name != "p0"]  # too few runs to tell
    return {
        "measured": {name: round(value, 3) for name, value in found.items()},
        "p0_interval": [round(end, 3) for end in wilson(found["p0"] * len(runs), len(runs))],
        "asked": {name: [round(low, 3), round(high, 3)] for name, (low, high) in asked.items()},
        "missed": missed,
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--members", default="50,200,800,3000,10000")
    parser.add_argument("--hours", default="24,168,672")
    parser.add_argument("--work", type=int, default=1_000_000, help="members times hours of a cell's runs")
    parser.add_argument("--runs", type=int, default=None, help="of each cell; --work then counts for nothing")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="processor time of a cell")
    parser.add_argument("words", nargs="*", help="settings, as of windtunnel run")
    asked = parser.parse_args()
    rows = []
    for hours in map(int, asked.hours.split(",")):
        for members in map(int, asked.members.split(",")):
            words = tuple(asked.words)
            rows.append(cell(members, hours, asked.work, words, count=asked.runs, seconds=asked.seconds))
            print(json.dumps(rows[-1]), flush=True)
    print(json.dumps({"bench": "size", "rows": rows, "missed": sum(len(row["missed"]) for row in rows)}))


if __name__ == "__main__":
    main()
