"""What a list says of a profile."""

from collections.abc import Mapping
from typing import Any


def profile_row(name: str, profile: Mapping[str, Any]) -> dict[str, Any]:
    """How much it was fitted from, how tones were heard, and which moderation it records."""
    source = profile["source"]
    return {
        "name": name,
        "posts": source["posts"],
        "threads": source["threads"],
        "tone": source["tone"],
        "moderation": profile.get("moderation") or None,
    }
