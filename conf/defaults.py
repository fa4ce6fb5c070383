"""What a community's own yaml sets where a command sets nothing: which policy, outcome and baseline, and how many steps."""

from collections.abc import Mapping, Sequence
from typing import Any

from windtunnel import conf

KEYS = {"policy": "treatment", "outcome": "outcome", "baseline": "baseline", "steps": "steps"}
"""What `by_default:` of a community may name, and the setting that it sets."""


def with_defaults(words: Sequence[str]) -> list[str]:
    """The words of a command as Hydra takes them, with what the community's `by_default` says before them.

    What a preset (`experiment=NAME`) or a word sets stays. `ValueError` for a key that it cannot have.
    """
    given = {word.lstrip("+").partition("=")[0]: word.partition("=")[2] for word in words}
    preset = _preset(given.get("experiment", ""))
    community = given.get("community") or preset.get("community") or str(usual("community"))
    found = conf.content("community", community).get("by_default") or {}
    if unknown := sorted(set(found) - set(KEYS)):
        raise ValueError(f"community {community} has by_default.{unknown[0]}: it may set {', '.join(KEYS)}")
    extra = [
        f"{setting}={_typed(found[key])}"
        for key, setting in KEYS.items()
        if key in found and setting not in given and setting not in preset
    ]
    return [*extra, *words]


def search_path() -> list[str]:
    """The word that shows Hydra the settings of other packages; none where there are none."""
    places = [f"file://{home}" for home in conf.homes()[1:]]
    return [f"hydra.searchpath=[{','.join(repr(place) for place in places)}]"] if places else []


def _preset(name: str) -> Mapping[str, Any]:
    """What a preset sets: its top keys, and the groups that its list of defaults overrides."""
    content = conf.content("experiment", name) if name else {}
    entries = [entry for entry in content.get("defaults") or [] if isinstance(entry, Mapping)]
    groups = {
        str(key).removeprefix("override ").lstrip("/"): value
        for entry in entries
        for key, value in entry.items()
    }
    return {key: value for key, value in content.items() if key not in ("defaults", "community")} | groups


def usual(name: str) -> Any:
    """The option of a group that the program's own settings choose."""
    entries = [entry for entry in conf.content("", "config")["defaults"] if isinstance(entry, Mapping)]
    return next(entry[name] for entry in entries if name in entry)


def _typed(value: Any) -> str:
    """A value as a word of Hydra's."""
    return f"[{','.join(map(str, value))}]" if isinstance(value, list) else str(value)
