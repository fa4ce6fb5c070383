"""Every setting that there is, by its dotted key."""

from collections.abc import Iterable, Mapping
from typing import Any

from windtunnel import conf

GROUPS = ("community", "mind", "llm", "outcome", "experiment")
COEFFICIENTS = "mind.coefficients."


def known_settings() -> list[dict[str, Any]]:
    """Every setting by its dotted key, with its default in config.yaml or in the first option that has it."""
    top = conf.content("", "config")
    chosen = {
        group: name for entry in top["defaults"] if isinstance(entry, dict) for group, name in entry.items()
    }
    found = {"policy": top["treatment"]} | {group: chosen.get(group) for group in GROUPS}
    found |= dict(
        dotted({key: value for key, value in top.items() if key not in ("defaults", "hydra", "treatment")})
    )
    for group in GROUPS[:-1]:
        contents = conf.contents(group)
        for option in sorted(contents, key=lambda name: name != chosen[group]):
            own = dotted({group: contents[option]})
            found |= {key: value for key, value in own if key not in found}
    for _, content in sorted(conf.contents("community").items()):
        found |= {key: value for key, value in _coefficients(content) if key not in found}
    return [{"setting": key, "default": value} for key, value in found.items()]


def _coefficients(community: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """The numbers of a community's rules as the settings that change them."""
    parts = {f"{name}.": words for name, words in (community.get("phases") or {}).items()} or {"": community}
    for phase, words in parts.items():
        yield from dotted(words.get("rules") or {}, COEFFICIENTS + phase)


def dotted(tree: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    """The leaves and branches of nested settings, by dotted names."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and value:
            yield from dotted(value, f"{prefix}{key}.")
        yield prefix + str(key), None if isinstance(value, Mapping) else value
