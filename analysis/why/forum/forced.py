"""What an act's or a policy's own mechanism decides: tagged *by construction*, since that it comes so is no finding."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from windtunnel.analysis.why.forum.case import ForumCase
from windtunnel.policies.base import Policy

LOCKED = "By construction: the act itself keeps replies out of the thread, so that they stop is no finding."
AWAY = (
    "By construction: who is kept away writes nothing, so that these posts stop is no finding; what the others do without them "
    "may be one."
)
NOT_LEFT = "By construction: who is kept away cannot leave, so that fewer leave is no finding."
ANSWERS = "By construction: nobody can answer what is removed, so that no answers to it come is no finding."
MILDER = (
    "By construction: the replaced post was one of those that count and would not be, so that one less counts is no finding; what "
    "others write otherwise may be one."
)
UNCOUNTED = (
    "By construction: the rule does not count a removed post, so that it no longer counts is no finding."
)
OF_POSTS = ("escalation", "pile_on", "rule_breaking_streak")
"""Kinds of incident that count what is written."""


def of_policy(case: ForumCase, policy: Policy) -> str:
    """What this policy's mechanism itself decides about the incident; empty where nothing."""
    name, kind = policy.name.replace("_", " "), case.incident.kind
    if kind in policy.forces or (kind in OF_POSTS and "escalation" in policy.forces):
        return f"By construction: {name} itself decides which posts come, so that others come is no finding."
    if case.rules[kind].get("removed", 1) < 1 and "posts_kept" in policy.forces:
        return UNCOUNTED
    if policy.holds_back() and kind != "mass_departure":
        return (
            f"By construction: what {name} keeps from being written does not come later in this model, so that less comes is "
            "no finding."
        )
    return ""


def of_act(case: ForumCase, act: Mapping[str, Any]) -> str:
    """The same of a single act of a moderator, as `SingleAct` takes it."""
    incident = case.incident
    if act["act"] == "lock":
        return LOCKED if incident.place is not None else ""
    if act["act"] in ("suspend", "ban"):
        return _away(case, act)
    if act["act"] == "remove" and "posts" in act:
        return _removed(case, act)
    if act["act"] == "replace":
        counted = {case.post_number(post) for post in act["posts"]} & set(case.incident.shown)
        return MILDER if counted and case.incident.kind in OF_POSTS and not act["tone"] else ""
    return ""


def _away(case: ForumCase, act: Mapping[str, Any]) -> str:
    """Of somebody kept away; of recorded absences taken out of a record nothing is known by itself."""
    if "member" not in act:
        return ""
    incident, who = case.incident, case.name(act["member"])
    if incident.kind == "mass_departure":
        return NOT_LEFT if who in incident.members else ""
    return AWAY if who in incident.members or who == incident.member else ""


def _removed(case: ForumCase, act: Mapping[str, Any]) -> str:
    incident = case.incident
    numbers = [case.post_number(post) for post in act["posts"]]
    rows = case.acts.filter(pl.col("post").is_in(numbers))
    heavy = rows.filter(pl.col("tone").is_in(["heated", "hostile"]))
    if case.rules[incident.kind].get("removed", 1) < 1 and heavy.height:
        return UNCOUNTED
    if incident.kind in ("pile_on", "newcomer_driven_away") and incident.member in rows["member"].to_list():
        return ANSWERS
    return ""
