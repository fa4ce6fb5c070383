"""Field experiments that a forum can express today: what was published, and what comes of the same policy here.

python bench/field_experiments.py --draws 12
python bench/field_experiments.py --draws 12 --write     # and keep it for the line of reports on causal fidelity

Six rows of three experiments: a pinned rule reminder in r/science (Matias 2019), prompts while drafting in 33 subreddits (Post Guidance,
2023), and reminders of civility in six forums (a null). A draft that is stopped or removed counts as not kept. What each row comes to is a
mean over draws with Student's interval; a row is *inside* where the intervals meet. The published effect of the reminder on tone is one of
the settings of the rules, so that its own row is circular and is marked so. Of the prompts no intervals were published: their bands are
declared around the published effects (+5 %, -35 %, none). One JSON line comes last.
"""

import argparse
import json
import math
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml
from scipy import stats

from windtunnel.analysis.configuration import compose, plan
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import run_block

CONF = Path(__file__).resolve().parents[1] / "conf" / "field_experiments.yaml"
REMINDER, PROMPT = "rule_reminder", "reconsider_prompt"
PUBLISHED: dict[str, dict[str, Any]] = {
    "OP01a": {
        "policy": REMINDER,
        "what": "a newcomer's first comment is kept, log-odds",
        "band": [0.129, 0.748],
        "circular": True,
    },
    "OP01b": {
        "policy": REMINDER,
        "what": "newcomers' comments, times",
        "band": [1.284, 2.257],
        "circular": False,
    },
    "OP03a": {
        "policy": PROMPT,
        "what": "share of posts that are kept, relative change",
        "band": [0.025, 0.10],
        "circular": False,
    },
    "OP03b": {
        "policy": PROMPT,
        "what": "posts removed, relative change",
        "band": [-0.45, -0.25],
        "circular": False,
    },
    "OP03c": {
        "policy": PROMPT,
        "what": "later acts of those who were asked, relative change",
        "band": [-0.01, 0.01],
        "circular": False,
    },
    "OP08c": {
        "policy": REMINDER,
        "what": "hostile share, difference",
        "band": [0.0, 0.0245],
        "circular": False,
    },
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=12)
    parser.add_argument("--size", type=int, default=300)
    parser.add_argument("--steps", type=int, default=48)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    rows = [row for policy in (REMINDER, PROMPT) for row in of_policy(policy, asked)]
    for row in rows:
        print(
            f"{row['id']}  {row['what']}: published {row['published']}, here {row['here']}: {row['verdict']}"
        )
    if asked.write:
        told = {"draws": asked.draws, "size": asked.size, "steps": asked.steps, "rows": rows}
        with tempfile.NamedTemporaryFile("w", dir=CONF.parent, suffix=".partial", delete=False) as file:
            file.write("# Written by bench/field_experiments.py --write; read by reports.\n")
            yaml.safe_dump(told, file, sort_keys=False, width=120)
        Path(file.name).chmod(0o644)
        Path(file.name).replace(CONF)
    print(json.dumps({"rows": rows}))


def of_policy(policy: str, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """The rows of one policy."""
    words = [f"policy={policy}", "mind=rules", "community.profile=reddit-feminism", "dowhy=false", "seeds=1"]
    words += [f"draws={asked.draws}", f"community.size={asked.size}", f"steps={asked.steps}"]
    made = plan(compose(words)).experiment
    units = [unit for unit in made.units() if unit.arm in ("baseline", "policy")]
    pairs: dict[int, dict[str, dict[str, float]]] = {}
    for low in range(0, len(units), 8):
        for one in run_block(made, units[low : low + 8], make_mind).runs:
            pairs.setdefault(one.unit.draw, {})[one.unit.arm] = counted(one.events, one.members, policy)
    twins = [pair for pair in pairs.values() if len(pair) == 2]
    return [
        told(name, [contrast(name, pair) for pair in twins])
        for name, row in PUBLISHED.items()
        if row["policy"] == policy
    ]


def counted(events: pl.DataFrame, members: pl.DataFrame, policy: str) -> dict[str, float]:
    """Counts of one arm."""
    new = members.filter(pl.col("group") == "newcomer")["member"].implode()
    written = events.filter(pl.col("kind").is_in(["reply", "post"]))
    done = written.filter(pl.col("status") == "done")
    gone = events.filter(pl.col("kind") == "remove")["target"].implode()
    kept = done.filter(~pl.col("target").is_in(gone))
    by_new = written.filter(pl.col("member").is_in(new) & (pl.col("kind") == "reply")).sort("step", "ordinal")
    first = by_new.group_by("member", maintain_order=True).first()
    stayed = first.filter((pl.col("status") == "done") & ~pl.col("target").is_in(gone))
    hot = written.filter(pl.col("tone").is_in(["heated", "hostile"]) | (pl.col("policy") == policy))
    begun = hot.group_by("member").agg(since=pl.col("step").min())
    later = done.join(begun, on="member").filter(pl.col("step") > pl.col("since"))
    return {
        "first": first.height,
        "first_kept": stayed.height,
        "by_new": by_new.filter(pl.col("status") == "done").height,
        "submitted": written.filter(pl.col("status") != "cancelled").height,
        "kept": kept.height,
        "removed": done.height - kept.height,
        "later": later.height,
        "done": done.height,
        "hostile": done.filter(pl.col("tone") == "hostile").height,
    }


def contrast(name: str, pair: dict[str, dict[str, float]]) -> float:
    """The effect of one row in one draw; NaN where it cannot be had there."""
    base, with_ = pair["baseline"], pair["policy"]

    def odds(one: dict[str, float]) -> float:
        return math.log((one["first_kept"] + 0.5) / (one["first"] - one["first_kept"] + 0.5))

    def share(one: dict[str, float], of: str, among: str) -> float:
        return one[of] / one[among] if one[among] else math.nan

    def change(now: float, before: float) -> float:
        return now / before - 1 if before else math.nan

    return {
        "OP01a": lambda: odds(with_) - odds(base),
        "OP01b": lambda: with_["by_new"] / base["by_new"] if base["by_new"] else math.nan,
        "OP03a": lambda: change(share(with_, "kept", "submitted"), share(base, "kept", "submitted")),
        "OP03b": lambda: change(with_["removed"], base["removed"]),
        "OP03c": lambda: change(with_["later"], base["later"]),
        "OP08c": lambda: share(with_, "hostile", "done") - share(base, "hostile", "done"),
    }[name]()


def told(name: str, values: list[float]) -> dict[str, Any]:
    """A row with its interval and verdict."""
    row, found = PUBLISHED[name], np.array(values, float)
    found = found[np.isfinite(found)]
    low, high = row["band"]
    shown = f"{low:g} to {high:g}"
    if len(found) < 2:
        return {
            "id": name,
            "policy": row["policy"],
            "what": row["what"],
            "published": shown,
            "here": "none",
            "verdict": "not seen",
        }
    half = float(stats.t.ppf(0.975, len(found) - 1) * found.std(ddof=1) / math.sqrt(len(found)))
    mean = float(found.mean())
    inside = mean - half <= high and mean + half >= low
    verdict = ("inside, circular" if row["circular"] else "inside") if inside else "missed"
    here = f"{mean:.3f} [{mean - half:.3f}, {mean + half:.3f}]"
    return {
        "id": name,
        "policy": row["policy"],
        "what": row["what"],
        "published": shown,
        "here": here,
        "verdict": verdict,
    }


if __name__ == "__main__":
    main()
