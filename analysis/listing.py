"""What there is to choose from, as rows for a table or for JSON."""

from typing import Any


def rows(what: str) -> list[dict[str, Any]]:
    """One dictionary a thing: `what` is policies, communities, minds, outcomes, experiments, profiles or settings."""
    return {
        "policies": policies,
        "communities": communities,
        "minds": minds,
        "outcomes": outcomes,
        "experiments": experiments,
        "profiles": profiles,
        "settings": settings,
    }[what]()


def policies() -> list[dict[str, Any]]:
    from windtunnel.policies.registry import parameters, policy_class, policy_names, summary

    return [
        {
            "name": name,
            "what": summary(name),
            "parameters": parameters(name),
            "fits": list(policy_class(name).fits),
        }
        for name in policy_names()
    ]


def communities() -> list[dict[str, Any]]:
    from windtunnel import conf
    from windtunnel.sim.communities import community_names

    return [{"name": name, "what": conf.summary("community", name)} for name in community_names()]


def experiments() -> list[dict[str, Any]]:
    """Presets: whole commands with a name, each for a question that people have."""
    from windtunnel import conf

    return [
        {"name": f"experiment={name}", "what": conf.summary("experiment", name)}
        for name in sorted(conf.options("experiment"))
    ]


def minds() -> list[dict[str, Any]]:
    from windtunnel.sim.minds import mind_kind, mind_names

    return [{"name": name, "what": mind_kind(name).what} for name in mind_names()]


def outcomes() -> list[dict[str, Any]]:
    from windtunnel.analysis.outcomes import known_outcomes

    return [
        {
            "name": outcome.name,
            "polarity": outcome.polarity,
            "unit": outcome.unit,
            "cost": outcome.cost,
            "fits": list(outcome.fits),
            "what": (outcome.measure.__doc__ or "").splitlines()[0],
        }
        for outcome in known_outcomes().values()
    ]


def profiles() -> list[dict[str, Any]]:
    from windtunnel.analysis.configuration import load_profile, profile_names
    from windtunnel.analysis.profile_fit.told import profile_row

    return [profile_row(name, load_profile(name)) for name in profile_names()]


def settings() -> list[dict[str, Any]]:
    from windtunnel.analysis.configuration import known_settings

    return known_settings()
