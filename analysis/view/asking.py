"""From a form to the words of `windtunnel why`: one act, from one moment on, about one thread or incident."""

from collections.abc import Mapping
from typing import Any

from windtunnel.analysis.importers.imported.lacking import NEEDS, lacks_of
from windtunnel.analysis.numbers_in_words import is_whole
from windtunnel.analysis.view.forums import Forum
from windtunnel.analysis.view.jobs import HERE
from windtunnel.policies.registry import meanings, parameters, policy_class, policy_names, summary

ACTS = ("lock", "remove", "warn", "suspend", "with", "without")
FUTURES = (20, 40, 100, 400)
USUAL = 40
KINDS = {"escalation": "an escalation", "pile_on": "a pile-on"}
"""What may be asked of a thread where nothing crossed a rule."""
NOT_ASKED = ("none", "start", "stop")
"""Policies and parameters that make no question here: from when on is asked by itself."""


def kinds_of(forum: Forum) -> dict[str, str]:
    """The kinds of incident that a thread of this forum can be asked about: all of a run, of a record those that it can tell."""
    lacks = set(lacks_of(forum.folder)) if forum.real else set[str]()
    return {kind: words for kind, words in KINDS.items() if not lacks & set(NEEDS[kind])}


def words(form: Mapping[str, Any], forum: Forum, out: str, settings: list[str]) -> list[str]:
    """The words of the command; `ValueError` says what is missing. `settings` are those of the back end.

    Whether the moment, the member or the policy are there is for the command to say.
    """
    act = str(form.get("act", ""))
    if act not in ACTS:
        raise ValueError(
            "choose what is done: lock, remove, warn, suspend, a policy, or without what was done"
        )
    about = str(form.get("incident") or f"thread:{form.get('thread', '')}")
    said = ["why", out, about, *_act(act, form)]
    if at := str(form.get("at", "")).strip():
        said.append(f"--at={at}")
    if about.startswith(("thread:", "post:")):
        said += ["--kind", kind] if (kind := str(form.get("kind", ""))) in KINDS else []
        said += forum.run_words()
    said += [f"--rule={rule}" for rule in str(form.get("rule", "")).split()]
    futures = str(form.get("futures", USUAL))
    said += ["--replicates", futures if is_whole(futures) else str(USUAL)]
    if forum.real:
        said += [f"--set={setting}" for setting in settings]
    return [*said, "--json", "--html", f"{HERE}/incident.html"]


def _act(act: str, form: Mapping[str, Any]) -> list[str]:
    given = {
        name: str(form.get(name, "")).strip() for name in ("post", "member", "length", "policy", "recorded")
    }
    if act == "lock":
        return ["--lock"]
    if act == "remove":
        return [f"--remove={_needed(given['post'], 'which post is removed')}"]
    if act == "warn":
        return [f"--warn={_needed(given['member'], 'who is warned')}"]
    if act == "suspend":
        length = given["length"].removesuffix("h")
        who = _needed(given["member"], "who is kept away")
        return [f"--suspend={who}:{length}h" if length else f"--suspend={who}"]
    if act == "without":
        return [f"--without={_needed(given['recorded'], 'which act is taken away')}"]
    policy = _needed(given["policy"], "which policy is on")
    changed = [
        f"--param={key}={value}"
        for key, default in askable_parameters(policy).items()
        if (value := str(form.get(f"param.{key}", "")).strip()) and value != shown(default)
    ]
    return [f"--with={policy}", *changed]


def _needed(value: str, what: str) -> str:
    if not value:
        raise ValueError(f"say {what}")
    return value


def askable_parameters(policy: str) -> dict[str, Any]:
    """A policy's parameters at their defaults, without those that say when it is on; `ValueError` for no policy's name."""
    if policy not in askable_policies():
        raise ValueError(f"no policy of a forum is called {policy[:40]!r}: choose one of the list")
    return {key: value for key, value in parameters(policy).items() if key not in NOT_ASKED}


def askable_policies() -> list[str]:
    """Those that work in any forum, whatever its settings."""
    named = [name for name in policy_names("forum") if name not in NOT_ASKED]
    return [name for name in named if "forum" not in policy_class(name).needs]


def fields_of(policy: str) -> list[dict[str, str]]:
    """A row for each parameter of a policy: its name, default, meaning and unit."""
    told = meanings(policy)
    return [
        {
            "name": key,
            "value": shown(value),
            "meaning": told.get(key, ("", ""))[0],
            "unit": told.get(key, ("", ""))[1],
        }
        for key, value in askable_parameters(policy).items()
    ]


def shown(value: Any) -> str:
    """A value as YAML takes it back.

    >>> shown(3.0), shown(True), shown(None)
    ('3.0', 'true', 'null')
    """
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def policy_summaries() -> list[tuple[str, str]]:
    return [(name, summary(name)) for name in askable_policies()]
