"""The question: which act or policy, in force from which moment on, and the quantity that answers it."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.incidents.forum.find import measure
from windtunnel.analysis.why.case import WITH, WITHOUT, Branch, Case
from windtunnel.analysis.why.forum.forced import of_act, of_policy
from windtunnel.analysis.why.forum.moderators import WARNED_HOURS, picked
from windtunnel.analysis.why.forum.when import Moment, exactly, moment, right_after
from windtunnel.policies.base import Policy
from windtunnel.policies.forum.single_act import FOR_GOOD, SingleAct
from windtunnel.policies.registry import make_policy

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


def ask(
    case: Case,
    *,
    with_: str | None = None,
    without: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    remove: int | None = None,
    lock: bool = False,
    warn: str | None = None,
    suspend: str | None = None,
    at: str | None = None,
) -> Question:
    """The question that these options of the command make; exactly one of them says what is asked about.

    Raises `ValueError` where none or several do, or where what they name is not in the case.
    """
    given = [
        with_ is not None,
        without is not None,
        remove is not None,
        lock,
        warn is not None,
        suspend is not None,
    ]
    if sum(given) != 1:
        raise ValueError(
            "ask about one thing: --with POLICY, --without POLICY, --remove POST, --lock, --warn MEMBER or "
            "--suspend MEMBER[:24h]"
        )
    if parameters and with_ is None:
        raise ValueError("--param sets a parameter of the policy in --with: there is none")
    if without is not None:
        return _without(case, without, at)
    if with_ is not None:
        return _with(case, with_, parameters or {}, at)
    act, default = _act(case, remove, lock, warn, suspend)
    words = act.pop("words")
    when = moment(case, at, default)
    return _added(
        case,
        words,
        when,
        lambda step: SingleAct(label=LABEL, start=step, **act),
        ("warned",) if act["act"] == "warn" else (),
        of_act(case, act),
        act,
    )


def _with(case: Case, name: str, parameters: Mapping[str, Any], at: str | None) -> Question:
    made = make_policy(name, parameters, label=name)
    when = moment(case, at, exactly(case, case.incident.onset))
    if name in [spec.name for spec, _ in case.specs()]:
        raise ValueError(f"{name} was on already when it happened: ask --without {name}")
    return _added(
        case,
        name,
        when,
        lambda step: make_policy(name, {**parameters, "start": step}, label=name),
        made.raised(),
        of_policy(case, made),
    )


def _added(
    case: Case,
    what: str,
    when: Moment,
    make: Callable[[int], Policy],
    raised: tuple[str, ...],
    forced: str,
    act: Mapping[str, Any] | None = None,
) -> Question:
    schedules = {
        WITHOUT: lambda step: case.schedule(),
        WITH: lambda step: [*case.schedule(), make(step)],
    }
    words = what.replace("_", " ") if act is None else what
    return Question(
        words,
        False,
        when.at,
        when.words,
        _quantity(case, False),
        schedules,
        forced,
        raised,
        when.shown,
        act or {},
    )


def _quantity(case: Case, on: bool) -> str:
    happened = not measure(case.acts, case.incident, case.rules, case.hours).is_empty()
    return QUANTITIES[on, happened]


def _without(case: Case, name: str, at: str | None) -> Question:
    if case.real:
        return _without_acts(case, name, at)
    on = {spec.name: start for spec, start in case.specs()}
    if name not in on:
        what = ", ".join(on) or "none"
        raise ValueError(f"{name} was not on when it happened (on were: {what}): ask --with {name}")
    when = moment(case, at, exactly(case, on[name]))

    def stopped(step: int) -> list[Policy]:
        left = [
            policy.model_copy(update={"stop": step if policy.stop is None else min(policy.stop, step)})
            if policy.name == name
            else policy
            for policy in case.schedule()
        ]
        return [policy for policy in left if policy.stop is None or policy.stop > policy.start]

    schedules = {WITHOUT: stopped, WITH: lambda step: case.schedule()}
    forced = " ".join(filter(None, (of_policy(case, one) for one in case.schedule() if one.name == name)))
    return Question(
        name.replace("_", " "),
        True,
        when.at,
        when.words,
        _quantity(case, True),
        schedules,
        forced,
        (),
        when.shown,
    )


def _without_acts(case: Case, name: str, at: str | None) -> Question:
    """Acts of moderators taken out of a record: a kind of them, or the one called so; with `at` those from then on."""
    since = None if at is None else moment(case, at, exactly(case, case.incident.onset)).at
    acts = picked(case.moderators, name, since)
    gone = {act.name for act in acts}
    begin = min(act.minute for act in acts)
    schedules = {
        WITHOUT: lambda step: [policy for policy in case.schedule() if policy.label not in gone],
        WITH: lambda step: case.schedule(),
    }
    words = acts[0].words() if len(acts) == 1 else f"the {len(acts)} acts of moderators called {name}"
    when = exactly(case, begin - 1)
    forced = of_act(case, {"act": acts[0].kind})
    return Question(words, True, begin, when.words, _quantity(case, True), schedules, forced, (), when.shown)


def _act(
    case: Case, remove: int | None, lock: bool, warn: str | None, suspend: str | None
) -> tuple[dict[str, Any], Moment]:
    """The act as `SingleAct` takes it, with its words, and the moment from which it is in force by default."""
    after = right_after(case, case.incident.onset, "its first post")
    if remove is not None:
        found = case.acts.filter(pl.col("post") == remove)
        if found.is_empty():
            raise ValueError(f"there is no post {remove} {case.where(remove)}")
        when = right_after(case, int(found["step"][0]), f"post {remove}")
        return {"act": "remove", "posts": (case.post_id(remove),), "words": f"removing post {remove}"}, when
    if lock:
        if case.incident.place is None:
            raise ValueError(f"{case.incident.id} has no one thread to lock: ask about a policy or a member")
        return {"act": "lock", "thread": case.thread_id, "words": "locking the thread"}, after
    if warn is not None:
        member = _member(case, warn)
        return {
            "act": "warn",
            "member": member,
            "hours": WARNED_HOURS,
            "words": f"warning member {warn}",
        }, after
    assert suspend is not None
    who, _, length = suspend.partition(":")
    if length and not re.fullmatch(r"\d+(\.\d+)?h", length):
        raise ValueError(f"--suspend {suspend}: write MEMBER or MEMBER:HOURSh, for example {who}:24h")
    hours = float(length[:-1]) if length else FOR_GOOD
    words = f"suspending member {who}" + (f" for {hours:g} hours" if length else "")
    return {"act": "suspend", "member": _member(case, who), "hours": hours, "words": words}, after


def _member(case: Case, who: str) -> int:
    known = case.acts["member"].drop_nulls().unique()
    if who not in known.implode().item():
        those = ", ".join(case.incident.members[:8]) or ", ".join(sorted(known.to_list())[:8])
        raise ValueError(
            f"there is no member {who!r} who wrote in this run: those of the incident are {those}"
        )
    return case.member_id(who)
