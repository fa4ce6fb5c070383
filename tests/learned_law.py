"""A law of learned members made by hand, for tests: a small busy place in which answers call forth answers."""

from typing import Any

from windtunnel.sim.communities.forum.learned.law import TERMS

BETA = {
    "owes": dict(
        constant=1.4,
        age_10min=-0.9,
        age_3h=0.2,
        age_1d=-1.9,
        rest_10min=-0.6,
        unnamed_partner=-0.7,
        owed=-0.1,
        away=0.2,
        root_owed=-0.3,
        exchange_unnamed=0.6,
    ),
    "comes": dict(
        constant=-0.6, rest_10min=-1.2, rest_3h=1.0, rest_2d=-0.8, once=-0.5, habit=0.2, replies_6h=-0.3
    ),
    "opens": dict(constant=-1.7, opened=1.5, replied=-1.0),
    "thread_new": dict(authors=0.9, age_3h=-0.8, last_10min=-0.4, unanswered=-0.9),
    "thread_old": dict(authors=0.6, age_3h=-1.0, last_10min=-0.5, in_it=1.2, opened_it=0.9),
    "post_new": dict(root=1.2, replies=0.5, age_10min=-0.4, unnamed=-0.6),
    "post_old": dict(root=1.0, replies=0.5, age_10min=-0.5, own=-2.0, answered_by_me=-1.0, met=1.3),
    "unnamed": dict(constant=-1.5, top_level=0.6, thread_share=0.8, unnamed_parent=0.2),
}


def part(name: str) -> dict[str, Any]:
    value = [float(BETA[name].get(term, 0.0)) for term in TERMS[name]]
    return {
        "terms": list(TERMS[name]),
        "value": value,
        "error": [0.1] * len(value),
        "cap": [9.0] * len(value),
        "acts": 100,
    }


def forward() -> dict[str, Any]:
    """The section `forward` of a learned.yaml."""
    return {
        "posts_per_day": 240.0,
        "rhythm": [1.0] * 24,
        "hotness": 1.5,
        "newcomers": {"opens": 1.2, "replies": 2.4, "weeks": 4.0, "unnamed_openers": 0.2},
        **{name: part(name) for name in TERMS},
    }


def learned(**changed: Any) -> dict[str, Any]:
    """What `community.learned` of an experiment holds: a cold start after a day and a half."""
    priors = {"reminder": {"arrives": [0.5, 0.1, "by hand"]}}
    return {
        "forward": forward(),
        "steps_an_hour": 4,
        "start": "cold",
        "weeks_before": 0.2,
        "priors": priors,
        **changed,
    }
