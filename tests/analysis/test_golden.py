"""One run whose events are written down: when they change on purpose, refresh this and say so in CHANGELOG."""

import hashlib

from windtunnel.analysis.configuration import compose, plan
from windtunnel.analysis.tunnel import run_plan
from windtunnel.sim.events import digest

WORDS = [
    "policy=[thread_lock,slow_mode]",
    "community.size=50",
    "draws=2",
    "seeds=2",
    "steps=12",
    "dowhy=false",
    "parallel.jobs=1",
]
EVENTS = "bb5e5029e3c19531e47b2a6fba94d60c33f8c096aada79c68794925db9e9f734"
BEFORE_AMOUNTS = "9f6bb983ba86c0e48b5390861061bcec2dd74c8aadddd0cd2c5436817a573326"
"""Of the same run before events had the column `amount`, in which a forum has nothing."""


def test_the_golden_run_has_not_changed() -> None:
    result = run_plan(plan(compose(WORDS)))
    assert result.manifest["events_sha256"] == EVENTS
    assert result.events["amount"].null_count() == len(result.events)
    units = result.runs.select("draw", "seed", "arm").rows(named=True)
    former = [digest(result.events.filter(**unit).drop("amount")) for unit in units]
    assert hashlib.sha256("".join(former).encode()).hexdigest() == BEFORE_AMOUNTS
