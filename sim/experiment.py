"""One experiment, fully resolved: what two arms share, and the policies in which they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from windtunnel.policies.base import Policy
from windtunnel.policies.registry import make_policy
from windtunnel.sim.communities import community

ARMS = ("baseline", "policy", "aa")
"""`aa` is the baseline a second time, in a world of its own: it must not differ."""


class PolicySpec(NamedTuple):
    """A policy as data: its name, parameters that differ from the defaults, and its label in logs and draws."""

    name: str
    parameters: Mapping[str, Any]
    label: str


class Unit(NamedTuple):
    """One run: a community draw, a seed of chance within it, and an arm."""

    draw: int
    seed: int
    arm: str


def _made(spec: PolicySpec) -> Policy:
    return make_policy(spec.name, spec.parameters, label=spec.label)


@dataclass(frozen=True)
class Experiment:
    """Everything that decides a run's events. `community` is the resolved yaml of the community.

    Twins share `root`, draw and seed, so community and chance; they differ in their policies alone.
    """

    community: Mapping[str, Any]
    baseline: Sequence[PolicySpec] = ()
    policy: Sequence[PolicySpec] = ()
    mind: Mapping[str, Any] = field(default_factory=lambda: {"name": "rules"})
    draws: int = 20
    seeds: int = 5
    steps: int = 24
    root: int = 0
    notices: frozenset[str] = frozenset()
    """Features that something beside the two schedules can raise, say a single act by hand."""

    def schedule(self, arm: str) -> list[Policy]:
        """Fresh policy objects for one world of this arm: what the baseline has, and the treatment on top."""
        specs = [*self.baseline, *(self.policy if arm == "policy" else ())]
        return [make_policy(spec.name, spec.parameters, label=spec.label) for spec in specs]

    def raised(self) -> set[str]:
        """Situation features that some policy in either arm can raise."""
        return {name for policy in self.schedule("policy") for name in policy.raised()} | self.notices

    def forced(self) -> set[str]:
        """Outcomes that the treatment's own mechanism decides."""
        return {name for spec in self.policy for name in _made(spec).forced()}

    def fork(self) -> int:
        """The first step at which the arms may differ; the last one where no policy tells them apart."""
        added = self.schedule("policy")[len(self.baseline) :]
        return min((policy.start for policy in added), default=self.steps)

    def units(self) -> list[Unit]:
        """Every run of the experiment: draw by draw, seed by seed, all arms of one together."""
        return [
            Unit(draw, seed, arm) for draw in range(self.draws) for seed in range(self.seeds) for arm in ARMS
        ]

    def builder(self) -> Any:
        """The community's builder, of its own kind; what all have is `sim.community.Builder`."""
        return community(str(self.community["name"]))(self.community)
