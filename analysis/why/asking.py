"""What may be asked in a community of any kind: a policy on or off, a member kept away."""

import re
from collections.abc import Mapping
from typing import Any

from windtunnel.analysis.numbers_in_words import is_whole
from windtunnel.analysis.summary import place_words
from windtunnel.analysis.why.question import (
    LABEL,
    Question,
    added,
    started,
    with_policy,
    without_policy,
)
from windtunnel.analysis.why.simulated import SimulatedCase
from windtunnel.analysis.why.when import exactly, moment
from windtunnel.policies.absence import Absence
from windtunnel.policies.base import Policy

AWAY = (
    "By construction: who is kept away takes no part, so that what it did stays away is no finding; what the others do "
    "without it may be one."
)


def ask(
    case: SimulatedCase,
    *,
    with_: str | None = None,
    without: str | None = None,
    suspend: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    at: str | None = None,
) -> Question:
    """The question that these options of the command make; exactly one of them says what is asked about.

    Raises `ValueError` where none or several do, or where what they name is not in the case.
    """
    if sum(one is not None for one in (with_, without, suspend)) != 1:
        raise ValueError("ask about one thing: --with POLICY, --without POLICY or --suspend MEMBER[:STEPS]")
    if parameters and with_ is None:
        raise ValueError("--param sets a parameter of the policy in --with: there is none")

    def forced(policy: Policy) -> str:
        name = policy.name.replace("_", " ")
        if case.incident.kind not in policy.forces:
            return ""
        return f"By construction: {name} itself decides whether this happens, so that it comes otherwise is no finding."

    onset = exactly(case, case.incident.onset)
    if with_ is not None:
        return with_policy(case, with_, parameters or {}, moment(case, at, onset), forced)
    if without is not None:
        since = exactly(case, started(case, without))
        return without_policy(case, without, moment(case, at, since), forced)
    assert suspend is not None
    member, steps = _who(case, suspend)
    words = f"keeping {case.declared.nouns.member} {member} away"
    words += "" if steps is None else f" for {steps} {case.declared.nouns.step}{'s' * (steps != 1)}"
    forced_by = AWAY if str(member) in (*case.incident.members, case.incident.member) else ""

    def make(step: int) -> Policy:
        return Absence(label=LABEL, start=step, member=member, steps=steps)

    act = {"act": "suspend", "member": member}
    return added(case, words, moment(case, at, onset), make, (), forced_by, act)


def _who(case: SimulatedCase, suspend: str) -> tuple[int, int | None]:
    """The member who is to be kept away, and for how many steps; None: to the end."""
    name, nouns = case.experiment.community["name"], case.declared.nouns
    if not case.declared.absences:
        raise ValueError(
            f"--suspend: nobody can be kept away in {place_words(name, nouns.place)}; ask --with POLICY or --without POLICY"
        )
    who, _, length = suspend.partition(":")
    if length and not re.fullmatch(r"[1-9]\d*", length):
        raise ValueError(f"--suspend {suspend}: write MEMBER or MEMBER:STEPS, for example {who}:2")
    known = case.tables.members["member"].sort().to_list()
    if not is_whole(who) or int(who) not in known:
        few = ", ".join(map(str, known[:8])) + (", …" if len(known) > 8 else "")
        raise ValueError(f"there is no {nouns.member} {who!r} in this run: there are {few}")
    return int(who), int(length) if length else None
