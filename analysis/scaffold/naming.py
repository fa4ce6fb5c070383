"""Which names a new policy, outcome, community or mind may have."""

import keyword
import re
from collections.abc import Callable, Iterable
from importlib.util import find_spec

KINDS = ("policy", "outcome", "community", "mind")
MOST = 40
"""Letters of a name."""
MEANT_OTHERWISE = frozenset(
    (
        *("null", "true", "false", "nan", "inf", "yes", "no", "on", "off", "y", "n"),
        *("none", "status_quo", "name", "label", "start", "stop", "conf", "tests", "src"),
    )
)
"""Words that settings or yaml read as something else, or that are folders of the package."""


def check_name(kind: str, name: str) -> None:
    """`ValueError` in one sentence where a `kind` cannot be called so, with what would work."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name, re.ASCII) or keyword.iskeyword(name):
        reason = "a word of Python" if keyword.iskeyword(name) else "no name for a module"
        raise ValueError(
            f"{name!r} is {reason}: small letters, digits and _ make one, a letter first, such as {usable(kind, name)}"
        )
    if len(name) > MOST:
        raise ValueError(f"the name has {len(name)} letters: {MOST} is the most")
    if name in MEANT_OTHERWISE:
        raise ValueError(f"{name} means something else in settings: try my_{name}")
    for what, new in made(kind, name).items():
        if new in known(what):
            raise ValueError(f"there is already {article(what)} called {new}: try my_{name}")
    if importable(name):
        raise ValueError(
            f"there is already a Python module called {name}, and one would hide the other: try my_{name}"
        )


def made(kind: str, name: str) -> dict[str, str]:
    """What a package brings, by kind: a community has a policy and an outcome beside it."""
    beside = {"policy": f"{name}_quota", "outcome": f"{name}_collapse"} if kind == "community" else {}
    return {kind: name} | beside


def known(kind: str) -> set[str]:
    """Names of that kind that are taken: of what there is, and of what has settings."""
    from windtunnel import conf
    from windtunnel.analysis.outcomes import known_outcomes
    from windtunnel.policies.registry import policy_names
    from windtunnel.sim.communities import community_names
    from windtunnel.sim.minds import mind_names

    names: dict[str, Callable[[], Iterable[str]]] = {
        "policy": policy_names,
        "outcome": known_outcomes,
        "community": community_names,
        "mind": mind_names,
    }
    return {*names[kind](), *conf.options(kind)}


def importable(name: str) -> bool:
    """Whether Python has a module called so; a folder that merely lies there is none."""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return True
    return spec is not None and spec.origin is not None


def usable(kind: str, name: str) -> str:
    """A name that would do, as near as possible to the one that would not.

    >>> usable("policy", "Quiet Hours"), usable("mind", "3"), usable("policy", "class")
    ('quiet_hours', 'my_3', 'my_class')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    plain = re.sub(r"[^a-z0-9]+", "_", spaced.lower(), flags=re.ASCII).strip("_")[:MOST]
    if not plain:
        return f"my_{kind}"
    return plain if plain[0].isalpha() and not keyword.iskeyword(plain) else f"my_{plain}"


def article(noun: str) -> str:
    """A noun with its article.

    >>> article("outcome"), article("mind")
    ('an outcome', 'a mind')
    """
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
