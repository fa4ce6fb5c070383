"""What tests share: a small lively forum, experiments made of it, and its worlds."""

import os
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml
from hypothesis import HealthCheck
from hypothesis import settings as examples

from windtunnel.policies.registry import policy_class
from windtunnel.sim.experiment import Experiment, PolicySpec, Unit
from windtunnel.sim.minds import make_mind
from windtunnel.sim.run import lock_step, make_world
from windtunnel.sim.world import World

CONF = Path(__file__).parents[1] / "conf"

# Properties get the same examples in every run, so that what a change is told is about the change; `--hypothesis-profile=fresh`, which
# `make test-slow` uses, draws others each time. How long an example takes is the machine's matter in both.
UNTIMED = dict(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    print_blob=True,
)
examples.register_profile("fixed", derandomize=True, **UNTIMED)
examples.register_profile("fresh", derandomize=False, **UNTIMED)
examples.load_profile("fixed")

RATES = {
    "posts_per_member_day": 8.0,
    "rate_shape": 0.9,
    "new_thread_share": 0.23,
    "root_share": 0.42,
    "attention_growth": 0.8,
    "attention_decay": 1.0,
    "newcomer_share": 0.3,
    "arrivals_per_member_day": 0.3,
    "newcomer_return": 0.35,
    "leave_per_day": 0.05,
    "heated_share": 0.25,
    "hostile_share": 0.2,
    "newcomer_hostility": 1.3,
    "active_post_share": 0.4,
    "upvote_share": 0.2,
    "downvote_share": 0.05,
    "report_share": 0.02,
}
"""A quarrelsome, busy place: enough happens in a dozen hours for each policy to act."""


def tiny_community(size: int, rates: Mapping[str, float], settings: Mapping[str, Any]) -> dict[str, Any]:
    """conf/community/forum.yaml with a profile of the tests' own; `rates` and `settings` on top."""
    config = yaml.safe_load((CONF / "community" / "forum.yaml").read_text(encoding="utf-8"))
    chosen = {name: {"value": value, "mark": "chosen"} for name, value in (RATES | dict(rates)).items()}
    source = dict(corpus="none", posts=1, authors=1, threads=1, span_days=1, tone="none", fitted_by="hand")
    profile = {"name": "tiny", "source": source, "rhythm": [1] * 24, "rhythm_mark": "chosen", **chosen}
    own = config["settings"] | {"opening_threads": 8} | dict(settings)
    return config | {"size": size, "profile": profile, "settings": own}


def spec(policy: "str | tuple[str, Mapping[str, Any]] | PolicySpec") -> PolicySpec:
    """A policy given by name, or as (name, parameters)."""
    if isinstance(policy, PolicySpec):
        return policy
    name, parameters = (policy, {}) if isinstance(policy, str) else policy
    return PolicySpec(name, parameters, name)


def make_tiny(
    policy: Sequence[Any] = (),
    baseline: Sequence[Any] = (),
    *,
    size: int = 30,
    steps: int = 12,
    draws: int = 1,
    seeds: int = 1,
    root: int = 0,
    rates: Mapping[str, float] | None = None,
    settings: Mapping[str, Any] | None = None,
    step_hours: float = 1,
) -> Experiment:
    """A small experiment with the rules mind; policies by name or as (name, parameters)."""
    mind = yaml.safe_load((CONF / "mind" / "rules.yaml").read_text(encoding="utf-8"))
    needed = {
        key: value
        for one in (*baseline, *policy)
        for key, value in policy_class(spec(one).name).needs.get("forum", {}).items()
    }
    community = tiny_community(size, rates or {}, needed | dict(settings or {})) | {"step_hours": step_hours}
    return Experiment(
        community,
        [spec(one) for one in baseline],
        [spec(one) for one in policy],
        mind,
        draws=draws,
        seeds=seeds,
        steps=steps,
        root=root,
    )


def run_tiny(experiment: Experiment, arm: str = "policy", *, draw: int = 0, seed: int = 0) -> World:
    """One world of the experiment, stepped to the end."""
    world = make_world(experiment, Unit(draw, seed, arm))
    failed = lock_step([world], make_mind(experiment), experiment.steps)
    assert not failed
    return world


def as_if_installed(place: Path) -> Path:
    """The folder to put on the path of a package of `windtunnel new`, with the entry points that pip would note beside it."""
    project = tomllib.loads((place / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    noted = place / "src" / f"{place.name}-{project['version']}.dist-info"
    noted.mkdir()
    said = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (noted / "METADATA").write_text(said, encoding="utf-8")
    lines: list[str] = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {where}" for name, where in points.items())]
    (noted / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    return place / "src"


@pytest.fixture(scope="session")
def installed() -> Callable[[Path], Path]:
    """`installed(place)`: see `as_if_installed`."""
    return as_if_installed


@pytest.fixture(scope="session")
def tiny_experiment() -> Callable[..., Experiment]:
    """`tiny_experiment([policy], [baseline], size=, steps=, …)`."""
    return make_tiny


@pytest.fixture(scope="session")
def tiny_world() -> Callable[..., World]:
    """`tiny_world(experiment, arm)`: that arm's world, run to its end."""
    return run_tiny


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real communities beside the checkout; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("WINDTUNNEL_SHARED", CONF.parents[1] / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip("the shared corpora are not here")
    return folder


@pytest.fixture
def cramped() -> dict[str, str]:
    """The environment of a process whose files may not grow: without compiled modules, since Python 3.11 keeps one that was cut short for all others."""
    return {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture(scope="session", autouse=True)
def no_bare_names():
    """After the suite nothing of ours may be loaded as `agents`, `sim` …: a second copy would hide faults."""
    yield
    bare = sorted({"agents", "policies", "sim", "analysis", "conf"} & set(sys.modules))
    assert not bare, f"imported without the prefix windtunnel: {', '.join(bare)}"


@pytest.fixture(scope="session")
def undrawn() -> Callable[[], Any]:
    """`with undrawn():` pages hold what would be drawn (checked by Altair, as text) in place of the drawings, which nobody looks at."""
    return lambda: mock.patch(
        "vl_convert.vegalite_to_svg", lambda chart: f"<svg ><text>{escape(chart)}</text></svg>"
    )
