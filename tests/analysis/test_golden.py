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
EVENTS = "0b4a4b59df38de1b721144ecbbe14b5cc1758810566f1bbf6c800e1ec2f17b92"
BEFORE_AMOUNTS = "9f6bb983ba86c0e48b5390861061bcec2dd74c8aadddd0cd2c5436817a573326"
"""Of the same run before events had the column `amount`, in which a forum has nothing, and while hashes held the arm's name."""


def test_the_golden_run_has_not_changed() -> None:
    result = run_plan(plan(compose(WORDS)))
    assert result.manifest["events_sha256"] == EVENTS
    assert result.events["amount"].null_count() == len(result.events)
    units = result.runs.select("draw", "seed", "arm").rows(named=True)
    texts = [result.events.filter(**unit).drop("amount").write_csv() for unit in units]
    former = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    assert hashlib.sha256("".join(former).encode()).hexdigest() == BEFORE_AMOUNTS
