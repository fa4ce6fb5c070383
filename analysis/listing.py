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
    return [
        {"name": "rules", "what": "a multinomial logit over the situation's features; no language model"},
        {
            "name": "llm",
            "what": "a language model's option probabilities, calibrated to the profile's base rates; llm=embedded, openai or fake",
        },
        {
            "name": "distilled",
            "what": "a logit fitted to a language model's answers, at the speed of the rules; mind.file= from windtunnel distill",
        },
    ]


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

    found = []
    for name in profile_names():
        profile = load_profile(name)
        source = profile["source"]
        found.append(
            {
                "name": name,
                "posts": source["posts"],
                "threads": source["threads"],
                "tone": source["tone"],
                "moderation": profile.get("moderation") or None,
            }
        )
    return found


def settings() -> list[dict[str, Any]]:
    from windtunnel.analysis.configuration import known_settings

    return known_settings()
