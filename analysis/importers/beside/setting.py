"""What a record says of its own community: its name, what it is about, its rules, as they stand beside the posts."""

import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from windtunnel.agents.harmless import harmless
from windtunnel.analysis.importers.files.lines import BrokenOff, numbered_lines

FILES = ("about.json", "rules.json", "instance.json", "site.json")
"""As Reddit (/r/NAME/about.json, /about/rules.json), Discourse (/about.json, /site.json) and Mastodon
(/api/v1/instance) give them; read where they lie beside the posts."""
LENGTH = 600
"""Characters of what is told of a community."""
RULES = 12
TOLD = "of the community itself members are told"
_LOOKED_AT = 200
"""First lines of a Reddit record in which its community is looked for."""
_HIDDEN = re.compile(
    r"<[^<>]*>|(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?<!\w)(?:@|/?u/)[\w.-]+", re.IGNORECASE
)


def setting_of(path: Path, format: str) -> str:
    """A few sentences for the questions to a language model; empty where the record says nothing.

    Markup, addresses and names of accounts are left out: a community's own words are told, and nobody's.
    """
    folder = path if path.is_dir() else path.parent
    told = [_read(folder / name) for name in FILES]
    name = next((one["name"] for one in told if one.get("name")), "") or _subreddit(path, format)
    about = next((one["about"] for one in told if one.get("about")), "")
    rules: list[str] = next((one["rules"] for one in told if one.get("rules")), [])
    sentences = [
        f"It is called {name}." if name else "",
        about,
        f"Its rules: {'; '.join(rules)}." if rules else "",
    ]
    return harmless(" ".join(filter(None, sentences)), LENGTH)


def _read(path: Path) -> dict[str, Any]:
    """Name, about and rules of one file; what cannot be read says nothing."""
    try:
        body = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    body = _inside(body, "data") or _inside(body, "about") or body
    if not isinstance(body, Mapping):
        return {}
    texts = {key: _plain(value) for key, value in body.items() if isinstance(value, str)}
    rules = body.get("rules")
    listed = [
        next(filter(None, (_plain(one.get(key)) for key in ("short_name", "text", "hint"))), "")
        for one in (rules if isinstance(rules, list) else [])
        if isinstance(one, Mapping)
    ]
    return {
        "name": _first(texts, "display_name_prefixed", "title", "display_name"),
        "about": _first(texts, "public_description", "short_description", "description"),
        "rules": [rule.rstrip(".") for rule in listed if rule][:RULES],
    }


def _inside(body: Any, name: str) -> Mapping[str, Any] | None:
    found = body.get(name) if isinstance(body, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _first(texts: Mapping[str, str], *names: str) -> str:
    return next((texts[name] for name in names if texts.get(name)), "")


def _plain(words: object) -> str:
    return " ".join(_HIDDEN.sub(" ", html.unescape(words)).split()) if isinstance(words, str) else ""


def _subreddit(path: Path, format: str) -> str:
    """The one community that the first lines of a Reddit record name; empty where they name several, or none."""
    if format != "reddit":
        return ""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    names: set[str] = set()
    for file in files:
        if not (file.is_file() and file.name.startswith(("RC_", "RS_"))) and file != path:
            continue
        try:
            for number, line in numbered_lines(file):
                row = json.loads(line)
                found = row.get("subreddit") if isinstance(row, Mapping) else None
                names |= {found} if isinstance(found, str) and found else set()
                if number >= _LOOKED_AT:
                    break
        except (OSError, ValueError, RecursionError, BrokenOff):
            continue  # the readers say what is wrong with it
    (name,) = names if len(names) == 1 else ("",)
    return f"r/{name}" if re.fullmatch(r"\w{2,40}", name) else ""
