"""Paraphrases declared in a community's yaml: how notices are apply_wording, and how personas are told, by name."""

from collections.abc import Mapping
from typing import Any

CHOICES = {"wording": ("wordings", "features"), "persona_format": ("persona_formats", "personas")}
"""For each choice: where its options stand, and the part of the community whose words they replace."""


def apply_wording(community: Mapping[str, Any]) -> dict[str, Any]:
    """The community with the chosen words in place, without the options; `ValueError` for an unknown choice.

    Words alone change: bins, shares and tempers stay, so that `mind=rules` is the same under every wording.
    """
    out = {key: value for key, value in community.items() if key not in ("wordings", "persona_formats")}
    for choice, (options, part) in CHOICES.items():
        if options not in community:
            continue  # of a manifest: the words are in place already
        name, known = community.get(choice), community[options]
        if name not in known:
            raise ValueError(f"community.{choice} is {name!r}: choose {', '.join(known)}")
        entries = {key: dict(entry) for key, entry in community[part].items()}
        for key, words in (known[name] or {}).items():
            if key not in entries:
                raise ValueError(
                    f"community.{options}.{name} words {key!r}, but the community has no such entry in {part}"
                )
            if isinstance(words, Mapping):  # of a persona, as others read of it and as it is told itself
                entries[key] |= words
                continue
            if isinstance(words, list) and len(words) != len(entries[key]["words"]):
                raise ValueError(
                    f"community.{options}.{name}.{key} has {len(words)} sentences; {key} has "
                    f"{len(entries[key]['words'])} bins"
                )
            entries[key]["words"] = words
        out[part] = entries
    return out
