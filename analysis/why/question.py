"""The question: which act or policy, in force from which moment on, and the quantity that answers it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from windtunnel.analysis.why.case import WITH, WITHOUT, Branch, Case
from windtunnel.analysis.why.when import Moment
from windtunnel.policies.base import Policy
from windtunnel.policies.registry import check_fits, make_policy

LABEL = "why"
"""What an act that is asked about is called in the log; a policy keeps the name that a run gives it, and with it its luck."""
QUANTITIES = {
    (False, True): "ps_prev",
    (True, True): "pn_backfire",
    (True, False): "pn_prev",
    (False, False): "ps_backfire",
}
"""Which quantity answers, by whether X was on and whether the incident happened."""


class Question(NamedTuple):
    """`on` says whether the case had X on; `at` is the first step at which the arms may differ, printed as step `shown`.

    `schedules[arm](at)` makes fresh policies; `quantity` is named after the table of the design. `forced` says what the
    mechanism itself decides, and is empty where it decides nothing; `act` is what the single act does and to whom.
    """

    words: str
    on: bool
    at: int
    moment: str
    quantity: str
    schedules: Mapping[str, Callable[[int], list[Policy]]]
    forced: str
    raised: tuple[str, ...]
    shown: int = 0
    act: Mapping[str, Any] = {}

    @property
    def happened(self) -> bool:
        """Was the rule's threshold reached in the case itself?"""
        return self.quantity in ("ps_prev", "pn_backfire")

    def branch(self, arm: str, at: int | None = None, number: int | None = None) -> Branch:
        step = self.at if at is None else at
        return Branch(arm, step, lambda: self.schedules[arm](step), number)

    def factual(self) -> str:
        return WITH if self.on else WITHOUT


def with_policy(
    case: Case, name: str, parameters: Mapping[str, Any], when: Moment, forced: Callable[[Policy], str]
) -> Question:
    """Had this policy been on; `forced` says what a policy's mechanism decides. `ValueError` where it was."""
    made = make_policy(name, parameters, label=name)
    community = case.experiment.community
    check_fits(name, community)
    made.check_place(str(community["name"]), community.get("settings") or {})
    if name in [spec.name for spec, _ in case.specs()]:
        raise ValueError(f"{name} was on already when it happened: ask --without {name}")

    def make(step: int) -> Policy:
        return make_policy(name, {**parameters, "start": step}, label=name)

    return added(case, name.replace("_", " "), when, make, made.raised(), forced(made))


def added(
    case: Case,
    words: str,
    when: Moment,
    make: Callable[[int], Policy],
    raised: tuple[str, ...],
    forced: str,
    act: Mapping[str, Any] | None = None,
) -> Question:
    """Had this been there beside what was: `make` makes it, from a step on."""
    schedules = {
        WITHOUT: lambda step: case.schedule(),
        WITH: lambda step: [*case.schedule(), make(step)],
    }
    asked = QUANTITIES[False, case.happened]
    return Question(
        words, False, when.at, when.words, asked, schedules, forced, raised, when.shown, act or {}
    )


def started(case: Case, name: str) -> int:
    """The step from which this policy was on; `ValueError` where it was not."""
    on = {spec.name: start for spec, start in case.specs()}
    if name not in on:
        what = ", ".join(on) or "none"
        raise ValueError(f"{name} was not on when it happened (on were: {what}): ask --with {name}")
    return on[name]


def without_policy(case: Case, name: str, when: Moment, forced: Callable[[Policy], str]) -> Question:
    """Had this policy, which was on, been off from a moment on."""

    def stopped(step: int) -> list[Policy]:
        left = [
            policy.model_copy(update={"stop": step if policy.stop is None else min(policy.stop, step)})
            if policy.name == name
            else policy
            for policy in case.schedule()
        ]
        return [policy for policy in left if policy.stop is None or policy.stop > policy.start]

    schedules = {WITHOUT: stopped, WITH: lambda step: case.schedule()}
    why = " ".join(filter(None, (forced(one) for one in case.schedule() if one.name == name)))
    asked = QUANTITIES[True, case.happened]
    return Question(name.replace("_", " "), True, when.at, when.words, asked, schedules, why, (), when.shown)
