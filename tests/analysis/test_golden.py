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
EVENTS = "223834492840346dd37e47dda808e3aa54aaf1094d3a1a1866b39d6829e7cbb1"
BEFORE_AMOUNTS = "b16d7b7a4597def2aa50f6311f74860559f86ad97f3c4d78137e5259587f26d6"
"""Of the same run without the column `amount`, in which a forum has nothing, and with the arm's name in the hashes."""


def test_the_golden_run_has_not_changed() -> None:
    result = run_plan(plan(compose(WORDS)))
    assert result.manifest["events_sha256"] == EVENTS
    assert result.events["amount"].null_count() == len(result.events)
    units = result.runs.select("draw", "seed", "arm").rows(named=True)
    texts = [result.events.filter(**unit).drop("amount").write_csv() for unit in units]
    former = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    assert hashlib.sha256("".join(former).encode()).hexdigest() == BEFORE_AMOUNTS
