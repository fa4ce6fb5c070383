"""One run whose events are written down: when they change on purpose, refresh this and say so in CHANGELOG."""

import hashlib

from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.tunnel import run_plan

WORDS = [
    "policy=[thread_lock,slow_mode]",
    "community.size=50",
    "draws=2",
    "seeds=2",
    "steps=12",
    "dowhy=false",
    "parallel.jobs=1",
]
EVENTS = "3bc34c7e90f3c5b223090d418ce2ccc218ab4ec90f9126516d151f6c91eb6aa7"
BEFORE_AMOUNTS = "c71933908d052f9209497cfa5f3d1bfc18e20233fd30e15fc431681dce4eb85e"
"""Of the same run without the column `amount`, in which a forum has nothing, and with the arm's name in the hashes."""


def test_the_golden_run_has_not_changed() -> None:
    result = run_plan(plan(compose(WORDS)))
    assert result.manifest["events_sha256"] == EVENTS
    assert result.events["amount"].null_count() == len(result.events)
    units = result.runs.select("draw", "seed", "arm").rows(named=True)
    texts = [result.events.filter(**unit).drop("amount").write_csv() for unit in units]
    former = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    assert hashlib.sha256("".join(former).encode()).hexdigest() == BEFORE_AMOUNTS
