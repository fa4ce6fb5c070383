"""The question: which act or policy, in force from which moment on, and the quantity that answers it."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import polars as pl

from windtunnel.analysis.incidents.moments import moment_words
from windtunnel.analysis.why.case import WITH, WITHOUT, Branch, Case
from windtunnel.analysis.why.moderators import picked
from windtunnel.policies.base import Policy
from windtunnel.policies.forum.single_act import FOR_GOOD, SingleAct
from windtunnel.policies.registry import make_policy, policy_class

LABEL = "why"
_TIME = re.compile(r"(?:(?:day\s*)?(\d+)d?[ ,]+)?(\d{1,2}):(\d\d)")


class Question(NamedTuple):
    """`on` says whether the incident happened with X on; `at` is the first step at which the arms may differ.

    `schedules[arm](at)` makes fresh policies; `quantity` is named after the table of the design.
    """

    words: str
    on: bool
    at: int
    moment: str
    quantity: str
    schedules: Mapping[str, Callable[[int], list[Policy]]]
    forced: bool
    raised: tuple[str, ...]

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
    onset = case.incident.onset
    if without is not None:
        return _without(case, without, at)
    if with_ is not None:
        made = make_policy(with_, parameters, label=f"{LABEL}.{with_}")
        moment, words = _moment(case, at, onset)
        return _added(
            case,
            with_,
            moment,
            words,
            with_ in [spec.name for spec, _ in case.specs()],
            lambda step: make_policy(with_, {**(parameters or {}), "start": step}, label=f"{LABEL}.{with_}"),
            made.raised(),
            _forces(case, policy_class(with_).forces),
        )
    act, default = _act(case, remove, lock, warn, suspend)
    moment, words = _moment(case, at, default)
    return _added(
        case,
        act.pop("words"),
        moment,
        words,
        False,
        lambda step: SingleAct(label=LABEL, start=step, **act),
        ("warned",) if act["act"] == "warn" else (),
        act["act"] == "lock" and case.incident.place is not None,
    )


def _added(
    case: Case,
    what: str,
    at: int,
    moment: str,
    already: bool,
    make: Callable[[int], Policy],
    raised: tuple[str, ...],
    forced: bool,
) -> Question:
    if already:
        raise ValueError(f"{what} was on already when it happened: ask --without {what}")
    schedules = {
        WITHOUT: lambda step: case.schedule(),
        WITH: lambda step: [*case.schedule(), make(step)],
    }
    return Question(what.replace("_", " "), False, at, moment, "ps_prev", schedules, forced, raised)


def _without(case: Case, name: str, at: str | None) -> Question:
    if case.real:
        return _without_acts(case, name, at)
    on = {spec.name: start for spec, start in case.specs()}
    if name not in on:
        what = ", ".join(on) or "none"
        raise ValueError(f"{name} was not on when it happened (on were: {what}): ask --with {name}")
    moment, words = _moment(case, at, on[name])

    def stopped(step: int) -> list[Policy]:
        left = [
            policy.model_copy(update={"stop": step if policy.stop is None else min(policy.stop, step)})
            if policy.name == name
            else policy
            for policy in case.schedule()
        ]
        return [policy for policy in left if policy.stop is None or policy.stop > policy.start]

    schedules = {WITHOUT: stopped, WITH: lambda step: case.schedule()}
    return Question(name.replace("_", " "), True, moment, words, "pn_backfire", schedules, False, ())


def _without_acts(case: Case, name: str, at: str | None) -> Question:
    """Acts of moderators taken out of a record: a kind of them, or the one called so; with `at` those from then on."""
    since = None if at is None else _moment(case, at, case.incident.onset)[0]
    acts = picked(case.moderators, name, since)
    gone = {act.name for act in acts}
    begin = min(act.minute for act in acts)
    schedules = {
        WITHOUT: lambda step: [policy for policy in case.schedule() if policy.label not in gone],
        WITH: lambda step: case.schedule(),
    }
    words = acts[0].words() if len(acts) == 1 else f"the {len(acts)} acts of moderators called {name}"
    forced = acts[0].kind == "lock"
    return Question(words, True, begin, moment_words(begin, case.hours), "pn_backfire", schedules, forced, ())


def _act(
    case: Case, remove: int | None, lock: bool, warn: str | None, suspend: str | None
) -> tuple[dict[str, Any], int]:
    """The act as `SingleAct` takes it, with its words, and the step at which it is in force by default."""
    onset = case.incident.onset
    if remove is not None:
        found = case.acts.filter(pl.col("post") == remove)
        if found.is_empty():
            raise ValueError(
                f"there is no post {remove} in this run: its posts are in events.parquet, column target"
            )
        step = int(found["step"][0])
        return {
            "act": "remove",
            "posts": (case.post_id(remove),),
            "words": f"removing post {remove}",
        }, step + 1
    if lock:
        if case.incident.place is None:
            raise ValueError(f"{case.incident.id} has no one thread to lock: ask about a policy or a member")
        return {
            "act": "lock",
            "thread": case.thread_id,
            "words": "locking the thread",
        }, onset + 1
    if warn is not None:
        return {
            "act": "warn",
            "member": _member(case, warn),
            "hours": 24.0,
            "words": f"warning member {warn}",
        }, onset + 1
    assert suspend is not None
    who, _, length = suspend.partition(":")
    if length and not re.fullmatch(r"\d+(\.\d+)?h", length):
        raise ValueError(f"--suspend {suspend}: write MEMBER or MEMBER:HOURSh, for example {who}:24h")
    hours = float(length[:-1]) if length else FOR_GOOD
    return {
        "act": "suspend",
        "member": _member(case, who),
        "hours": hours,
        "words": f"suspending member {who}" + (f" for {hours:g} hours" if length else ""),
    }, onset + 1


def _member(case: Case, who: str) -> int:
    known = case.acts["member"].drop_nulls().unique()
    if who not in known.implode().item():
        raise ValueError(
            f"there is no member {who!r} who wrote in this run: those of the incident are {', '.join(case.incident.members[:8])}"
        )
    return case.member_id(who)


def _moment(case: Case, at: str | None, default: int) -> tuple[int, str]:
    """The step that `--at` names, and how to say it.

    comment:N is right after the N-th reply of the incident's thread, POST right after that post, onset-N so
    many steps before the onset, a time is the run's or the record's own clock, a small number a step.
    """
    step = _step(case, at, default)
    if not case.first <= step <= case.last:
        raise ValueError(f"--at {at} is step {step}, outside of {case.first} to {case.last}")
    return step, moment_words(step, case.hours)


def _step(case: Case, at: str | None, default: int) -> int:
    if at is None:
        return default
    replies = case.acts.filter((pl.col("kind") == "reply") & (pl.col("place") == case.incident.place))
    if match := re.fullmatch(r"comment:(\d+)", at):
        count = int(match[1])
        if not 1 <= count <= replies.height:
            raise ValueError(f"--at {at}: the incident's thread has {replies.height} comments")
        return int(replies["step"][count - 1]) + 1
    if match := re.fullmatch(r"onset(?:([+-])(\d+))?", at):
        return case.incident.onset + int(f"{match[1] or '+'}{match[2] or 0}")
    if match := _TIME.fullmatch(at):
        return round((24 * (int(match[1] or 1) - 1) + int(match[2]) + int(match[3]) / 60) / case.hours)
    if at.isdigit():
        written = case.acts.filter(pl.col("post") == int(at))
        return int(at) if written.is_empty() else int(written["step"][0]) + 1
    raise ValueError(
        f"--at {at!r} is no moment: write comment:12, onset-3, a post's id, a step, or a time such as 'day 2, 13:00'"
    )


def _forces(case: Case, forced: tuple[str, ...]) -> bool:
    return case.incident.kind in forced
