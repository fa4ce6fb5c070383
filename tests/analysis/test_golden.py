"""One run whose events are written down: when they change on purpose, refresh this and say so in CHANGELOG."""

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
EVENTS = "9f6bb983ba86c0e48b5390861061bcec2dd74c8aadddd0cd2c5436817a573326"


def test_the_golden_run_has_not_changed() -> None:
    assert run_plan(plan(compose(WORDS))).manifest["events_sha256"] == EVENTS
