"""A question about a forum: a policy, or a single act of a moderator, as the options of the command name it."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from windtunnel.analysis.why.case import WITH, WITHOUT
from windtunnel.analysis.why.forum.case import ForumCase
from windtunnel.analysis.why.forum.forced import of_act, of_policy
from windtunnel.analysis.why.forum.minimal_pair import replaced
from windtunnel.analysis.why.forum.moderators import WARNED_HOURS, picked
from windtunnel.analysis.why.forum.replayed import RULE, asks_for_rule, maker, shares_of
from windtunnel.analysis.why.forum.when import moment, right_after
from windtunnel.analysis.why.question import (
    LABEL,
    QUANTITIES,
    Question,
    added,
    started,
    with_policy,
    without_policy,
)
from windtunnel.analysis.why.when import Moment, exactly
from windtunnel.policies.forum.single_act import FOR_GOOD, SingleAct
from windtunnel.policies.registry import make_policy, off


def ask(
    case: ForumCase,
    *,
    with_: str | None = None,
    without: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    remove: int | None = None,
    replace: Sequence[str] | None = None,
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
        replace is not None,
        lock,
        warn is not None,
        suspend is not None,
    ]
    if sum(given) != 1:
        raise ValueError(
            "ask about one thing: --with POLICY, --without POLICY, --remove POST, --replace POST TONE, --lock, --warn MEMBER or "
            "--suspend MEMBER[:24h]"
        )
    if parameters and with_ is None:
        raise ValueError("--param sets a parameter of the policy in --with: there is none")
    if without is not None:
        return _without(case, without, at)
    if with_ is not None:
        return _with(case, with_, parameters or {}, at)
    if replace is not None:
        return replaced(case, replace, at)
    act, default = _act(case, remove, lock, warn, suspend)
    words = act.pop("words")
    when = moment(case, at, default)
    return added(
        case,
        words,
        when,
        lambda step: SingleAct(label=LABEL, start=step, **act),
        ("warned",) if act["act"] == "warn" else (),
        of_act(case, act),
        act,
    )


def refuse_off(name: str | None, parameters: Mapping[str, Any]) -> None:
    """`ValueError` where a policy's parameters switch it off: a user who asks about it asks by mistake."""
    none = off(name) if name else {}
    if none and all(parameters.get(key) == value for key, value in none.items()):
        those = ", ".join(f"{key}={value}" for key, value in none.items())
        raise ValueError(f"{name} with {those} is off: there is nothing to ask about")


def _with(case: ForumCase, name: str, parameters: Mapping[str, Any], at: str | None) -> Question:
    if asks_for_rule(name, parameters):
        return _with_rule(case, parameters, at)
    make_policy(name, parameters, label=name)
    when = moment(case, at, exactly(case, case.incident.onset))
    return with_policy(case, name, parameters, when, partial(of_policy, case))


def _with_rule(case: ForumCase, parameters: Mapping[str, Any], at: str | None) -> Question:
    """Had a rule been live that was replayed on the record."""
    make = maker(*shares_of(case, parameters))
    when = moment(case, at, exactly(case, case.incident.onset))
    words = f"the rule in {Path(str(parameters[RULE])).name}"
    return added(case, words, when, make, (), of_policy(case, make(0)))


def _without(case: ForumCase, name: str, at: str | None) -> Question:
    if case.real:
        return _without_acts(case, name, at)
    when = moment(case, at, exactly(case, started(case, name)))
    return without_policy(case, name, when, partial(of_policy, case))


def _without_acts(case: ForumCase, name: str, at: str | None) -> Question:
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
    return Question(
        words, True, begin, when.words, QUANTITIES[True, case.happened], schedules, forced, (), when.shown
    )


def _act(
    case: ForumCase, remove: int | None, lock: bool, warn: str | None, suspend: str | None
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
    who, length = parted(suspend)
    if ":" in who and who not in case.acts["member"].drop_nulls().unique().implode().item():
        raise ValueError(
            f"--suspend {suspend}: there is no such member; a length is written MEMBER:HOURSh, as in NAME:24h"
        )
    if length and not re.fullmatch(r"\d+(\.\d+)?h", length):
        raise ValueError(f"--suspend {suspend}: write MEMBER or MEMBER:HOURSh, for example {who}:24h")
    hours = float(length[:-1]) if length else FOR_GOOD
    if round(hours / case.hours) < 1:
        raise ValueError(
            f"--suspend {suspend} would keep nobody away: a step lasts {60 * case.hours:g} minute{'s' if case.hours > 1 / 60 else ''}"
        )
    words = f"suspending member {who}" + (f" for {hours:g} hours" if length else "")
    return {"act": "suspend", "member": _member(case, who), "hours": hours, "words": words}, after


def parted(suspend: str) -> tuple[str, str]:
    """The member and the length of an absence; a name may hold a colon itself.

    >>> parted("12:24h"), parted("@a:b.org"), parted("12:24")
    (('12', '24h'), ('@a:b.org', ''), ('12', '24'))
    """
    who, _, length = suspend.rpartition(":")
    return (who, length) if who and re.match(r"[-+.\d]|$", length) else (suspend, "")


def _member(case: ForumCase, who: str) -> int:
    known = case.acts["member"].drop_nulls().unique()
    if who not in known.implode().item():
        those = ", ".join(case.incident.members[:8]) or ", ".join(sorted(known.to_list())[:8])
        raise ValueError(
            f"there is no member {who!r} who wrote in this {'record' if case.real else 'run'}: those of the incident are {those}"
        )
    return case.member_id(who)
