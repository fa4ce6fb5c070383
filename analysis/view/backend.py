"""Which mind answers the questions of a folder: kept as the command line's settings, in `backend.json`; never a key."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FILE = "backend.json"
FIELDS = ("kind", "base_url", "model", "key_env", "budget", "store", "prompt")
KINDS = {
    "rules": "rules: no language model",
    "embedded": "a small model inside the program",
    "openai": "a server that speaks OpenAI's protocol",
}
_KEY_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,79}")


def read(folder: Path) -> dict[str, str]:
    """The fields as they were kept; those of `rules` where nothing is."""
    try:
        found = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    given = found if isinstance(found, dict) else {}
    return {name: str(given.get(name, "")) for name in FIELDS} | {"kind": str(given.get("kind", "rules"))}


def checked(form: Mapping[str, Any]) -> dict[str, str]:
    """The fields of a form; `ValueError` for what is no setting, and for a key where its variable's name belongs."""
    found = {name: str(form.get(name, "")).strip()[:500] for name in FIELDS}
    if found["kind"] not in KINDS:
        raise ValueError(f"choose who answers: {', '.join(KINDS)}")
    if found["key_env"] and not (_KEY_NAME.fullmatch(found["key_env"]) and _is_a_name(found["key_env"])):
        raise ValueError(
            "this field takes the NAME of the environment variable that holds the key, such as MY_KEY, never the key itself; "
            "nothing was kept"
        )
    if found["kind"] == "openai" and not (found["base_url"] and found["model"]):
        raise ValueError(
            "a server needs its address, up to and with /v1, and the model's name as the server calls it"
        )
    if found["kind"] != "rules":
        from windtunnel.agents.llm.settings import read_settings
        from windtunnel.analysis.configuration import compose

        read_settings(compose(words(found))["llm"])
    return found


def _is_a_name(text: str) -> bool:
    """Names of variables are capitals, as a rule; keys are long and mixed."""
    return text.isupper() or len(text) < 20


def words(found: Mapping[str, str]) -> list[str]:
    """The settings of `windtunnel run`, which `why` takes with --set."""
    if found["kind"] == "rules":
        return []
    said = ["mind=llm", f"llm={found['kind']}"]
    said += [
        f"llm.{name}={found[name]}"
        for name in ("base_url", "model", "key_env", "budget", "store")
        if found[name]
    ]
    return said + ([f"prompt={found['prompt']}"] if found["prompt"] in ("archetype", "member") else [])
