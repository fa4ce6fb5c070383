"""How often `windtunnel compare` says what is planted in a simulated community, run by run.

    python bench/planted.py --repetitions 50 --first 0
    python bench/planted.py --repetitions 50 --first 0 --alike

A small quarrelsome forum (`tests/plugins/planted_profile.yaml`) under three policies of an out-of-tree plug-in
(`tests/plugins/planted.py`): A calms 60 drafts of 100 and B 5 of these, so A is better for everyone; C calms 85 and
puts what hostile posts are left before one minority, again and again. Each repetition is `windtunnel run -m` and `windtunnel
compare --json` with another `root`: other communities, other chance. With `--alike` the three policies calm equally
often, each under its own luck, and every claim that two differ is false. Ends with one line of JSON: counts.
"""

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

PLUG_IN = Path(__file__).resolve().parents[1] / "tests" / "plugins"
BETTER, WORSE, BEST, MINORITY = "calming more", "calming less", "corner", "conciliatory"
OTHERS = ("ordinary", "quarrelsome")
"""Personas that no policy harms; newcomers and regulars hold some of the minority, so harm to them may be true."""
POLICIES = "calming_more,calming_less,corner"
ALIKE = "alike_one,alike_two,alike_three"
SETTINGS = (
    f"community.profile={PLUG_IN / 'planted_profile.yaml'}",
    "community.size=30",
    "community.settings.opening_threads=2",
    "community.settings.spark_pull=2",
    "community.personas.conciliatory.temper=0",
    "community.personas.conciliatory.share=0.3",
    "outcome.threshold=3",
    "steps=8",
    "seeds=2",
    "dowhy=false",
    "parallel.jobs=1",
    "parallel.worlds=60",
)


def commanded(policies: str, root: int, draws: int) -> dict[str, Any]:
    """What `compare --json` prints of a sweep over these policies."""
    from windtunnel.analysis.cli import main

    with tempfile.TemporaryDirectory() as out:
        words = ["run", "-m", f"policy={policies}", f"root={root}", f"draws={draws}", *SETTINGS, f"out={out}"]
        with contextlib.redirect_stdout(io.StringIO()):
            code = main(words)
        assert code == 0, words
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            code = main(["compare", out, "--json", "--no-html", "--smallest-effect", "0.05"])
        assert code == 0
        return json.loads(said.getvalue())


def truths(record: dict[str, Any]) -> dict[str, bool]:
    """Which of the planted truths a comparison says, and whether it says a harm that is not there."""
    policies = {row["policy"]: row for row in record["policies"]}
    said = record["sentences"]
    return {
        "a_better_than_b_for_everyone": any(
            line.startswith(f"{BETTER.capitalize()} is better than {WORSE}, and better for every group")
            for line in said
        ),
        "c_best_on_average": said[0].startswith(f"Best on average: {BEST}."),
        "c_harms_the_minority": MINORITY in policies[BEST]["harmed_groups"],
        "no_other_persona_is_blamed": not any(
            group in OTHERS or (name != BEST and group == MINORITY)
            for name, row in policies.items()
            for group in row["harmed_groups"]
        ),
        "c_is_not_called_fit_to_act": policies[BEST]["verdict"] != "act",
    }


def told_apart(record: dict[str, Any]) -> dict[str, bool]:
    """Whether policies that are alike in law are called different, in the outcome or for a group."""
    return {
        "two_policies_told_apart": any(row["told_apart"] for row in record["pairs_of_policies"]),
        "two_policies_told_apart_for_a_group": any(row["told_apart"] for row in record["groups_of_pairs"]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=10)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--alike", action="store_true")
    asked = parser.parse_args()
    sys.path.insert(0, str(PLUG_IN))
    counts: Counter[str] = Counter()
    began, load = time.perf_counter(), os.getloadavg()[0]
    for root in range(asked.first, asked.first + asked.repetitions):
        record = commanded(ALIKE if asked.alike else POLICIES, root, asked.draws)
        found = told_apart(record) if asked.alike else truths(record)
        counts.update(dict.fromkeys(found, 0))
        counts.update(name for name, true in found.items() if true)
        if not asked.alike:
            counts["all_of_it"] += all(found.values())
    said = {"repetitions": asked.repetitions, "first": asked.first, **counts}
    print(
        json.dumps(said | {"seconds": round(time.perf_counter() - began, 1), "load_before": round(load, 2)})
    )


if __name__ == "__main__":
    main()
