"""What there is to choose from, as rows for a table or for JSON."""

from typing import Any

FOLDED = (
    "community.extras",
    "community.settings.retriever",
    "llm.weights",
    *(
        "community.actions",
        "community.features",
        "community.personas",
        "community.extras",
        "community.wordings",
        "community.rules",
    ),
    *(
        "community.persona_formats",
        "community.by_default",
        "mind.coefficients",
    ),
)
"""Settings that are words and tables of numbers: one line each stands for all below it."""
OTHERS = "community.* of the others"
LONGEST = 20
"""Signs of a default that are shown to a person; --json has it whole."""


def rows(what: str) -> list[dict[str, Any]]:
    """One dictionary a thing: `what` is policies, communities, minds, outcomes, incidents, experiments, profiles or settings."""
    return {
        "policies": policies,
        "communities": communities,
        "minds": minds,
        "outcomes": outcomes,
        "incidents": incidents,
        "experiments": experiments,
        "profiles": profiles,
        "settings": settings,
    }[what]()


def policies() -> list[dict[str, Any]]:
    """A row a policy: what it does, its parameters at their defaults, and where it fits."""
    from windtunnel.policies.registry import meanings, off, parameters, policy_class, policy_names, summary

    return [
        {
            "name": name,
            "what": summary(name),
            "parameters": parameters(name),
            "meanings": {
                key: {"unit": unit or None, "meaning": words} for key, (words, unit) in meanings(name).items()
            },
            "off": off(name),
            "fits": list(policy_class(name).fits),
        }
        for name in policy_names()
    ]


def communities() -> list[dict[str, Any]]:
    """A row a community."""
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
    """A row a mind."""
    from windtunnel.sim.minds import mind_kind, mind_names

    return [{"name": name, "what": mind_kind(name).what} for name in mind_names()]


def outcomes() -> list[dict[str, Any]]:
    """A row an outcome: polarity, unit, threshold and where it can be counted."""
    from windtunnel.analysis.outcomes import known_outcomes
    from windtunnel.analysis.outcomes.risks import risks_of

    return [
        {
            "name": outcome.name,
            "polarity": outcome.polarity,
            "unit": outcome.unit,
            "cost": outcome.cost,
            "fits": list(outcome.fits),
            "risk": list(risks_of(outcome.name, outcome.risks)),
            "what": first_line(outcome.measure.__doc__),
        }
        for outcome in known_outcomes().values()
    ]


def incidents() -> list[dict[str, Any]]:
    """A row a kind of incident, with the numbers of its rule."""
    from windtunnel import conf
    from windtunnel.analysis.incidents.registry import known_kinds
    from windtunnel.analysis.outcomes.risks import risks_of

    return [
        {
            "name": kind.name,
            "fits": list(kind.fits),
            "risk": list(risks_of(kind.name)),
            "unit": kind.unit or None,
            "parameters": conf.content("incident", kind.name)["parameters"],
            "what": conf.content("incident", kind.name)["summary"],
        }
        for kind in known_kinds().values()
    ]


def profiles() -> list[dict[str, Any]]:
    """A row a shipped profile."""
    from windtunnel.analysis.configuration import load_profile, profile_names
    from windtunnel.analysis.profile_fit.told import profile_row

    return [profile_row(name, load_profile(name)) for name in profile_names()]


def settings() -> list[dict[str, Any]]:
    """Every setting with its group, default, unit and meaning, group by group."""
    from windtunnel.analysis.configuration import known_settings
    from windtunnel.analysis.terminal.meanings import groups, meaning

    rows = [(row, meaning(row["setting"])) for row in known_settings()]
    places = {group: place for place, group in enumerate(groups())}
    rows.sort(key=lambda row: places[row[1].group])
    return [
        {"group": told.group, **row, "unit": told.unit or None, "meaning": told.words} for row, told in rows
    ]


def shown_settings(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The settings for a person: by group, a name that only holds others left out, and words and coefficients folded to a line."""
    names = {row["setting"] for row in rows}
    branches = {name for name in names if any(other.startswith(f"{name}.") for other in names)}
    usual = _usual_community()
    found: dict[str, list[dict[str, Any]]] = {}
    folded: dict[str, int] = {}
    for row in rows:
        name = row["setting"]
        if name in branches and row["default"] is None:
            continue
        fold = _fold_of(name, usual)
        if fold:
            folded[fold] = folded.get(fold, 0) + 1
        if folded.get(fold or "", 0) < 2:  # the first of those that are folded stands for all
            found.setdefault(row["group"], []).append(_shown(row, fold))
    for row in (row for rows in found.values() for row in rows):
        if count := folded.get(row["setting"]):
            row["default"] = f"{count} of them: --json"
    return found


def _fold_of(name: str, usual: set[str]) -> str | None:
    """The line into which a setting is folded; None for one with a line of its own."""
    for head in FOLDED:
        if name.startswith(f"{head}."):
            return f"{head}.*"
    return OTHERS if name.startswith("community.") and name not in usual else None


def _shown(row: dict[str, Any], fold: str | None) -> dict[str, Any]:
    """The line of one setting, or of those folded into one."""
    shown = {key: row[key] for key in ("setting", "default", "unit", "meaning")}
    text = str(row["default"])
    if len(text) > LONGEST:
        shown["default"] = f"{text[: LONGEST - 1]}…"
    if fold:
        shown |= {"setting": fold, "default": None}
    if fold == OTHERS:
        shown |= {"unit": None, "meaning": "what only other communities have: community=NAME"}
    return shown


def _usual_community() -> set[str]:
    """The settings of the community that a command has which names none."""
    from windtunnel import conf
    from windtunnel.analysis.configuration import dotted
    from windtunnel.conf.defaults import usual

    return {key for key, _ in dotted({"community": conf.content("community", usual("community"))})} | {
        "community"
    }


def first_line(docstring: str | None) -> str:
    """The first line of a docstring that says something; empty without one."""
    return next(iter((docstring or "").strip().splitlines()), "")
